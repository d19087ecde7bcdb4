"""Verifying deliveries in a receiver: what is believed, what is refused, and by which exception."""

import pickle
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadwire import webhooks
from leadwire.operations.webhooks import NEVER_RAISED, WEBHOOK_EVENTS
from leadwire.webhooks import (
    BodyUnreadable,
    DeliveryRefused,
    Event,
    LeadCreated,
    LeadStageChanged,
    OutsideTolerance,
    Ping,
    Repeated,
    SecretInvalid,
    Seen,
    SignatureMissing,
    SignatureWrong,
    UnknownEvent,
    new_secret,
    read,
    sign,
    verify,
)
from leadwire.webhooks.events import CLASSES

SECRET: Final = "whsec_plJ3nmyCDGBKInavdOK15jsl"  # noqa: S105  # published with the standard
NOW: Final = datetime(2026, 11, 26, 12, tzinfo=UTC)
ID: Final = "0190aaaa-bbbb-7ccc-8ddd-eeeeffff0000"
BODY: Final = b'{"ProspectID":"5b0c7d1e-8a35-4b0e-9d55-2f1c3a8b7e10","FirstName":"Asha"}'


def signed(
    body: bytes = BODY,
    *,
    event: str = "Lead_Post_Create",
    age: float = 0,
    secret: str = SECRET,
    delivery_id: str = ID,
) -> dict[str, str]:
    at = NOW - timedelta(seconds=age)
    return sign(secret, body, event=event, delivery_id=delivery_id, now=at)


def verified(headers: Any, body: bytes | str = BODY, **options: Any) -> Event:  # noqa: ANN401
    return verify(options.pop("secret", SECRET), headers, body, now=NOW, **options)


FORMS: Final[dict[str, Callable[[dict[str, str]], Any]]] = {
    "dict": dict,
    "another case": lambda headers: {name.title(): value for name, value in headers.items()},
    "pairs": lambda headers: list(headers.items()),
    "an ASGI scope": lambda headers: [(n.encode(), v.encode()) for n, v in headers.items()],
    "httpx2": httpx2.Headers,
    "WSGI": lambda headers: {
        "wsgi.version": (1, 0),
        "CONTENT_TYPE": "application/json",
        **{f"HTTP_{n.upper().replace('-', '_')}": v for n, v in headers.items()},
    },
    "lists of values": lambda headers: {name: [value] for name, value in headers.items()},
    "blanks around": lambda headers: {name: f" {value} " for name, value in headers.items()},
}


def test_headers_are_taken_in_every_form_that_frameworks_have() -> None:
    """In any letter case, as text or bytes, one value or a list of them."""
    for form, make in FORMS.items():
        event = verified(make(signed()))
        assert isinstance(event, LeadCreated), form
        assert event.lead.first_name == "Asha"
        assert event.id == ID
        assert event.sent_at == NOW


def test_the_example_of_the_standard_is_verified() -> None:
    """The one that Standard Webhooks publishes. Its event has no signed name."""
    body = '{"event_type":"ping","data":{"success":true}}'
    headers = {
        "webhook-id": "msg_loFOjxBNrRLzqYUf",
        "webhook-timestamp": "1731705121",
        "webhook-signature": "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=",
    }
    at = datetime.fromtimestamp(1731705121, UTC)
    event = verify(SECRET, headers, body, now=at)
    assert isinstance(event, UnknownEvent)
    assert event.to_dict()["payload"] == {"event_type": "ping", "data": {"success": True}}


def test_one_right_signature_among_several_is_enough() -> None:
    """Whatever stands beside it, in one header or in two."""
    headers = signed()
    right = headers["webhook-signature"]
    for value in (f"v1,AAAA {right}", f"{right} v1a,BBBB", f"v2,x v1,é {right}"):
        assert verified({**headers, "webhook-signature": value}).id == ID
    pairs = [*headers.items(), ("webhook-signature", "v1,AAAA")]
    assert verified(pairs).id == ID
    for value in (f"v1,AAAA,{right}", f"v1,AAAA, {right}", f"{right},v1,BBBB"):
        assert verified({**headers, "webhook-signature": value}).id == ID
    for value in (f"v1a,{right[3:]}", f"xv1,{right[3:]}", right[3:]):
        with pytest.raises(SignatureWrong):
            verified({**headers, "webhook-signature": value})


def test_both_secrets_are_taken_while_one_replaces_the_other() -> None:
    """And no third one."""
    new = new_secret()
    for secret in (SECRET, new):
        assert verified(signed(secret=secret), secret=[SECRET, new]).id == ID
    with pytest.raises(SignatureWrong):
        verified(signed(secret=new_secret()), secret=[SECRET, new])


