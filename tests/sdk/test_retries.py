"""What is sent again, how often and after how long; and the pace that calls keep."""

import asyncio
import math
import threading
from collections.abc import Callable

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sdk.both import Made
from support import StandingClock

from leadwire.sdk import Pace, RetryPolicy, errors
from leadwire.sdk.pace import Throttle

RATE = {
    "Status": "Error",
    "ExceptionType": "MXAPIRateLimitExceededException",
    "ExceptionMessage": "API calls exceeded the limit of 3 in 5 second(s)",
}
WRITTEN = {"Status": "Success", "Message": {"Id": "x"}}


class Script:
    """Answers one thing after another; the last one for ever. Remembers what it was sent."""

    def __init__(self, *steps: object) -> None:
        self.steps = list(steps)
        self.requests: list[httpx2.Request] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        if isinstance(step, Exception):
            raise step
        if isinstance(step, tuple):
            return httpx2.Response(step[0], json=step[1], headers=step[2])
        return httpx2.Response(200, json=step)

    @property
    def sent(self) -> int:
        return len(self.requests)


@pytest.mark.parametrize("status", [429, 403, 200])
def test_a_refused_rate_waits_for_a_whole_window(make: Made, status: int) -> None:
    """Whatever its status, and although the call is not repeatable: nothing was done."""
    script = Script((status, RATE, {}), WRITTEN)
    assert make.answered_by(script).leads.create(first_name="Asha").id == "x"
    assert script.sent == 2
    assert sum(make.napper.naps) >= 5


def test_the_server_says_how_long_to_wait(make: Made) -> None:
    """Retry-After is kept to; when it is very long, the caller decides."""
    script = Script((429, RATE, {"Retry-After": "2"}), WRITTEN)
    make.answered_by(script).leads.create(first_name="Asha")
    assert 2 <= sum(make.napper.naps) < 5
    script = Script((429, RATE, {"Retry-After": "3600"}), WRITTEN)
    with pytest.raises(errors.RateLimited) as caught:
        make.answered_by(script).leads.create(first_name="Asha")
    assert caught.value.retry_after_seconds == 3600


@pytest.mark.parametrize(
    "step",
    [
        (503, {}, {}),
        httpx2.ConnectError("refused"),
        httpx2.ConnectTimeout("slow"),
        httpx2.PoolTimeout("busy"),
    ],
)
def test_transient_faults_are_retried(make: Made, step: object) -> None:
    """A server that took nothing on, and a connection that was not made: of every call."""
    script = Script(step, step, WRITTEN)
    assert make.answered_by(script).leads.create(first_name="Asha").id == "x"
    assert script.sent == 3
    first, second = make.napper.naps
    assert 0.25 <= first <= 0.5 <= second <= 1


FAULTS = [
    (502, {}, {}),
    (500, {"ExceptionMessage": "There was an error processing the request."}, {}),
]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_server_fault_makes_no_duplicate(make: Made, fault: object) -> None:
    """The server may have done the work before it, or what stands before it, failed: sent again
    are calls that may be, and creates whose second sending is refused for a unique value.
    """  # one sentence
    script = Script(fault, WRITTEN)
    client = make.answered_by(script)

    def sent_by(call: Callable[[], object]) -> int:
        script.steps[:] = [fault, WRITTEN]
        before = script.sent
        try:
            call()
        except errors.ServerFault as error:
            assert (error.maybe_applied, error.retryable) == (True, True)  # noqa: PT017
        return script.sent - before

    assert sent_by(lambda: client.leads.update("x", first_name="Asha")) == 2
    assert sent_by(lambda: client.leads.create(email_address="asha@example.com")) == 2
    # A phone is not unique in every account.
    assert sent_by(lambda: client.leads.create(phone="+91-9000000001")) == 1
    assert sent_by(lambda: client.lists.create("Pune")) == 2
    assert sent_by(lambda: client.leads.create(first_name="Asha")) == 1
    assert sent_by(lambda: client.leads.capture(email_address="asha@example.com")) == 1
    assert sent_by(lambda: client.activities.create("x", 201)) == 1
    assert sent_by(lambda: client.leads.bulk_create([{"phone": "+91-9000000001"}])) == 1


LOST = [httpx2.ReadError("reset"), httpx2.ReadTimeout("slow"), (502, {}, {})]
LAST = [
    (httpx2.ConnectError("refused"), errors.ConnectFailed),
    ((429, RATE, {}), errors.RateLimited),
    ((503, {}, {}), errors.ServerFault),
    ((401, {}, {}), errors.KeysRefused),
]


