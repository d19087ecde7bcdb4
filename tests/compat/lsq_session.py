"""What a program of somebody who uses ``lsq`` does. Prints one JSON object of what it got.

usage: python lsq_session.py ACCESS_KEY SECRET_KEY PORT

``lsq`` always calls https://api.leadsquared.com first, and then the host that the answer names.
The only help it gets is what a hosts file would give: that name leads to PORT of this machine.
"""

import json
import socket
import sys
from contextlib import redirect_stdout
from types import ModuleType

ACCESS_KEY, SECRET_KEY, PORT = sys.argv[1:]
HOST = "api.leadsquared.com"

_getaddrinfo = socket.getaddrinfo


def _to_this_machine(host: str, port: object, *rest: object, **more: object) -> list[object]:
    if host == HOST:
        host, port = "127.0.0.1", int(PORT)
    return _getaddrinfo(host, port, *rest, **more)


def main() -> dict[str, object]:
    import lsq  # noqa: PLC0415  # only after the name leads here

    lsq.accessKey, lsq.secretKey = ACCESS_KEY, SECRET_KEY
    create, update, retrieve = lsq.CreateLead(), lsq.UpdateLead(), lsq.RetriveLead()
    asha = [
        {"Attribute": "FirstName", "Value": "Asha"},
        {"Attribute": "EmailAddress", "Value": "asha@example.com"},
        {"Attribute": "Phone", "Value": "+91-9000000001"},
    ]
    got: dict[str, object] = {"created": create.create(asha)}
    lead_id = got["created"]["Message"]["Id"]
    got["created again"] = create.create(asha)
    got["captured"] = create.capture([*asha, {"Attribute": "LastName", "Value": "Rao"}])
    got["created or updated"] = create.createorupdate(
        [
            {"Attribute": "EmailAddress", "Value": "ravi@example.com"},
            {"Attribute": "SearchBy", "Value": "EmailAddress"},
        ]
    )
    got["updated"] = update.leadid(lead_id, [{"Attribute": "mx_City", "Value": "Pune"}])
    got["by id"] = lsq.RetriveLead().leadid(lead_id)
    got["by e-mail"] = lsq.RetriveLead().leademail("asha@example.com")
    got["by phone"] = lsq.RetriveLead().leadphone("9000000001")
    got["quick search"] = lsq.RetriveLead().quicksearch("rao")
    got["by criteria"] = retrieve.criteria(
        {
            "Parameter": {"LookupName": "mx_City", "LookupValue": "Pune", "SqlOperator": "="},
            "Columns": {"Include_CSV": "ProspectID,FirstName,mx_City"},
        }
    )
    got["by date range"] = retrieve.daterange(
        {
            "Parameter": {"FromDate": "2020-01-01 00:00:00", "ToDate": "2199-01-01 00:00:00"},
            "Columns": {"Include_CSV": "EmailAddress"},
            "Sorting": {"ColumnName": "ProspectAutoId", "Direction": "0"},
        }
    )
    got["metadata"] = lsq.RetriveLead().metadata("EmailAddress")
    got |= fields_and_bulk(lsq) | of_one_lead(lsq, lead_id)
    lsq.secretKey = "wrong"
    try:
        lsq.RetriveLead()
    except Exception as error:  # noqa: BLE001  # lsq's own
        got["refused"] = f"{type(error).__name__}: {error}"
    return got


def fields_and_bulk(lsq: ModuleType) -> dict[str, object]:
    """Fields of the account's own, and leads in bulk."""
    create, update = lsq.CreateLead(), lsq.UpdateLead()
    field = {
        "DisplayName": "Loan Type",
        "DataType": "Select",
        "IsMandatory": False,
        "RenderTypeTextValue": "Dropdown",
        "ShowInImport": True,
        "ShowInMailMerge": True,
        "LockAfterCreate": 0,
        "UseInLeadClone": False,
        "MaxLength": "60",
        "OptionsJson": [{"Value": "Home", "Order": 1, "IsDefault": False}],
    }
    got: dict[str, object] = {"field": create.customfield(field)}
    options = {"SchemaName": "mx_Loan_Type", "Options": ["Gold", "Boat"]}
    got["options added"] = update.adddropdown(options)
    got["options removed"] = update.removedropdown({**options, "Options": ["Boat"]})
    got["field's metadata"] = lsq.RetriveLead().metadata("mx_Loan_Type")
    meera = {"Attribute": "EmailAddress", "Value": "meera@example.com"}
    rows = [[meera], [meera, {"Attribute": "mx_Loan_Type", "Value": "Home"}]]
    got["bulk created"] = create.createbulk(rows)
    got["bulk created or updated"] = create.createorupdatebulk(rows)
    lead_ids = [got["bulk created"][0]["LeadId"]]
    got["bulk by id"] = lsq.RetriveLead().leadidbulk(
        {
            "SearchParameters": {"LeadIds": lead_ids},
            "Columns": {"Include_CSV": "EmailAddress,mx_Loan_Type"},
        }
    )
    # lsq gives the name of its bulk update to the merge, and so has no bulk update.
    twin = create.create([{"Attribute": "FirstName", "Value": "Twin"}])["Message"]["Id"]
    got["merged"] = lsq.UpdateLead().leadidbulk(lead_ids[0], twin)
    return got


def of_one_lead(lsq: ModuleType, lead_id: str) -> dict[str, object]:
    """Notes, marks, histories and the owner of a lead; and what may not be deleted."""
    create, update = lsq.CreateLead(), lsq.UpdateLead()
    got: dict[str, object] = {
        "with activity": create.leadandactivity(
            {
                "LeadDetails": [{"Attribute": "EmailAddress", "Value": "asha@example.com"}],
                "Activity": {"ActivityEvent": 201, "ActivityNote": "Walked in"},
            }
        ),
        "note": create.note({"RelatedProspectId": lead_id, "Note": "Asked for a call"}),
        "marked invalid": update.markemailinvalid({"EmailAddress": "asha@example.com"}),
        "marked valid": update.markemailvalid({"EmailAddress": "asha@example.com"}),
        "owner": lsq.RetriveLead().leadowner("EmailAddress", "asha@example.com"),
        "stages deleted": lsq.leadapi.DeleteLead().stagechangehistory({"ProspectId": lead_id}),
        "owners deleted": lsq.leadapi.DeleteLead().ownerchangehistory({"ProspectId": lead_id}),
        "not deleted": lsq.leadapi.DeleteLead().leadid(lead_id),
    }
    note_id = got["note"]["Message"]["Id"]
    change = {"RelatedProspectId": lead_id, "ProspectNoteId": note_id, "Note": "Called"}
    got["note updated"] = update.note(change)
    got["notes"] = lsq.RetriveLead().note({"Parameter": {"RelatedId": lead_id}})
    # Its deletion of a note fails by itself, before it sends anything.
    return got


if __name__ == "__main__":
    socket.getaddrinfo = _to_this_machine
    with redirect_stdout(sys.stderr):  # lsq prints whom it signed in as
        outcome = main()
    json.dump(outcome, sys.stdout)
