"""The server refuses exactly what is over the limits of the catalogue's rows."""

import json
from typing import Any

import pytest
from support import InProcess

from leadwire.operations import BY_NAME, CATALOGUE, Operation
from leadwire.operations.shared import EXAMPLE_LEAD_ID

_TAKING_ROWS = [operation for operation in CATALOGUE if operation.rows_max]
_PAGED = [o for o in CATALOGUE if o.page_max and '"Paging"' in o.body_example]
_CUT = {"Leads.Get"}
"""A larger page is cut, and a header says so."""
_NEEDING_MORE = {
    "ActivityField.Dropdown.Options.Get",
    "CompanyActivity.Retrieve",
    "GetActivitiesOfOpportunity",
}
"""What they are about is looked up first: the same function checks their page."""
_names = pytest.mark.parametrize


@_names("operation", _TAKING_ROWS, ids=lambda operation: operation.name)
def test_a_call_with_one_row_too_many_is_refused(
    shared_api: InProcess, operation: Operation
) -> None:
    """With the limit in its sentence; a call with as many as allowed is not refused for it."""
    example = json.loads(operation.body_example)
    if operation.name == "List.AddLeads":
        example["listId"] = _new_list(shared_api)
    limit = str(operation.rows_max)
    refused = _call(shared_api, operation, _with_rows(example, operation.rows_max + 1))
    assert refused["ExceptionType"] == "MXInvalidInputException"
    assert f"more than {limit}" in refused["ExceptionMessage"]
    taken = _call(shared_api, operation, _with_rows(example, operation.rows_max))
    assert f"more than {limit}" not in json.dumps(taken)


@_names("operation", _PAGED, ids=lambda operation: operation.name)
def test_a_page_with_one_row_too_many_is_refused(
    shared_api: InProcess, operation: Operation
) -> None:
    """With the limit in its sentence, or the page is cut and a header says so."""
    if operation.name in _NEEDING_MORE:
        return
    body = json.loads(operation.body_example)
    size = "RowCount" if "RowCount" in body["Paging"] else "PageSize"
    body["Paging"][size] = operation.page_max + 1
    answer = shared_api.call("POST", _target(operation), body)
    if operation.name in _CUT:
        assert str(operation.page_max) in answer.headers["x-leadwire-notice"]
    else:
        assert str(operation.page_max) in answer.json["ExceptionMessage"]


def _target(operation: Operation) -> str:
    """Its path, with a value for each parameter that is required."""
    given = {"id": EXAMPLE_LEAD_ID, "text": "EmailAddress"}
    required = [parameter for parameter in operation.parameters if parameter.required]
    query = "&".join(f"{parameter.name}={given[parameter.kind]}" for parameter in required)
    return f"{operation.url_path}?{query}"


def _call(api: InProcess, operation: Operation, body: Any) -> Any:  # noqa: ANN401  # any JSON
    return api.call("POST", _target(operation), body).json


def _new_list(api: InProcess) -> str:
    made = api.call("POST", BY_NAME["List.Create"].url_path, {"Name": "Limits"})
    return str(made.json["Message"]["Id"])


def _with_rows(example: Any, count: int) -> Any:  # noqa: ANN401  # any JSON
    """*example* with its first list made *count* elements long."""
    if isinstance(example, list):
        return example[:1] * count
    for name, value in example.items():
        if isinstance(value, list):
            return {**example, name: _with_rows(value, count)}
    for name, value in example.items():
        if isinstance(value, dict) and any(isinstance(part, list) for part in value.values()):
            return {**example, name: _with_rows(value, count)}
    raise AssertionError