@pytest.mark.parametrize("lost", LOST)
@pytest.mark.parametrize(("last", "kind"), LAST)
def test_a_lost_attempt_is_not_forgotten(
    make: Made, lost: object, last: object, kind: type[errors.SdkError]
) -> None:
    """However the attempts after it end, the call may have been carried out; without it, not."""
    script = Script(lost, last)
    client = make.answered_by(script, retries=2)
    with pytest.raises(kind) as caught:
        client.leads.upsert(email_address="asha@example.com")
    assert caught.value.maybe_applied
    script.steps[:] = [last]
    with pytest.raises(kind) as caught:
        client.leads.upsert(email_address="asha@example.com")
    assert not caught.value.maybe_applied


def test_a_retried_create_refused_by_itself_says_so(make: Made) -> None:
    """Sent again after a server's fault, it may be told that its own address is taken."""
    taken = {
        "Status": "Error",
        "ExceptionType": "MXDuplicateEntryException",
        "ExceptionMessage": "A Lead with same Email already exists.",
    }
    client = make.answered_by(Script((502, {}, {}), (500, taken, {})))
    with pytest.raises(errors.Duplicate) as caught:
        client.leads.create(email_address="asha@example.com")
    assert caught.value.maybe_applied


@pytest.mark.parametrize("fault", [httpx2.ReadError("reset"), httpx2.ReadTimeout("slow")])
def test_a_lost_call_is_retried_only_when_that_is_safe(make: Made, fault: Exception) -> None:
    """A read and an upsert are; a create is not, and says that it may have worked."""
    script = Script(fault, WRITTEN)
    client = make.answered_by(script)
    assert client.leads.upsert(email_address="asha@example.com").id == "x"
    script.steps[:] = [fault, []]
    assert client.leads.get("x") is None
    script.steps[:] = [fault, WRITTEN]
    with pytest.raises(errors.NoAnswer) as caught:
        client.leads.create(first_name="Asha")
    assert (caught.value.maybe_applied, caught.value.retryable) == (True, True)
    assert (caught.value.operation, caught.value.attempts) == ("Lead.Create", 1)
    script.steps[:] = [(504, {}, {}), WRITTEN]
    with pytest.raises(errors.ServerFault):
        client.leads.create(first_name="Asha")
    script.steps[:] = [fault, WRITTEN]
    client.raw("POST", "/v2/LeadManagement.svc/Lead.Create", body=[], repeatable=True)


def test_a_rejection_is_never_retried(make: Made) -> None:
    """Although its status is 500."""
    rejected = {"Status": "Error", "ExceptionType": "MXAnyException", "ExceptionMessage": "no"}
    script = Script((500, rejected, {}))
    with pytest.raises(errors.Rejected):
        make.answered_by(script).leads.get("x")
    assert (script.sent, make.napper.naps) == (1, [])


def test_retries_end_and_can_be_set_per_call(make: Made) -> None:
    """By number or by policy, for a client or for one call of it."""
    script = Script((503, {}, {}))
    client = make.answered_by(script, retries=2)
    with pytest.raises(errors.ServerFault) as caught:
        client.leads.get("x")
    assert (script.sent, caught.value.attempts) == (3, 3)
    with pytest.raises(errors.ServerFault):
        client.with_options(retries=0).leads.get("x")
    assert script.sent == 4
    policy = RetryPolicy(retries=1, backoff_seconds=3)
    make.napper.naps.clear()
    with pytest.raises(errors.ServerFault):
        client.with_options(retries=policy).leads.get("x")
    assert 1.5 <= make.napper.naps[0] <= 3


def test_options_of_a_call_do_not_change_the_client(make: Made) -> None:
    """Timeout and headers; the attempts of a call share their trace."""
    script = Script((503, {}, {}), [])
    client = make.answered_by(script, headers={"X-One": "1"})
    client.with_options(timeout=1.5, headers={"X-Two": "2"}).leads.get("x")
    first = script.requests[0]
    assert first.extensions["timeout"]["read"] == 1.5
    assert (first.headers["X-One"], first.headers["X-Two"]) == ("1", "2")
    trace, again = (request.headers["traceparent"].split("-") for request in script.requests)
    assert (trace[1], trace[2] == again[2]) == (again[1], False)
    client.leads.get("x")
    assert "X-Two" not in script.requests[2].headers
    assert script.requests[2].extensions["timeout"]["read"] == 30
    assert script.requests[2].headers["traceparent"].split("-")[1] != trace[1]


