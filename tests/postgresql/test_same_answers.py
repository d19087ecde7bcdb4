"""The same calls have the same answers on both engines, and leave the same rows."""

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
from amounts import examples
from engines import server
from hypothesis import given
from hypothesis import settings as budget
from postgresql.both_engines import BothEngines, Call
from postgresql.calls import Step, steps
from support import LoopThread, attributes

from leadwire.database.expressions import FUNCTIONS

psycopg = pytest.importorskip("psycopg")
pytestmark = pytest.mark.postgresql

_OWN_FIELDS: Final = {
    # display name: DataType, RenderTypeTextValue, MaxLength
    "Long": ("Text", "TextArea", "4000"),
    "Short": ("Text", "Textbox", "200"),
    "Price": ("Number", "Textbox", ""),
    "At": ("Date", "DateTime", ""),
    "Flag": ("Boolean", "CheckBox", ""),
    "Set": ("CustomObject", "CustomObject", ""),
}


@pytest.fixture(scope="module")
def both(
    loop_thread: LoopThread, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BothEngines]:
    folder = tmp_path_factory.mktemp("both") / "data"
    both = BothEngines(loop_thread, folder, lead_field_indexes="mx_City,mx_Short,mx_Price,mx_Long")
    both.begin_again()
    for name, (data_type, render, length) in _OWN_FIELDS.items():
        body = {"DisplayName": name, "DataType": data_type, "RenderTypeTextValue": render}
        assert both.ask(("CreateLeadField", body | {"MaxLength": length}, {})).status == 200
    yield both
    both.close()


def assert_alike(both: BothEngines, steps: list[Step]) -> None:
    both.begin_again()
    for step in steps:
        if step is None:
            both.keep_up()
        elif isinstance(step, int):
            both.wait(step)
        else:
            both.ask(step)
    both.keep_up()  # it makes rows of counters
    assert both.differing_tables() == []


@budget(max_examples=40)
@given(steps=steps)
def test_both_engines_give_the_same_answers_and_rows(both: BothEngines, steps: list[Step]) -> None:
    """Whatever texts, numbers, dates, orders and pages the calls ask for."""
    assert_alike(both, steps)


@pytest.mark.slow
@budget(max_examples=examples(20_000), derandomize=False)
@given(steps=steps)
def test_many_calls_have_the_same_answers_on_both_engines(
    both: BothEngines, steps: list[Step]
) -> None:
    """As above, with calls that differ from run to run."""
    assert_alike(both, steps)


def _lead(**values: str) -> Call:
    return ("Lead.Create", attributes({"FirstName": "Asha", **values}), {})


def _leads(name: str, value: str, sign: str = "=", sorted_by: str = "CreatedOn") -> Call:
    criterion = {"LookupName": name, "LookupValue": value, "SqlOperator": sign}
    return ("Leads.Get", {"Parameter": criterion, "Sorting": {"ColumnName": sorted_by}}, {})


def _activity(at: str = "2026-03-04 05:06:07", **slots: str) -> Call:
    fields = [{"SchemaName": name, "Value": value} for name, value in slots.items()]
    body = {"RelatedProspectId": "{lead:0}", "ActivityEvent": 200, "ActivityDateTime": at}
    return ("ProspectActivity.Create", body | {"Fields": fields}, {})


def _row(name: str, operator: str, value: str, kind: str = "String") -> dict[str, str]:
    return {"SubConOp": "And", "LSO": name, "LSO_Type": kind, "Operator": operator, "RSO": value}


def _asked(*rows: dict[str, str], about: str) -> str:
    condition = {"Type": about, "ConOp": "And", "RowCondition": rows}
    return json.dumps({"GrpConOp": "And", "Conditions": [condition]})


def _activities(*rows: dict[str, str]) -> Call:
    body = {"ActivityEvent": 200, "AdvancedSearch": _asked(*rows, about="Activity")}
    return ("Activity.Retrieve.BySearchParameter", body, {})


def _leads_with(*rows: dict[str, str]) -> Call:
    wanted = {"DefinitionType": "1", "AdvancedSearchTextNew": _asked(*rows, about="Lead")}
    columns = {"Include_CSV": "FirstName"}
    body = {"SearchParameters": wanted, "Columns": columns}
    return ("Leads.RetrieveBySearchParameter", body, {})


def _tasks(direction: str) -> Call:
    owner = {"LookupName": "OwnerEmailAddress", "LookupValue": "admin@acme.test"}
    ever = {"FromDate": "2000-01-01 00:00:00", "ToDate": "2100-01-01 00:00:00"}
    sorting = {"ColumnName": "CompletedOn", "Direction": direction}
    return ("Task.Retrieve", {"Parameter": owner | ever, "Sorting": sorting}, {})


def _companies(name: str, value: str, sign: str) -> Call:
    criterion = {"LookupName": name, "LookupValue": value, "SqlOperator": sign}
    query = {"CompanyType": {"CompanyTypeName": "Company"}, "FilterBy": criterion}
    return ("Company.Get", {"Query": query}, {})


def _distributed(name: str, value: str) -> Call:
    condition = {"LookupName": name, "Operator": "in", "LookupValue": value}
    wanted = {"LeadFilter": {"Condition": [condition]}}
    return ("Leads.LeadDistribution", {"ReportFilter": wanted, "Output": {"Type": "list"}}, {})


_TASK: Final = {"Name": "Call", "DueDate": "2026-03-04 05:06:07"}
_MOMENT: Final = "2026-03-04 05:06:07"
_LONG: Final = "".join(chr(0x4E00 + 7_919 * one % 20_000) for one in range(4_000))
"""A text that cannot be compressed."""


