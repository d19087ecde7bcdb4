"""Logged phone calls: the note of the activity, what is refused, and what is not recorded."""

import json

import pytest
from support import InProcess, assert_fault

LOG_CALL = "/v2/Telephony.svc/LogCall"
CONNECTOR = "/1/api/telephony/logcallcomplete"
CALL = {
    "SourceNumber": "+91-9000000001",
    "DestinationNumber": "+91-8000000001",
    "StartTime": "2026-01-02 03:04:05",
    "CallDuration": 34,
    "Status": "Answered",
    "Direction": "Inbound",
    "CallNotes": "Asked for a visit",
}


def test_the_note_of_a_call_names_each_part_of_it(api: InProcess) -> None:
    """In the order and with the separators that readers of LeadSquared's notes split at."""
    lead_id = api.create(FirstName="Asha", Phone="+91-9000000001")
    assert api.post(LOG_CALL, CALL).status == 200
    (activity,) = api.activities(lead_id)
    user_id = api.keys.user_id
    assert activity["ActivityFields"]["ActivityEvent_Note"] == (
        f"Caller{{=}}+91-9000000001{{next}}UserId{{=}}{{next}}UserId{{=}}{user_id}{{next}}"
        "Duration{=}34{next}Status{=}Answered{next}CallNotes{=}Asked for a visit{next}"
        "ResourceURL{=}{next}StartTime{=}2026-01-02 03:04:05{next}Tag{=}{next}"
        "DisplayNumber{=}{next}EventNote{=}{next}SourceData{=}{next}"
    )


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"Direction": "Up"}, "Direction"),
        ({"StartTime": "yesterday"}, "StartTime"),
        ({"EndTime": "2026-01-02 03:04:04"}, "EndTime"),
        ({"CallDuration": "-1"}, "CallDuration"),
        ({"CallerSource": "x" * 51}, "CallerSource"),
        ({"UserId": "00000000-0000-4000-8000-000000000000"}, "UserId"),
        ({"SourceNumber": "anonymous"}, "Phone"),
    ],
    ids=str,
)
def test_a_refused_call_leaves_no_lead(api: InProcess, wrong: dict[str, str], named: str) -> None:
    """The fault names the member, and nothing is created."""
    answer = api.post(LOG_CALL, CALL | wrong)
    assert_fault(answer, 500, "MXInvalidInputException", named)
    assert api.leads() == []


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "text/plain"])
def test_telephony_systems_may_send_json_under_another_type(
    api: InProcess, content_type: str
) -> None:
    """By each path for calls; other operations take it only when the account's setting says so."""
    headers = {"Content-Type": content_type}
    body = json.dumps(CALL)
    for target in (LOG_CALL, f"{CONNECTOR}/token", f"{CONNECTOR}/token/7"):
        answer = api.call("POST", target, body, headers=headers)
        assert answer.status == 200, answer.body
    lead = api.call("POST", "/v2/LeadManagement.svc/Lead.Create", b"[]", headers=headers)
    assert lead.status == 400


def test_the_token_of_a_connector_is_not_recorded(api: InProcess) -> None:
    """It stands in the path, and whoever reads the log could call with it elsewhere."""
    answer = api.post(f"{CONNECTOR}/s3cr3t-org-token/7", CALL)
    assert answer.status == 200
    record = api.record(answer)
    assert record.operation == "Telephony.LogCallComplete"
    assert "s3cr3t" not in repr(record)
    assert api.post(f"{CONNECTOR}/a/b/c", CALL).status == 404