def test_the_callers_trace_is_kept(make: Made) -> None:
    """So that the log of a call leads to the trace of what caused it."""
    script = Script([])
    parent = f"00-{'ab' * 16}-{'cd' * 8}-00"
    make.answered_by(script).with_options(headers={"traceparent": parent}).leads.get("x")
    (sent,) = script.requests[0].headers.get_list("traceparent")
    assert (sent[:35], sent[-3:], sent == parent) == (parent[:35], "-00", False)


def test_the_limit_is_learned_from_a_refusal(make: Made) -> None:
    """Of three calls in 5 seconds, the fourth waits from then on; nothing is refused again."""
    script = Script((429, RATE, {}), [])
    client = make.answered_by(script)
    client.leads.get("x")
    times = []
    for _ in range(7):
        client.leads.get("x")
        times.append(make.clock.now_ms())
    assert all(later - sooner >= 5000 for sooner, later in zip(times, times[3:], strict=False))


def test_bulk_calls_have_a_separate_pace(make: Made) -> None:
    """Of the plan: one in 5 seconds, while others go on."""
    script = Script([])
    client = make.answered_by(script, pace="enterprise")
    client.leads.bulk_create([{"first_name": "a"}])
    client.leads.get("x")
    assert make.napper.naps == []
    client.leads.bulk_create([{"first_name": "a"}])
    assert sum(make.napper.naps) >= 5


class Together:
    """Time for callers that run at once: it moves on when all of them sleep, to the first wake.

    So what the clock shows when a call is sent does not depend on which thread runs when.
    """

    def __init__(self, clock: StandingClock, callers: int) -> None:
        self._clock = clock
        self._moved = threading.Condition()
        self._awake = callers
        self._wakes: list[int] = []

    def sleep(self, seconds: float) -> None:
        with self._moved:
            wake_ms = self._asleep(seconds)
            while self._clock.now_ms() < wake_ms:
                self._moved.wait()

    async def nap(self, seconds: float) -> None:
        with self._moved:
            wake_ms = self._asleep(seconds)
        while self._clock.now_ms() < wake_ms:  # noqa: ASYNC110  # moved by a neighbour, in no event
            await asyncio.sleep(0)

    def done(self) -> None:
        with self._moved:
            self._awake -= 1
            self._move_on()

    def _asleep(self, seconds: float) -> int:
        wake_ms = self._clock.now_ms() + math.ceil(seconds * 1000)
        self._wakes.append(wake_ms)
        self._awake -= 1
        self._move_on()
        return wake_ms

    def _move_on(self) -> None:
        if self._awake or not self._wakes:
            return
        first_ms = min(self._wakes)
        self._clock.advance(first_ms - self._clock.now_ms())
        self._awake = self._wakes.count(first_ms)
        self._wakes = [wake_ms for wake_ms in self._wakes if wake_ms > first_ms]
        self._moved.notify_all()


CALLERS = 18


