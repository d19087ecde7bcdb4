"""Whatever the catalogue calls mandatory is asked for, in the documentation's words."""

import copy
import json
import typing
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
from support import Answer, InProcess, assert_fault, new_async_key

from leadwire.operations import CATALOGUE, Operation
from leadwire.operations.operation import Parameter
from leadwire.operations.shared import EXAMPLE_LEAD_ID

MISSING = "MXMandatoryAttributeMissingException"
_ACCOUNT_CODE = "MXHOrgCode"
"""Stands in place of keys: a call without it is refused as a call without keys is."""


@pytest.fixture(scope="module")
def async_key(shared_api: InProcess) -> str:
    return new_async_key(shared_api.folder)


def required_members(
    shape: Any,  # noqa: ANN401  # a type
    at: tuple[str, ...] = (),
) -> Iterator[tuple[str, ...]]:
    """The places of members that *shape*, and the types in it, cannot be without."""
    if isinstance(shape, type) and issubclass(shape, msgspec.Struct):
        if len(at) > 4:  # field sets hold themselves
            return
        for field in msgspec.structs.fields(shape):
            if field.required:
                yield (*at, field.name)
            yield from required_members(field.type, (*at, field.name))
    elif typing.get_origin(shape) is list:
        yield from required_members(typing.get_args(shape)[0], (*at, "[]"))
    else:
        for part in typing.get_args(shape):
            yield from required_members(part, at)


def without(
    body: Any,  # noqa: ANN401  # any JSON
    place: tuple[str, ...],
) -> bool:
    """Remove the member at *place* from *body*; False when it has none there."""
    *before, name = place
    for step in before:
        if step == "[]":
            if not isinstance(body, list) or not body:
                return False
            body = body[0]
        elif not isinstance(body, dict) or step not in body:
            return False
        else:
            body = body[step]
    return isinstance(body, dict) and body.pop(name, None) is not None


_PARAMETERS = [
    pytest.param(row, parameter, id=f"{row.name} {parameter.name}")
    for row in CATALOGUE
    for parameter in row.parameters
    if parameter.required and parameter.name != _ACCOUNT_CODE
]
_MEMBERS = [
    pytest.param(row, place, id=f"{row.name} {'.'.join(place)}")
    for row in CATALOGUE
    if row.body is not None and not row.form  # forms have tests of their own
    for place in dict.fromkeys(
        (*required_members(row.body), *(tuple(named.split(".")) for named in row.mandatory))
    )
    if without(json.loads(row.body_example), place)
]


def ask(
    api: InProcess,
    row: Operation,
    async_key: str,
    *,
    values: dict[str, str | None] | None = None,
    body: object = None,
) -> Answer:
    """The answer to the row's example, with *values* of parameters; None leaves one out."""
    given = {p.name: EXAMPLE_LEAD_ID for p in row.parameters if p.required}
    given |= {_ACCOUNT_CODE: "1001"} if row.keys == "account code" else {}
    given |= values or {}
    query = urlencode({name: value for name, value in given.items() if value is not None})
    sent = body if body is not None else json.loads(row.body_example or "null")
    return api.call(
        row.method,
        f"{row.url_path}?{query}",
        sent if row.body is not None else b"",
        headers={} if row.keys == "pair" else {"x-api-key": async_key},
        keys="headers" if row.keys != "async" else "none",
    )


@pytest.mark.parametrize(("row", "parameter"), _PARAMETERS)
@pytest.mark.parametrize("value", [None, " "], ids=["left out", "blank"])
def test_a_mandatory_parameter_is_asked_for(
    shared_api: InProcess, async_key: str, row: Operation, parameter: Parameter, value: str | None
):
    """In the documentation's words, when it is missing and when it is empty."""
    answer = ask(shared_api, row, async_key, values={parameter.name: value})
    assert_fault(answer, 500, MISSING)
    assert answer.message == f"'{parameter.name}' is mandatory for {row.purpose}"


@pytest.mark.parametrize(("row", "place"), _MEMBERS)
def test_a_mandatory_member_is_asked_for(
    shared_api: InProcess, async_key: str, row: Operation, place: tuple[str, ...]
):
    """In the documentation's words, at whatever depth of the body it stands."""
    body = copy.deepcopy(json.loads(row.body_example))
    assert without(body, place)
    answer = ask(shared_api, row, async_key, body=body)
    assert_fault(answer, 500, MISSING)
    assert answer.message == f"'{place[-1]}' is mandatory for {row.purpose}"


@pytest.mark.parametrize("row", CATALOGUE, ids=lambda row: row.name)
def test_every_row_with_something_mandatory_says_what_for(row: Operation):
    """And every member that it names is one of its body's, and in its example."""
    asks = any(p.required for p in row.parameters) or row.mandatory
    assert bool(row.purpose) or not asks
    if not row.form:
        for named in row.mandatory:
            assert without(json.loads(row.body_example), tuple(named.split("."))), named
