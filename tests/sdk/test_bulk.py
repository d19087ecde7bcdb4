"""Any number of rows through both clients: split, settled row by row, in order."""

from datetime import datetime
from typing import Any

import httpx2
import msgspec
import pytest
from sdk.both import Driven, Made
from support import InProcess

from leadwire.sdk import errors

Rows = list[list[dict[str, Any]]]


def people(count: int) -> list[dict[str, str]]:
    return [
        {"first_name": f"Asha {number}", "email_address": f"asha.{number}@example.com"}
        for number in range(1, count + 1)
    ]


def rows_of(request: httpx2.Request) -> list[dict[str, Any]]:
    """Each row of a bulk call, by attribute."""
    body: Rows = msgspec.json.decode(request.content)
    return [{part["Attribute"]: part["Value"] for part in row} for row in body]


def created(request: httpx2.Request) -> httpx2.Response:
    rows = [
        {"RowNumber": number, "LeadId": f"id-{row['FirstName']}", "LeadCreated": True}
        for number, row in enumerate(rows_of(request), 1)
    ]
    return httpx2.Response(200, json=rows)


def test_rows_are_split_by_the_published_limits(client: Driven, api: InProcess) -> None:
    """50 for create, 25 for upsert; every row has its outcome, in order, and progress adds up."""
    told: list[Any] = []
    found = client.leads.create_many(iter(people(101)), on_progress=told.append).rows
    assert [outcome.number for outcome in found] == list(range(1, 102))
    assert {outcome.status for outcome in found} == {"created"}
    assert [progress.rows for progress in told] == [50, 100, 101]
    assert client.leads.get(found[100].lead_id).first_name == "Asha 101"
    told.clear()
    again = client.leads.upsert_many(people(101), on_progress=told.append).rows
    assert [outcome.lead_id for outcome in again] == [outcome.lead_id for outcome in found]
    assert [progress.updated for progress in told] == [25, 50, 75, 100, 101]
    assert len(api.leads()) == 101


def test_a_result_says_how_much_was_written_and_raises_for_the_rest(client: Driven) -> None:
    """Failed rows are in the text by number; their values are in no repr."""
    rows = [*people(3), {"email_address": "nobody"}]
    result = client.leads.upsert_many(rows)
    assert repr(result) == "BulkResult(4 rows: 3 created, 0 updated, 1 failed, 0 unknown)"
    assert (len(result), result.ok, result[3].ok) == (4, False, False)
    assert [outcome.number for outcome in result.failures] == [4]
    assert "asha" not in repr(result.rows).lower()
    told = msgspec.json.decode(msgspec.json.encode(result.to_dict()))
    assert (told["counts"]["rows"], told["rows"][3]["error"]["type"]) == (4, "InputInvalid")
    assert told["rows"][0]["row"] == people(1)[0]
    with pytest.raises(
        errors.BulkFailed, match=r"^1 of 4 rows were not written\. row 4: "
    ) as failed:
        result.raise_for_failures()
    assert failed.value.result is result
    client.leads.upsert_many(people(2)).raise_for_failures()


def test_a_lazy_write_that_nobody_iterates_warns(make: Made) -> None:
    """Before the loop nothing is sent, and nothing after it ended early."""
    calls: list[int] = []

    def respond(request: httpx2.Request) -> httpx2.Response:
        calls.append(len(rows_of(request)))
        return created(request)

    leads = make.answered_by(respond).target.leads
    outcomes = leads.iter_create_many(people(60))
    assert "nothing is written before a loop" in repr(outcomes)
    with pytest.warns(RuntimeWarning, match="nothing was written"):
        del outcomes
    assert calls == []
    if make.kind == "blocking":
        first = next(leads.iter_create_many(people(60)))
        assert (first.number, calls) == (1, [50])


def test_nothing_is_sent_for_no_rows(client: Driven) -> None:
    """And nothing is wrong with that."""
    assert client.leads.upsert_many([]).rows == ()
    assert client.leads.iter_upsert_many([]) == []


def test_a_bad_row_does_not_stop_the_others(client: Driven) -> None:
    """Whether the SDK or the API refuses it; the reason is a value in the row's place."""
    rows: list[dict[str, Any]] = people(5)
    rows[1]["email_address"] = "nobody"
    rows[2]["mx_DOB"] = datetime(2026, 1, 2)  # noqa: DTZ001  # what is refused
    rows[3]["mx_Nowhere"] = "x"
    found = client.leads.upsert_many(rows).rows
    assert [outcome.ok for outcome in found] == [True, False, False, False, True]
    assert [type(outcome.error) for outcome in found[1:4]] == [
        errors.InputInvalid,
        errors.InvalidValue,
        errors.FieldUnknown,
    ]
    assert found[3].error.exception_type == "MXUnknownAttributeException"
    assert "mx_Nowhere" in str(found[3].error)
    assert found[3].row is rows[3]