def test_tasks_and_threads_share_the_pace(loop_thread: object, make: Made) -> None:
    """All calls at once, from many tasks or threads: never more than n in any window, and n in
    each while some still wait.
    """  # one sentence
    times: list[int] = []
    together = Together(make.clock, CALLERS)

    def respond(_: httpx2.Request) -> httpx2.Response:
        times.append(make.clock.now_ms())
        return httpx2.Response(200, json=[])

    sleep = together.sleep if make.kind == "blocking" else together.nap
    client = make.answered_by(respond, pace=4, sleep=sleep).target

    def call() -> None:
        client.leads.get("x")
        together.done()

    async def call_all() -> None:
        await asyncio.gather(*(call_one() for _ in range(CALLERS)))

    async def call_one() -> None:
        await client.leads.get("x")
        together.done()

    if make.kind == "async":
        loop_thread.run(call_all())
    else:
        threads = [threading.Thread(target=call) for _ in range(CALLERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(times) == CALLERS
    assert sorted(times) == times
    assert sum(time == times[0] for time in times) == 4
    assert all(later - sooner >= 5000 for sooner, later in zip(times, times[4:], strict=False))
    assert times[-1] - times[0] < 5 * 5300


@given(
    calls_max=st.integers(1, 5),
    gaps=st.lists(st.integers(0, 4000), min_size=1, max_size=25),
    lateness=st.lists(st.integers(0, 900), min_size=1, max_size=7),
    answers=st.lists(st.tuples(st.integers(0, 1900), st.floats(0, 1)), min_size=1, max_size=7),
    leaves=st.sets(st.integers(0, 24), max_size=5),
)
def test_no_window_ever_has_more_than_n(
    calls_max: int,
    gaps: list[int],
    lateness: list[int],
    answers: list[tuple[int, float]],
    leaves: set[int],
) -> None:
    """As the server counts: by arrivals, which come at any time between sending and answer.

    However calls come, however late sleepers wake, whoever gives up; and all get through.
    """
    throttle = Throttle(Pace(calls_max=calls_max))
    ms = 1_000_000
    events: list[tuple[int, int, str]] = []
    now = 0
    for gap in gaps:
        now += gap * ms
        ticket = throttle.enter("standard")
        if len(events) in leaves:
            throttle.leave("standard", ticket)
        events.append((now, ticket, "ask"))
    expected = len([one for one in range(len(gaps)) if one not in leaves])
    events = [event for number, event in enumerate(events) if number not in leaves]
    arrivals: list[int] = []
    for step in range(5000):
        if not events:
            break
        events.sort()
        now, ticket, what = events.pop(0)
        if what == "answer":
            throttle.arrived("standard", ticket, now)
        elif wait := throttle.wait_ns("standard", ticket, now):
            events.append((now + wait + lateness[step % len(lateness)] * ms, ticket, "ask"))
        else:
            takes, share = answers[ticket % len(answers)]
            arrivals.append(now + int(takes * share) * ms)
            events.append((now + takes * ms, ticket, "answer"))
    arrivals.sort()
    assert len(arrivals) == expected
    for sooner, later in zip(arrivals, arrivals[calls_max:], strict=False):
        assert later - sooner >= 5_000 * ms


def test_a_refusal_never_raises_the_pace(make: Made) -> None:
    """Five calls in five seconds, although a refusal speaks of 25."""
    rate = RATE | {"ExceptionMessage": "API calls exceeded the limit of 25 in 5 second(s)"}
    script = Script((429, rate, {}), [])
    client = make.answered_by(script, pace=5)
    times = []
    for _ in range(12):
        client.leads.get("x")
        times.append(make.clock.now_ms())
    assert all(later - sooner >= 5000 for sooner, later in zip(times, times[5:], strict=False))


def test_what_a_refusal_taught_expires(make: Made) -> None:
    """After ten minutes the client asks for more again, and learns the limit anew if it must."""
    rate = RATE | {"ExceptionMessage": "API calls exceeded the limit of 1 in 5 second(s)"}
    script = Script((429, rate, {}), [])
    client = make.answered_by(script)
    client.leads.get("x")
    make.napper.naps.clear()
    client.leads.get("x")
    assert sum(make.napper.naps) >= 4
    make.clock.advance(600_000)
    make.napper.naps.clear()
    for _ in range(5):
        client.leads.get("x")
    assert make.napper.naps == []


def test_a_long_call_holds_no_others_back() -> None:
    """A call that the server works on for a minute counts from two seconds after it was sent."""
    throttle = Throttle(Pace(calls_max=1))
    first, second = throttle.enter("standard"), throttle.enter("standard")
    assert throttle.wait_ns("standard", first, 0) == 0
    assert throttle.wait_ns("standard", second, 6_900_000_000) > 0
    assert throttle.wait_ns("standard", second, 7_100_000_000) == 0


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ({"Retry-After": "Thu, 26 Nov 2026 10:00:30 GMT",
          "Date": "Thu, 26 Nov 2026 10:00:00 GMT"}, 30),
        ({"Retry-After": "Thu, 26 Nov 2026 09:00:00 GMT",
          "Date": "Thu, 26 Nov 2026 10:00:00 GMT"}, 0),
        ({"Retry-After": "99999"}, 99_999),
        ({"Retry-After": "2.5"}, 2.5),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "soon"}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_a_refusal_says_how_long_the_server_asks_to_wait(
    make: Made, asked: dict[str, str], seconds: float | None
) -> None:
    """As a number or a date, by the server's own clock; in the text too."""
    client = make.answered_by(Script((429, RATE, asked)), retries=0)
    with pytest.raises(errors.RateLimited) as caught:
        client.leads.get("x")
    assert caught.value.retry_after_seconds == seconds
    said = f"The server asks to wait {seconds:g} s." if seconds is not None else "HTTP 429)"
    assert str(caught.value).endswith(said)


def test_a_cancelled_call_leaves_the_queue(make: Made) -> None:
    """Those behind it go on."""
    throttle = Throttle(Pace(calls_max=1))
    clock = StandingClock()
    first, second, third = (throttle.enter("standard") for _ in range(3))
    assert throttle.wait_ns("standard", first, clock.elapsed_ns()) == 0
    throttle.arrived("standard", first, clock.elapsed_ns())
    throttle.leave("standard", second)
    wait = throttle.wait_ns("standard", third, clock.elapsed_ns())
    clock.advance(wait // 1_000_000)
    assert throttle.wait_ns("standard", third, clock.elapsed_ns()) == 0
    assert make.kind
