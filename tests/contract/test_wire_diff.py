"""``scripts/wire-diff`` finds every difference of form, and prints nothing of the account."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from contract.wire_diff import main

Row = dict[str, Any]
CREATE = "/v2/LeadManagement.svc/Lead.Create"
ACCESS_KEY = "u$r" + "0123456789abcdef" * 2
SECRET_KEY = "fedcba98" * 5
PRIVATE = ("asha@example.com", "Asha", ACCESS_KEY, SECRET_KEY, "u%24r", "11111111-2222")
THEIR_ID = "11111111-2222-4333-8444-555555555555"


def record(target: str, body: object, status: int, answer: object, method: str = "POST") -> Row:
    path, _, query = target.partition("?")
    return {
        "method": method,
        "path": path,
        "query_string": query,
        "request_content_type": "application/json" if body is not None else "",
        "request_body": "" if body is None else json.dumps(body),
        "status_code": status,
        "response_body": answer if isinstance(answer, str) else json.dumps(answer),
    }


def har_of(rows: list[Row]) -> Row:
    entries = [
        {
            "request": {
                "method": row["method"],
                "url": f"https://api.example.com{row['path']}?{row['query_string']}"
                f"&accessKey={ACCESS_KEY}&secretKey={SECRET_KEY}",
                "headers": [{"name": "x-LSQ-SecretKey", "value": SECRET_KEY}],
                "postData": {"mimeType": "application/json", "text": row["request_body"]},
            },
            "response": {"status": row["status_code"], "content": {"text": row["response_body"]}},
        }
        for row in rows
    ]
    return {"log": {"entries": entries}}


def run(folder: Path, rows: list[Row], *arguments: str, har: bool = False) -> Result:
    file = folder / "recorded.json"
    lines = "\n".join(map(json.dumps, rows))
    file.write_text(json.dumps(har_of(rows)) if har else lines)
    result = CliRunner().invoke(main, [str(file), *arguments])
    assert not [secret for secret in PRIVATE if secret in result.output], result.output
    return result


ASHA = [
    {"Attribute": "FirstName", "Value": "Asha"},
    {"Attribute": "EmailAddress", "Value": "asha@example.com"},
]
CREATED = record(CREATE, ASHA, 200, {"Status": "Success", "Message": {"Id": THEIR_ID}})
POSTED = {"Status": "Success", "Message": {"Id": "99999999" + THEIR_ID[8:]}}


@pytest.mark.parametrize("har", [False, True], ids=["JSON Lines", "HAR"])
def test_a_conversation_is_replayed_with_our_keys_and_ids(tmp_path: Path, har: bool):
    """A read of the lead that was made before finds it here; a fault is the same fault."""
    trail = f"/v2/ProspectActivity.svc/Retrieve?leadId={THEIR_ID}"
    duplicate = {
        "Status": "Error",
        "ExceptionType": "MXDuplicateEntryException",
        "ExceptionMessage": "A Lead with same Email already exists.",
    }
    seconds = [{"Id": THEIR_ID, "CreatedOn": "2026-01-02 03:04:05"}]
    event = {"RelatedProspectId": THEIR_ID, "ActivityEvent": 201}
    rows = [
        CREATED,
        record(CREATE, ASHA, 500, duplicate),
        record("/v2/ProspectActivity.svc/Create", event, 200, POSTED),
        record(trail, {}, 200, {"RecordCount": 1, "ProspectActivities": seconds}),
        record("/v2/No.svc/Such?secretKey=" + SECRET_KEY, {}, 200, {}),
    ]
    result = run(tmp_path, rows, har=har)
    assert result.exit_code == 1, result.output
    assert "1. POST Lead.Create: same form" in result.output
    assert "2. POST Lead.Create: same form" in result.output
    assert "3. POST ProspectActivity.Create: same form" in result.output
    place = "$.ProspectActivities[].CreatedOn"
    assert f"{place}: date-time with seconds recorded, date-time with milliseconds here" in (
        result.output
    )
    assert "5. POST (not served) /v2/No.svc/Such: 1 difference" in result.output
    assert "200 recorded, 404 here (ApiNotFoundException)" in result.output
    assert "5 exchanges: 3 of the same form, 2 differ." in result.output


def test_a_server_setting_can_be_given(tmp_path: Path):
    """With dates = recorded, the recorded form is ours."""
    event = {"RelatedProspectId": THEIR_ID, "ActivityEvent": 201}
    trail = f"/v2/ProspectActivity.svc/Retrieve?leadId={THEIR_ID}"
    answer = {"ProspectActivities": [{"CreatedOn": "2026-01-02 03:04:05"}]}
    rows = [
        CREATED,
        record("/v2/ProspectActivity.svc/Create", event, 200, POSTED),
        record(trail, {}, 200, answer),
    ]
    assert "CreatedOn: date" not in run(tmp_path, rows, "--set", "dates=recorded").output


_DIFFERENCES = [
    ({"A": "1"}, {"A": 1}, "$.A: text recorded, number here"),
    ({"A": None}, {"A": ""}, "$.A: null recorded, empty text here"),
    ({"A": ""}, {"A": None}, "$.A: empty text recorded, null here"),
    ({"A": 1}, {}, "$.A: number recorded, missing here"),
    ({}, {"A": []}, "$.A: not recorded, array here"),
    ({"A": 1, "B": 2}, {"B": 2, "A": 1}, "$: the members have another order here"),
    ({"A": [{"B": True}]}, {"A": [{"B": "true"}]}, "$.A[].B: boolean recorded, text here"),
    ([], {}, "$: array recorded, object here"),
    (
        {"A": "1/2/2026 3:04:05 AM"},
        {"A": "2026-01-02 03:04:05"},
        "$.A: date-time of the American form recorded, date-time with seconds here",
    ),
    ({"A": "/Date(5+0000)/"}, {"A": "2026-01-02"}, "$.A: /Date(…)/ recorded, date here"),
    ({"Status": "Failed"}, {"Status": "Error"}, "$.Status: Failed recorded, Error here"),
]


@pytest.mark.parametrize(("theirs", "ours", "said"), _DIFFERENCES)
def test_each_difference_of_form_is_named(tmp_path: Path, theirs: Any, ours: Any, said: str):  # noqa: ANN401
    """With its place, and what each side has."""
    other = tmp_path / "ours.json"
    other.write_text(json.dumps([record(CREATE, ASHA, 200, ours)]))
    result = run(tmp_path, [record(CREATE, ASHA, 200, theirs)], "--answers", str(other))
    assert f"- {said}" in result.output
    assert result.exit_code == 1


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ({"A": "x", "B": 1, "C": [1]}, {"A": "y", "B": 2.5, "C": [1, 2, 3]}),
        ({"A": None}, {"A": "asha@example.com"}),
        ({"A": "2026-01-02 03:04:05"}, {"A": "Asha"}),
        ([{"A": 1}], []),
        ("", {"A": 1}),
    ],
)
def test_other_data_is_no_difference(tmp_path: Path, theirs: Any, ours: Any):  # noqa: ANN401
    """Other values, rows on one side only, a value that is unset, or no recorded answer."""
    other = tmp_path / "ours.json"
    other.write_text(json.dumps([record(CREATE, ASHA, 200, ours)]))
    result = run(tmp_path, [record(CREATE, ASHA, 200, theirs)], "--answers", str(other))
    assert (result.exit_code, "1 of the same form" in result.output) == (0, True), result.output


@pytest.mark.parametrize("text", ["", "{", '{"a": 1}', "[1]", '{"log": {"entries": []}}'])
def test_a_file_that_cannot_be_read_says_so(tmp_path: Path, text: str):
    """With the file's name, and exit code 2."""
    file = tmp_path / "recorded.json"
    file.write_text(text)
    result = CliRunner().invoke(main, [str(file)])
    assert result.exit_code == 2
    assert "recorded.json" in result.output


def test_an_unknown_setting_is_refused(tmp_path: Path):
    """Before any request is sent."""
    assert run(tmp_path, [CREATED], "--set", "colour=red").exit_code == 2
