"""The asynchronous API through both clients: accepted, asked about, waited for."""

import httpx2
import pytest
from sdk.both import Driven, Made
from support import InProcess, new_async_key

from leadwire.sdk import errors
from leadwire.sdk.models.later import LaterStatus

MEETING = 200
KEY = "async-4f1d2c3b5a69788796a5b4c3d2e1f00f"


@pytest.fixture
def later(make: Made, api: InProcess) -> Driven:
    """A client with an async key; its pauses let the server work."""

    def work() -> None:
        assert api.app.workers is not None
        api.run(api.app.workers.later.settled())

    async def nap(_: float) -> None:
        assert api.app.workers is not None
        await api.app.workers.later.settled()

    return make.in_process(
        api,
        async_key=new_async_key(api.folder),
        sleep=(lambda _: work()) if make.kind == "blocking" else nap,
    )


def test_a_lead_is_captured_and_changed_later(later: Driven) -> None:
    """Waiting tells what the call itself would have answered."""
    accepted = later.later.capture_lead(first_name="Asha", email_address="asha@example.com")
    assert "accepted" in accepted.message
    done = later.later.wait(accepted)
    assert done.is_done
    lead_id = done.written.id
    assert done.written.is_created is True
    changed = later.later.wait(
        later.later.update_lead(lead_id, mx_City="Pune", post_updated_lead=True)
    )
    assert changed.written.affected_rows == 1
    assert later.leads.get(lead_id).city == "Pune"
    metrics = later.later.metrics("capture_lead")
    assert (metrics.pending, metrics.delay_seconds, metrics.per_minute) == (0, 0, 0.1)


def test_activities_and_opportunities_are_created_later(later: Driven) -> None:
    """By their own status calls."""
    lead_id = later.leads.create(first_name="Asha", email_address="asha@example.com").id
    activity = later.later.wait(later.later.create_activity(lead_id, MEETING, "Called"))
    assert later.activities.get(activity.written.id).by_name()["ActivityEvent_Note"] == "Called"
    lead = {"EmailAddress": "asha@example.com"}
    later.later.wait(
        later.later.create_activity_with_lead(lead, MEETING, search_by="email_address")
    )
    assert later.activities.of_lead(lead_id, MEETING).total == 2
    captured = later.later.wait(
        later.later.capture_opportunity(
            lead, {"mx_Custom_1": "Flats"}, search_by="email_address", note="By phone"
        )
    ).captured
    later.later.wait(later.later.update_opportunity(captured.id, {"Status": "Won"}))
    assert later.opportunities.get(captured.id).by_name()["Status"] == "Won"
    for call in ("create_activity", "create_activity_with_lead", "update_opportunity"):
        assert later.later.metrics(call).per_minute == 0.1


def test_a_refusal_raises_the_error_of_the_direct_call(later: Driven) -> None:
    """With its type; the status alone tells it without raising."""
    accepted = later.later.update_lead("00000000-0000-4000-8000-000000000000", mx_City="Pune")
    with pytest.raises(errors.NotFound, match="does not exist") as caught:
        later.later.wait(accepted)
    assert caught.value.exception_type == "MXInvalidEntityException"
    status = later.later.status(accepted)
    assert (status.state, isinstance(status.error, errors.NotFound)) == ("FAILURE", True)
    with pytest.raises(errors.InputInvalid, match="RequestID"):
        later.later.activity_status(accepted.request_id)


def test_a_refused_opportunity_inside_a_success_is_raised(later: Driven) -> None:
    """The API tells its refusal by a number inside a success."""
    refused = LaterStatus(
        {
            "RequestId": "r",
            "TaskStatus": {
                "Status": "Success",
                "Message": '{"Status":1,"ExceptionMessage":"No lead was found"}',
            },
        }
    )
    assert isinstance(refused.error, errors.Rejected)
    assert "No lead was found" in str(refused.error)
    lead = {"EmailAddress": "asha@example.com"}
    accepted = later.later.capture_opportunity(lead, {"Status": "Open"}, search_by="ProspectID")
    with pytest.raises(errors.Rejected):
        later.later.wait(accepted)


def test_waiting_for_a_queued_call_times_out(make: Made) -> None:
    """After so many seconds of waiting, with pauses that grow; it may be carried out yet."""
    queued = {"RequestID": "r-1", "TaskStatus": {"Status": "In-Queue", "Message": None}}
    client = make.answered_by(lambda _: httpx2.Response(200, json=queued), async_key=KEY)
    accepted = client.later.capture_lead(first_name="Asha")
    with pytest.raises(errors.TimedOut, match=r"r-1 is still queued after 20 s") as caught:
        client.later.wait(accepted, timeout=20)
    assert caught.value.maybe_applied
    assert make.napper.naps == [0.25, 0.5, 1, 2, 4, 5, 5, 2.25]


def test_only_asynchronous_calls_get_the_async_key(make: Made) -> None:
    """With the pair to submit, alone to ask, and never with any other call."""
    seen: list[httpx2.Request] = []

    def respond(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, json={"RequestID": "r", "TaskStatus": {"Status": "Success"}})

    client = make.answered_by(respond, async_key=KEY)
    client.later.capture_lead(first_name="Asha")
    client.later.lead_status("r")
    client.raw("POST", "/lead/capture", body=[])
    client.raw("GET", "/v2/LeadManagement.svc/Leads.GetById")
    had = [
        (request.headers.get("x-api-key"), "x-lsq-secretkey" in request.headers) for request in seen
    ]
    assert had == [(KEY, True), (KEY, False), (KEY, True), (None, True)]
    assert all(KEY not in str(request.url) for request in seen)


def test_asynchronous_calls_go_to_leadsquareds_other_hosts(make: Made) -> None:
    """Which are named like the region's; another server takes them itself."""
    hosts: list[str] = []

    def respond(request: httpx2.Request) -> httpx2.Response:
        hosts.append(request.url.host)
        return httpx2.Response(200, json={"RequestID": "r", "TaskStatus": {"Status": "Success"}})

    for host in ("mumbai", "singapore", "http://leads.example.com", "http://api.example.com"):
        client = make.answered_by(respond, host=host, async_key=KEY)
        client.later.lead_status("r")
        client.with_options(retries=0).raw("GET", "/v2/x.svc/y")
    assert hosts == [
        "asyncapi-in21.leadsquared.com",
        "api-in21.leadsquared.com",
        "asyncapi.leadsquared.com",
        "api.leadsquared.com",
        *["leads.example.com"] * 2,
        *["api.example.com"] * 2,
    ]


def test_without_an_async_key_nothing_is_sent(make: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """The text says where to put it; the environment is one place."""
    sent: list[httpx2.Request] = []

    def respond(request: httpx2.Request) -> httpx2.Response:
        sent.append(request)
        return httpx2.Response(200, json={"RequestID": "r", "TaskStatus": {"Status": "Success"}})

    with pytest.raises(errors.KeysMissing, match="LEADWIRE_ASYNC_KEY"):
        make.answered_by(respond).later.lead_status("r")
    assert sent == []
    monkeypatch.setenv("LEADWIRE_ASYNC_KEY", KEY)
    make.answered_by(respond).later.lead_status("r")
    assert sent[0].headers["x-api-key"] == KEY