REFUSED: Final[list[tuple[str, dict[str, Any], type[DeliveryRefused]]]] = [
    ("no header", {"webhook-id": None}, SignatureMissing),
    ("no signature", {"webhook-signature": None}, SignatureMissing),
    ("an empty signature", {"webhook-signature": ""}, SignatureMissing),
    ("no text", {"webhook-signature": 5}, SignatureMissing),
    ("a time with a sign", {"webhook-timestamp": "-5"}, SignatureMissing),
    ("a time in other digits", {"webhook-timestamp": "١٧٣١٧٠٥١٢١"}, SignatureMissing),
    ("a huge time", {"webhook-timestamp": "9" * 40}, SignatureMissing),
    ("two ids", {"webhook-id": ["a", "b"]}, SignatureMissing),
    ("an unprintable id", {"webhook-id": "a\x00b"}, SignatureMissing),
    ("another id", {"webhook-id": "other"}, SignatureWrong),
    ("letters beyond ASCII", {"webhook-signature": "v1,é"}, SignatureWrong),
    ("no version", {"webhook-signature": "AAAA"}, SignatureWrong),
    ("another version", {"webhook-signature": "v2,AAAA"}, SignatureWrong),
    ("half a letter", {"webhook-signature": "v1,\ud800"}, SignatureWrong),
    ("bytes that are no text", {"webhook-signature": b"v1,\xff\xfe"}, SignatureWrong),
]


def test_what_nobody_signed_is_refused_by_its_reason() -> None:
    """No reason shows a value of the body."""
    for name, changed, error in REFUSED:
        headers = {n: v for n, v in {**signed(), **changed}.items() if v is not None}
        with pytest.raises(error) as refused:
            verified(headers)
        assert type(refused.value) is error, name
        assert "Asha" not in str(refused.value)
    with pytest.raises(SignatureWrong):
        verified(signed(), BODY + b" ")
    for nothing in (None, 5, "text", object(), [("webhook-id",)]):
        with pytest.raises(SignatureMissing):
            verified(nothing)


@settings(max_examples=50, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["webhook-id", "Webhook-Timestamp", "HTTP_WEBHOOK_SIGNATURE", "x"]),
        st.one_of(st.text(), st.binary(), st.none(), st.integers(), st.lists(st.text())),
    ),
    st.one_of(st.text(), st.binary()),
)
def test_garbage_is_refused_and_raises_nothing_else(headers: object, body: object) -> None:
    """Headers and bodies of any type and content."""
    with pytest.raises(DeliveryRefused):
        verify(SECRET, headers, body)  # type: ignore[arg-type]


def test_a_delivery_outside_the_tolerance_is_refused() -> None:
    """Too old or too early, by the given time or by the system's clock."""
    for age, tolerance in ((300, 300), (-300, 300), (10, timedelta(seconds=10)), (1, 1.5)):
        assert verified(signed(age=age), tolerance=tolerance).id == ID
    for age, tolerance in ((301, 300), (-301, 300), (31_536_000, 86_400), (11, 10)):
        with pytest.raises(OutsideTolerance):
            verified(signed(age=age), tolerance=tolerance)
    with pytest.raises(OutsideTolerance):
        verify(SECRET, signed(), BODY, tolerance=1)  # by the system's clock


def test_wrong_options_are_the_receivers_mistake() -> None:
    """A tolerance, a time or a secret that can never work is not taken for a refused delivery."""
    for tolerance in (0, -1, float("nan"), float("inf"), True, "5"):
        with pytest.raises(ValueError, match="tolerance"):
            verified(signed(), tolerance=tolerance)
    with pytest.raises(ValueError, match="time zone"):
        verify(SECRET, signed(), BODY, now=datetime(2026, 1, 1))  # noqa: DTZ001
    short = "whsec_" + b64encode(b"short").decode()
    with pytest.raises(SecretInvalid):
        sign("not base64!", BODY)
    for secret in ("", "whsec_", "whsec_é", "not base64!", [], [SECRET, ""], b"bytes", None):
        with pytest.raises(SecretInvalid) as error:
            verified(signed(), secret=secret)
        assert "base64!" not in str(error.value)
    assert verified(signed(secret=short), secret=short).id == ID  # its sender chose it


def test_a_memory_that_can_never_work_is_the_receivers_mistake() -> None:
    """Named before the first delivery is counted, not by an AttributeError."""
    for seen in (3, Seen):
        with pytest.raises(ValueError, match="an object with the method add"):
            verify(SECRET, sign(SECRET, b"{}"), b"{}", seen=seen)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="ids_max must be a whole number"):
        Seen("9")  # type: ignore[arg-type]
    with pytest.raises(SecretInvalid):
        sign(None, b"{}")  # type: ignore[arg-type]
    assert type(read(b"{}", None)) is UnknownEvent


