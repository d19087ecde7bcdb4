"""What a recorded call wrote to a lead: read from its request, and from the ids in its answer.

A call that names no lead by its id, and whose answer names none, says nothing here. Neither does a
body that was cut or is not JSON.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl

import msgspec

from leadwire.calls.record import CallRecord
from leadwire.crm.leads.fields import SOURCE_FIELDS


class LeadWrite(NamedTuple):
    """The values that one call sent for one lead, by attribute."""

    values: Mapping[str, Any]
    only_empty: frozenset[str] = frozenset()
    """Attributes that an existing lead takes only where it has no value."""


_NOT_FIELDS: Final = frozenset({"searchby", "__useuserdefinedguid__", "prospectid"})
"""Attributes that say which lead is meant."""


def lead_writes(record: CallRecord, lead_id: str, unique: Collection[str]) -> list[LeadWrite]:
    """What a successful call wrote to the lead, in the order of its rows; often nothing.

    *unique* are the account's unique fields.
    """
    read = _WRITERS.get(record.operation)
    if read is None or record.outcome != "success":
        return []
    return list(read(_Read(record, lead_id, unique)))


class _Read:
    """The texts of a call, decoded; what cannot be decoded is None."""

    def __init__(self, record: CallRecord, lead_id: str, unique: Collection[str]) -> None:
        self.lead_id = lead_id
        self.unique = unique
        self.body = _decoded(record.request_body)
        self.answer = _decoded(record.response_body)
        self._query = record.query_string

    def parameter(self, name: str) -> str:
        """The last value of a URL parameter, in any letter case; empty if it was not sent."""
        pairs = parse_qsl(self._query, keep_blank_values=True)
        return next((value for key, value in reversed(pairs) if key.lower() == name), "")

    def is_it(self, value: object) -> bool:
        return isinstance(value, str) and value.strip().lower() == self.lead_id


def _decoded(text: str) -> Any:  # noqa: ANN401  # any JSON
    try:
        return msgspec.json.decode(text.encode("utf-8", "surrogatepass"))
    except (msgspec.DecodeError, RecursionError):
        return None


def _member(value: object, *path: str) -> Any:  # noqa: ANN401  # any JSON
    """A member of nested objects, by names in lower case; None if there is none."""
    for name in path:
        if not isinstance(value, dict):
            return None
        value = next((found for key, found in value.items() if key.lower() == name), None)
    return value


def _rows(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _values(pairs: object) -> dict[str, Any]:
    """The values of ``[{"Attribute": …, "Value": …}, …]``. The last of a name counts."""
    values: dict[str, Any] = {}
    for pair in _rows(pairs):
        name = _member(pair, "attribute")
        if isinstance(name, str) and name.lower() not in _NOT_FIELDS:
            fields = _member(pair, "fields")
            values[name] = fields if fields is not None else _member(pair, "value")
    return values


def _named_lead(pairs: object) -> object:
    """The value of the attribute ProspectID."""
    named = [_member(p, "value") for p in _rows(pairs) if _is_lead_id(_member(p, "attribute"))]
    return named[-1] if named else None


def _is_lead_id(name: object) -> bool:
    return isinstance(name, str) and name.lower() == "prospectid"


def _by_parameter(call: _Read) -> Iterator[LeadWrite]:
    if call.is_it(call.parameter("leadid")):
        yield LeadWrite(_values(call.body))


def _by_answer(call: _Read) -> Iterator[LeadWrite]:
    if call.is_it(_member(call.answer, "message", "id")):
        yield LeadWrite(_values(call.body))


def _captured(call: _Read) -> Iterator[LeadWrite]:
    if not call.is_it(_member(call.answer, "message", "id")):
        return
    values = _values(call.body)
    if _member(call.answer, "message", "iscreated"):
        yield LeadWrite(values)
        return
    behavior = call.parameter("leadupdatebehavior").lower()
    if behavior == "donotupdate":
        return
    if behavior == "donotupdateuniquefields":
        values = {name: value for name, value in values.items() if name not in call.unique}
    fills = values if behavior == "updateonlyemptyfields" else SOURCE_FIELDS
    yield LeadWrite(values, only_empty=frozenset(fills))


def _bulk(call: _Read) -> Iterator[LeadWrite]:
    sent = _rows(call.body)
    for row in _rows(call.answer):
        number = _member(row, "rownumber")
        refused = _member(row, "exceptiontype")
        if refused or not call.is_it(_member(row, "leadid")) or not isinstance(number, int):
            continue
        if 0 < number <= len(sent):
            yield LeadWrite(_values(sent[number - 1]))


def _one_field_of_many(call: _Read) -> Iterator[LeadWrite]:
    if any(map(call.is_it, _rows(_member(call.body, "leadids")))):
        yield LeadWrite(_values([_member(call.body, "leadfields")]))


def _bulk_by_field(call: _Read) -> Iterator[LeadWrite]:
    failed = {
        str(_member(row, "identifiervalue")).lower()
        for kind in ("failedleads", "unprocessedleads")
        for row in _rows(_member(call.answer, "details", kind))
    }
    for row in _rows(_member(call.body, "leadpropertieslist")):
        pairs = _member(row, "fields")
        if call.is_it(_named_lead(pairs)) and call.lead_id not in failed:
            yield LeadWrite(_values(pairs))


def _with_details(call: _Read) -> Iterator[LeadWrite]:
    """A lead that is written beside an activity or an opportunity of it."""
    pairs = _member(call.body, "leaddetails")
    if call.is_it(_member(call.answer, "message", "relatedid")) or call.is_it(_named_lead(pairs)):
        yield LeadWrite(_values(pairs))


_WRITERS: Final[Mapping[str, Callable[[_Read], Iterator[LeadWrite]]]] = {
    "Lead.Create": _by_answer,
    "Lead.Capture": _captured,
    "Lead.CreateOrUpdate": _by_answer,
    "Lead.Update": _by_parameter,
    "Lead.Convert": _by_parameter,
    "Lead.BulkCreate": _bulk,
    "Lead.BulkCreateOrUpdate": _bulk,
    "Lead.BulkUpdate": _one_field_of_many,
    "Lead.BulkUpdateV2": _bulk_by_field,
    "ProspectActivity.CreateCustom": _with_details,
    "Opportunity.Capture": _with_details,
}
"""By the operation's name. Asynchronous calls are recorded as the operation that they ask for."""
