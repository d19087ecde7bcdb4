"""A LeadSquared client that nobody here wrote works against the server as it is published.

``lsq`` runs in a process of its own, over its own HTTP stack and TLS.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from engines import copy_folder
from support import ServerProcess

from leadwire.access.accounts import FirstAccount
from leadwire.calls.query import CallQuery
from leadwire.calls.record import CallRecord
from leadwire.stores.sqlite import SqliteCallReader

HOST = "api.leadsquared.com"
SESSION = Path(__file__).with_name("lsq_session.py")


@pytest.fixture(scope="module")
def session(
    prepared: tuple[Path, FirstAccount], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[dict[str, Any], Path]]:
    """What lsq got, and the folder of the server that it got it from."""
    folder = tmp_path_factory.mktemp("lsq")
    authority = trustme.CA()
    certificate = authority.issue_cert(HOST)
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    certificate.cert_chain_pems[0].write_to_path(folder / "certificate.pem")
    authority.cert_pem.write_to_path(folder / "authority.pem")
    data = copy_folder(prepared[0], folder / "data")
    server = ServerProcess(
        data,
        prepared[1],
        "--tls-certificate",
        str(folder / "certificate.pem"),
        "--tls-key",
        str(folder / "key.pem"),
    ).start()
    try:
        yield _run(server, folder / "authority.pem"), data
    finally:
        server.stop()


def _run(server: ServerProcess, authority: Path) -> dict[str, Any]:
    keys, (_, port) = server.keys, server.address
    finished = subprocess.run(  # noqa: S603  # our own script
        [sys.executable, str(SESSION), keys.access_key, keys.secret_key, str(port)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, "REQUESTS_CA_BUNDLE": str(authority), "NO_PROXY": "*"},
    )
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


@pytest.fixture
def got(session: tuple[dict[str, Any], Path]) -> dict[str, Any]:
    return session[0]


def test_lsq_creates_captures_and_updates(got: dict[str, Any]) -> None:
    """Each write answers as the client expects, and they meet on one lead."""
    lead_id = got["created"]["Message"]["Id"]
    assert got["created"] == {"Status": "Success", "Message": {"Id": lead_id}}
    assert got["captured"]["Message"] == {"Id": lead_id, "RelatedId": lead_id, "IsCreated": False}
    assert got["created or updated"]["Message"]["AffectedRows"] == 1
    assert got["updated"] == {"Status": "Success", "Message": {"AffectedRows": 1}}


def test_lsq_finds_and_reads(got: dict[str, Any]) -> None:
    """By id, e-mail address, phone, a piece of text, a criterion and a range of time."""
    lead_id = got["created"]["Message"]["Id"]
    for way in ("by id", "by e-mail", "by phone", "quick search"):
        (lead,) = got[way]
        assert lead["ProspectID"] == lead_id, way
        assert (lead["LastName"], lead["mx_City"]) == ("Rao", "Pune")
    assert got["by criteria"] == [{"ProspectID": lead_id, "FirstName": "Asha", "mx_City": "Pune"}]
    assert got["by date range"]["RecordCount"] == 2
    assert got["by date range"]["Leads"][0]["LeadPropertyList"][0] == {
        "Attribute": "EmailAddress",
        "Value": "asha@example.com",
    }
    assert [field["DataType"] for field in got["metadata"]] == ["Email"]


def test_lsq_makes_fields_and_writes_in_bulk(got: dict[str, Any]) -> None:
    """A dropdown with options; good rows kept beside a duplicate; leads by id; a merge."""
    assert got["field"]["Status"] == "Success"
    assert got["options added"] == got["options removed"]
    assert got["options added"] == {"Status": "Success", "Message": {"AffectedRows": 1}}
    (field,) = got["field's metadata"]
    assert field["Options"] == [{"Value": "Home"}, {"Value": "Gold"}]
    assert [row["LeadCreated"] for row in got["bulk created"]] == [True, False]
    assert got["bulk created"][1]["ExceptionType"] == "MXDuplicateEntryException"
    assert [row["LeadUpdated"] for row in got["bulk created or updated"]] == [True, True]
    assert got["bulk by id"] == {
        "RecordCount": 1,
        "Leads": [{"EmailAddress": "meera@example.com", "mx_Loan_Type": "Home"}],
    }
    assert got["merged"] == {"Status": "Success"}


def test_lsq_keeps_notes_and_what_belongs_to_a_lead(got: dict[str, Any]) -> None:
    """An activity with its lead, a note, marks, the owner; deleting is off."""
    lead_id = got["created"]["Message"]["Id"]
    assert got["with activity"]["Message"]["RelatedId"] == lead_id
    note_id = got["note"]["Message"]["Id"]
    assert [(n["ProspectNoteId"], n["Note"]) for n in got["notes"]["List"]] == [(note_id, "Called")]
    assert got["note updated"] == {"Status": "Success"}
    for marked in ("marked invalid", "marked valid"):
        assert got[marked]["Message"] == {"AffectedRows": 1}
    assert [owner["Role"] for owner in got["owner"]] == ["Administrator"]
    for deleted in ("stages deleted", "owners deleted"):
        assert got[deleted]["Message"]["Message"].endswith("has been queued.")
    assert "Delete is not enabled for you" in got["not deleted"]


def test_lsq_shows_its_user_the_fault(got: dict[str, Any]) -> None:
    """The text that it prints holds the type and message of the contract."""
    assert "MXDuplicateEntryException" in got["created again"]
    assert "A Lead with same Email already exists." in got["created again"]
    assert got["refused"].startswith("Unauthenticated: ")
    assert "MXInvalidAccessDetailsException" in got["refused"]


def test_calls_of_lsq_are_in_the_log(session: tuple[dict[str, Any], Path]) -> None:
    """All of them, by operation and user agent, without the keys that it sends in each URL."""
    records = _records(session[1])
    assert {record.user_agent.partition("/")[0] for record in records} == {"python-requests"}
    names = [record.operation for record in records]
    assert names.count("Lead.Create") == 3
    assert {
        "UserByAccessKey.Get",
        "Lead.Capture",
        "Lead.CreateOrUpdate",
        "Lead.Update",
        "Leads.GetById",
        "Leads.GetByEmailaddress",
        "RetrieveLeadByPhoneNumber",
        "Leads.GetByQuickSearch",
        "Leads.Get",
        "Leads.RecentlyModified",
        "LeadsMetaData.Get",
        "Lead.BulkCreate",
        "ProspectActivity.CreateCustom",
        "Note.Update",
    } <= set(names)
    assert not [record for record in records if "accesskey" in record.query_string.lower()]
    assert records[-1].refusal_reason == "wrong secret key"


def _records(folder: Path) -> list[CallRecord]:
    reader = SqliteCallReader(folder / "calls")
    try:
        return list(reader.stream(CallQuery(account_id=None)))[::-1]
    finally:
        reader.close()