def test_no_frame_of_a_refusal_holds_the_secret() -> None:
    """Tools that print tracebacks print local variables, too."""
    for secret in (SECRET, SECRET[:-1], [SECRET, "whsec_x"]):
        with pytest.raises(webhooks.WebhookError) as refused:
            verified({}, secret=secret)
        trace = refused.value.__traceback__
        while trace is not None:
            if "leadwire/webhook" in trace.tb_frame.f_code.co_filename:
                assert "plJ3nmyCDG" not in repr(trace.tb_frame.f_locals)
            trace = trace.tb_next


def test_a_repeated_delivery_is_refused_until_it_is_forgotten() -> None:
    """What is refused for another reason is not remembered."""
    seen = Seen()
    event = verified(signed(), seen=seen)
    with pytest.raises(Repeated):
        verified(signed(age=5), seen=seen)
    seen.forget(event.id)
    assert verified(signed(), seen=seen) == event
    other = signed(b"no JSON", delivery_id="other")
    for _ in range(2):
        with pytest.raises(BodyUnreadable):
            verified(other, b"no JSON", seen=seen)
    assert len(seen) == 1
    last = signed(delivery_id="last", age=300)  # its tolerance ends as it is accepted
    assert verified(last, seen=seen).id == "last"
    with pytest.raises(Repeated):
        verified(last, seen=seen)


def test_the_memory_is_bounded_and_ends_with_the_tolerance() -> None:
    """By number, the oldest first, and by time."""
    clock = _Clock()
    seen = Seen(3, clock=clock)
    assert all(seen.add(each, seconds=10) for each in "abcd")
    assert len(seen) == 3
    assert seen.add("a", seconds=10)  # forgotten, since there was no room
    assert not seen.add("d", seconds=10)
    clock.ns += 11 * 10**9
    assert seen.add("d", seconds=10)
    assert len(seen) == 1
    with pytest.raises(ValueError, match="1 or more"):
        Seen(0)


def test_the_name_of_an_event_counts_only_if_it_was_signed() -> None:
    """Or whoever sits in between could turn a new lead into a deleted one."""
    headers = signed()
    assert isinstance(verified(headers), LeadCreated)
    for changed in ({"webhook-event": "Lead_Delete"}, {"webhook-event-signature": "v1,AAAA"}):
        event = verified({**headers, **changed})
        assert isinstance(event, UnknownEvent)
        assert event.name == ""


def test_every_event_that_is_raised_has_a_class_of_its_own() -> None:
    """Frozen, and equal after pickling."""
    assert set(CLASSES) == {each.kind for each in WEBHOOK_EVENTS} - NEVER_RAISED
    assert len(set(CLASSES.values())) == len(CLASSES)
    flat, change, many = b'{"Name":"x"}', b'{"Before":null,"After":{}}', b"[{}]"
    for each in WEBHOOK_EVENTS:
        kind = CLASSES.get(each.kind, UnknownEvent)
        fitting = [body for body in (flat, change, many) if _fits(body, each.name)]
        assert fitting, each.name
        event = read(fitting[0], each.name)
        assert type(event) is kind
        assert pickle.loads(pickle.dumps(event)) == event  # noqa: S301  # our own
        with pytest.raises(AttributeError):
            event.id = "x"  # type: ignore[misc]


def _fits(body: bytes, name: str) -> bool:
    try:
        read(body, name)
    except BodyUnreadable:
        return False
    return True


def test_bodies_are_read_as_json_or_as_the_form_that_carries_it() -> None:
    """Anything else, and a shape of another event, is unreadable."""
    form = (
        b"payload=%7B%22Before%22%3A%7B%22ProspectStage%22%3A%22a%22%7D%2C%22After%22%3A%7B%7D%7D"
    )
    event = verified(signed(form, event="Lead_Post_Stage_Change"), form)
    assert isinstance(event, LeadStageChanged)
    assert event.before.stage == "a"
    assert event.after.stage is None
    assert isinstance(read('{"IsTest":"true"}', "Lead_Post_Create"), Ping)
    assert isinstance(read("{}", "Something_New"), UnknownEvent)
    for body in ("", "5", '"x"', "[]", "[1]", "{", "[" * 100_000, "\ud800", b"\xff", '{"A":1}'):
        with pytest.raises(BodyUnreadable):
            read(body, "Lead_Post_Update")
    with pytest.raises(BodyUnreadable, match="dict"):
        read({}, "Lead_Post_Update")  # type: ignore[arg-type]


def test_a_new_secret_is_one_and_no_other_is_alike() -> None:
    """It signs and verifies."""
    first, second = new_secret(), new_secret()
    assert first != second
    assert verified(signed(secret=first), secret=first).id == ID


class _Clock:
    def __init__(self) -> None:
        self.ns = 0

    def now_ms(self) -> int:
        return self.ns // 1_000_000

    def elapsed_ns(self) -> int:
        return self.ns
