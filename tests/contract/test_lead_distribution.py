"""Lead Distribution Analytics as a file: CSV that a spreadsheet may open."""

import csv
import io

from support import InProcess

PATH = "/Leads/LeadDistribution/FilterByLeadField"


def test_leads_are_given_as_csv(api: InProcess) -> None:
    """The columns that were asked for, a row for each lead, and no cell that starts a formula."""
    api.create(FirstName='=HYPERLINK("x")', LastName='O"Neil, Åsa', mx_City="Pune")
    api.create(FirstName="Ravi")
    body = {
        "Output": {"Type": "list", "IncludeCSV": "FirstName,Nothing,LastName,mx_City"},
        "Sorting": {"ColumnName": "ProspectAutoId", "Direction": 0},
    }
    answer = api.post(PATH, body, responseformat="CSV")
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="leads.csv"'
    assert list(csv.reader(io.StringIO(answer.body.decode(), newline=""))) == [
        ["FirstName", "LastName", "mx_City"],
        ['\'=HYPERLINK("x")', 'O"Neil, Åsa', "Pune"],
        ["Ravi", "", ""],
    ]
    assert api.record(answer).response_body == answer.body.decode()


def test_a_fault_is_no_file(api: InProcess) -> None:
    """What is refused is JSON, whatever was asked for."""
    answer = api.post(PATH, {"Output": {"Type": "pie"}}, responseformat="csv")
    assert answer.status == 500
    assert answer.exception_type == "MXInvalidInputException"


def test_no_leads_are_a_header_alone(api: InProcess) -> None:
    """A file without rows is a file."""
    body = {"Output": {"IncludeCSV": "FirstName"}}
    assert api.post(PATH, body, responseformat="csv").body == b"FirstName\r\n"