def _several(number: int, value: str = "v") -> str:
    return ",".join([value] * number)


_CASES: Final[dict[str, list[Step]]] = {
    "tasks without a time of completion, sorted by it": [
        ("Task.Create", _TASK, {}),
        ("Task.Create", _TASK, {}),
        ("Task.MarkComplete", b"", {"id": "{task:0}"}),
        _tasks("0"),
        _tasks("1"),
    ],
    "a text that begins with a number": [
        _lead(),
        *(_activity(mx_Custom_5=text) for text in ("5abc", "1,000", "x", " 7 ", "1e5.5", "١٢")),
        _activities(_row("mx_Custom_5", "gt", "0", "Number")),
        _activities(_row("mx_Custom_5", "eq", "1", "Number")),
    ],
    "numbers of many digits": [
        *(_lead(Revenue=text) for text in ("1" + "0" * 250, "123456789e100", "1e300", "2")),
        _leads("Revenue", "5", ">", sorted_by="Revenue"),
    ],
    "whole numbers that a double cannot tell apart": [
        _lead(Revenue="9007199254740993"),
        _leads("Revenue", "9007199254740993"),
        _leads("Revenue", "9007199254740992"),
    ],
    "a part of a number as it was written": [
        _lead(mx_Price="1.50"),
        _lead(mx_Price="1e21"),
        _leads_with(_row("mx_Price", "lik", "1.50", "Number")),
        _leads_with(_row("mx_Price", "lik", "1e", "Number")),
    ],
    "members of a set that are not texts": [
        _lead(),
        *(
            _activity(mx_Custom_4=text)
            for text in ('{"Status":5}', '{"Status":true}', '{"Status":{}}')
        ),
        _activity(mx_Custom_4='{"Status":"a","Status":"5"}'),
        _activity(mx_Custom_4='{"Status":[],"Status":"a"}'),
        *(
            _activities(_row("mx_Custom_4~Status", "eq", value))
            for value in ("5", "true", "{}", "a", "1")
        ),
    ],
    "deleted activities of one instant": [
        _lead(),
        *(_activity() for _ in range(6)),
        ("ProspectActivity.Create", {"RelatedProspectId": "{lead:0}", "ActivityEvent": 1}, {}),
        ("DeleteActivities", {"ProspectId": "{lead:0}", "ActivityEventList": ["200"]}, {}),
    ],
    "long texts in fields that should have an index": [
        None,
        _lead(mx_Long=_LONG, mx_Short=_LONG[:200], mx_City=_LONG[:200], Notes=_LONG),
        _leads("mx_Long", _LONG, sorted_by="mx_Long"),
        _leads("mx_Short", _LONG[:200], sorted_by="mx_Short"),
    ],
    "lists of many values": [
        _lead(),
        _leads("CreatedOn", _several(600, _MOMENT), "IN"),
        _leads("FirstName", _several(1_000), "IN"),
        _leads("FirstName", _several(70_000), "IN"),
        _companies("City", _several(1_000), "IN"),
        _distributed("FirstName", _several(600)),
        _leads_with(_row("FirstName", "neq", "MXDATASEPERATOR".join(["v"] * 999))),
        _leads_with(*[_row("FirstName", "in", _several(500))] * 100),
        (
            "RetrieveAppointments.ByUserId",
            {"FromDate": "2026-01-01", "ToDate": "2026-01-31", "Users": ["x"] * 70_000},
            {},
        ),
        ("DeleteActivities", {"ProspectId": "{lead:0}", "ActivityEventList": ["200"] * 70_000}, {}),
    ],
    "long texts to look for": [
        _lead(),
        _leads("FirstName", f"%{'a' * 60_000}%", "LIKE"),
        _leads_with(_row("FirstName", "lik", "a" * 60_000)),
        _leads_with(_row("FirstName", "lik_s", "a" * 60_000)),
        _companies("City", "%" * 60_000, "LIKE"),
        ("Products.Retrieve", {"Parameter": {"SearchText": "%_" * 30_000}}, {}),
    ],
}
"""The smallest calls that the engines once answered differently, or one of them not at all."""


def test_what_engines_do_differently_by_themselves_has_the_same_answers(both: BothEngines) -> None:
    """Casts, orders of missing values and ties, members of JSON, and what one of them refuses."""
    differing: dict[str, Any] = {}
    for name, case in _CASES.items():
        try:
            assert_alike(both, case)
        except AssertionError as error:
            differing[name] = str(error)[:500]
    assert differing == {}


def test_no_function_fails_when_processes_share_a_query() -> None:
    """PostgreSQL divides a search among processes when an account has many leads."""
    with psycopg.connect(server().create_database(), autocommit=True) as connection:
        for statement in (
            *FUNCTIONS,
            "SET parallel_setup_cost = 0",
            "SET parallel_tuple_cost = 0",
            "SET min_parallel_table_scan_size = 0",
            """CREATE TABLE many AS SELECT '{"a":"' || n || '"}' AS text, n::text || 'x' AS number
            FROM generate_series(1, 20000) AS n""",
            "ANALYZE many",
        ):
            connection.execute(statement)
        for condition in ("leadwire_member(text, 'a') = '5'", "leadwire_number(number) = 5"):
            found = connection.execute(f"SELECT count(*) FROM many WHERE {condition}")  # noqa: S608
            assert found.fetchone() == (1,)
