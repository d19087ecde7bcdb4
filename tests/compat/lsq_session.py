"""What a program of somebody who uses ``lsq`` does. Prints one JSON object of what it got.

usage: python lsq_session.py ACCESS_KEY SECRET_KEY PORT

``lsq`` always calls https://api.leadsquared.com first, and then the host that the answer names.
The only help it gets is what a hosts file would give: that name leads to PORT of this machine.
"""

import json
import socket
import sys
from contextlib import redirect_stdout

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
    lsq.secretKey = "wrong"
    try:
        lsq.RetriveLead()
    except Exception as error:  # noqa: BLE001  # lsq's own
        got["refused"] = f"{type(error).__name__}: {error}"
    return got


if __name__ == "__main__":
    socket.getaddrinfo = _to_this_machine
    with redirect_stdout(sys.stderr):  # lsq prints whom it signed in as
        outcome = main()
    json.dump(outcome, sys.stdout)