def test_a_taken_address_fails_only_its_row(client: Driven) -> None:
    """Of plain creates."""
    client.leads.create(**people(2)[1])
    found = client.leads.create_many(people(3)).rows
    assert [outcome.status for outcome in found] == ["created", "failed", "created"]
    assert isinstance(found[1].error, errors.Duplicate)


def test_updates_are_reported_for_each_row(client: Driven) -> None:
    """Though the API names only those that failed; a key may come twice, and may be missing."""
    ids = [outcome.lead_id for outcome in client.leads.create_many(people(30))]
    rows: list[dict[str, Any]] = [
        {"id": lead_id, "mx_City": f"City {number}"} for number, lead_id in enumerate(ids)
    ]
    rows[3]["id"] = "b2f9c6de-8a35-4b0e-9d55-2f1c3a8b7e10"
    rows[4]["id"] = ids[0]
    del rows[5]["id"]
    rows[6]["email_address"] = "nobody"
    found = client.leads.update_many(rows).rows
    assert [outcome.number for outcome in found] == list(range(1, 31))
    assert [o.number for o in found if not o.ok] == [4, 6, 7]
    assert isinstance(found[3].error, errors.NotFound)
    assert isinstance(found[5].error, errors.InvalidValue)
    assert client.leads.get(ids[0]).city == "City 4"
    by_email = client.leads.update_many(
        [{"email_address": "ASHA.2@example.com", "mx_City": "Pune"}], search_by="EmailAddress"
    ).rows
    assert [outcome.status for outcome in by_email] == ["updated"]
    assert client.leads.get(ids[1]).city == "Pune"


def test_a_report_that_names_no_row_splits_the_batch(make: Made) -> None:
    """Until each row is known to be changed or not."""

    def respond(request: httpx2.Request) -> httpx2.Response:
        rows = msgspec.json.decode(request.content)["LeadPropertiesList"]
        bad = sum("bad" in str(row) for row in rows)
        lead = {"Identifier": "", "IdentifierValue": "", "Reason": "No."}
        status = {"SuccessCount": len(rows) - bad, "FailureCount": bad}
        return httpx2.Response(
            200, json={"Status": status, "Details": {"FailedLeads": [lead] * bad}}
        )

    rows = [{"id": str(number), "mx_City": "x"} for number in range(6)]
    rows[2]["mx_City"] = "bad"
    found = make.answered_by(respond).leads.update_many(rows).rows
    assert [outcome.ok for outcome in found] == [True, True, False, True, True, True]


def test_a_batch_refused_as_a_whole_is_split(make: Made) -> None:
    """So that good rows do not share the fate of a bad one."""

    def respond(request: httpx2.Request) -> httpx2.Response:
        if any(row["FirstName"] == "Asha 7" for row in rows_of(request)):
            fault = {"Status": "Error", "ExceptionType": "MXXSSException", "ExceptionMessage": "No"}
            return httpx2.Response(500, json=fault)
        return created(request)

    found = make.answered_by(respond).leads.create_many(people(20)).rows
    assert [outcome.number for outcome in found if not outcome.ok] == [7]
    assert [outcome.lead_id for outcome in found if outcome.ok][6] == "id-Asha 8"


def test_a_reason_that_refuses_every_row_splits_only_one_batch(make: Made) -> None:
    """A second batch that is refused with the same words is not taken apart again."""
    sizes: list[int] = []

    def respond(request: httpx2.Request) -> httpx2.Response:
        sizes.append(len(rows_of(request)))
        fault = {"Status": "Error", "ExceptionType": "MXInvalidInputException"}
        return httpx2.Response(500, json=fault | {"ExceptionMessage": "Invalid SearchBy"})

    found = make.answered_by(respond).leads.upsert_many(people(75)).rows
    assert len(found) == 75
    assert not any(outcome.ok for outcome in found)
    assert sizes.count(25) == 3
    assert len(sizes) == 2 * 25 - 1 + 2


def test_two_rows_with_one_reason_do_not_fail_the_rest(make: Made) -> None:
    """Of their batch: each row of it has its own call if need be."""

    def respond(request: httpx2.Request) -> httpx2.Response:
        if any(row["FirstName"] in ("Asha 1", "Asha 2", "Asha 20") for row in rows_of(request)):
            fault = {"Status": "Error", "ExceptionType": "MXXSSException", "ExceptionMessage": "No"}
            return httpx2.Response(500, json=fault)
        return created(request)

    found = make.answered_by(respond).leads.create_many(people(20)).rows
    assert [outcome.number for outcome in found if not outcome.ok] == [1, 2, 20]


@pytest.mark.parametrize(("method", "attempts"), [("create_many", 1), ("upsert_many", 9)])
def test_rows_without_an_answer_are_unknown(make: Made, method: str, attempts: int) -> None:
    """A plain create is sent once; an upsert is patient. The next batch goes on."""
    calls: list[int] = []

    def respond(request: httpx2.Request) -> httpx2.Response:
        rows = rows_of(request)
        calls.append(len(rows))
        if rows[0]["FirstName"] == "Asha 1":
            raise httpx2.ReadError("reset")
        return created(request)

    found = getattr(make.answered_by(respond).leads, method)(people(51)).rows
    cap = calls[0]
    assert calls[:attempts] == [cap] * attempts
    assert [outcome.status for outcome in found[:cap]] == ["unknown"] * cap
    assert {outcome.status for outcome in found[cap:]} == {"created"}
    error = found[0].error
    assert isinstance(error, errors.ConnectionLost)
    assert error.maybe_applied


def test_an_upsert_that_would_make_a_duplicate_is_not_retried(make: Made) -> None:
    """A row without a value that is searched for is created each time it is sent."""
    calls: list[int] = []

    def respond(request: httpx2.Request) -> httpx2.Response:
        calls.append(len(rows_of(request)))
        raise httpx2.ReadError("reset")

    rows = [*people(2), {"first_name": "Nobody"}]
    found = make.answered_by(respond).leads.upsert_many(rows).rows
    assert (calls, {outcome.status for outcome in found}) == ([3], {"unknown"})
    assert found[0].error.maybe_applied


def test_an_unreachable_server_ends_the_job(make: Made) -> None:
    """After three batches: the outcomes so far were handed out, and the reason is raised."""

    def respond(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("refused", request=request)

    client = make.answered_by(respond)
    told: list[Any] = []
    with pytest.raises(errors.BulkStopped) as stopped:
        client.leads.upsert_many(people(200), on_progress=told.append)
    assert [progress.failed for progress in told] == [25, 50, 75]
    assert isinstance(stopped.value.error, errors.ConnectFailed)
    assert stopped.value.retryable
    assert stopped.value.result.counts.failed == 75
    with pytest.raises(errors.ConnectFailed):
        client.leads.iter_upsert_many(people(200))


@pytest.mark.parametrize(
    ("status", "kind"), [(401, errors.KeysRefused), (403, errors.PermissionMissing)]
)
def test_an_error_of_every_row_is_raised(
    make: Made, status: int, kind: type[errors.SdkError]
) -> None:
    """Wrong keys would be wrong for every row."""
    client = make.answered_by(lambda _: httpx2.Response(status))
    with pytest.raises(errors.BulkStopped) as stopped:
        client.leads.create_many(people(3))
    assert type(stopped.value.error) is kind
    with pytest.raises(kind):
        client.leads.iter_create_many(people(3))


def test_bulk_calls_keep_to_their_own_rate(make: Made) -> None:
    """One call per window on most plans; nothing is refused, since the client waits."""
    client = make.answered_by(created, pace="pro")
    assert len(client.leads.create_many(people(150))) == 150
    assert len(make.napper.naps) == 2
    assert all(nap > 5 for nap in make.napper.naps)


@pytest.mark.parametrize(
    "answer",
    [
        [{"RowNumber": 2, "LeadId": "b", "LeadCreated": True}],
        [{"LeadId": "", "LeadCreated": False}, {"LeadId": "b", "LeadCreated": True}],
    ],
)
def test_a_row_missing_in_the_answer_is_unknown(
    make: Made, answer: list[dict[str, object]]
) -> None:
    """A row that the answer is silent about is never taken for written."""
    client = make.answered_by(lambda _: httpx2.Response(200, json=answer))
    found = client.leads.create_many(people(2)).rows
    assert not found[0].ok
    assert (found[1].ok, found[1].lead_id) == (True, "b")
