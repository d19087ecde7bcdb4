"""Which call last set each field of a lead.

The calls that name the lead are replayed from the oldest. What they sent is compared with the
values of today, so a change that no call made is seen.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

from leadwire.calls.record import CallRecord
from leadwire.calls.redaction.tokens import PERSONAL_MARKER
from leadwire.console.leads.writes import lead_writes
from leadwire.crm.leads.field_sets import SET_TYPE
from leadwire.crm.leads.fields import LeadField
from leadwire.crm.leads.rows import Lead
from leadwire.crm.leads.schema import LeadSchema
from leadwire.crm.phones import normal_phone
from leadwire.crm.values import kept_text, scalar_text
from leadwire.dates import SECOND_MS
from leadwire.errors import LeadwireError
from leadwire.operations import BY_NAME

Origin = Literal["call", "created", "older", "no call", "later change"]
"""How a value came to be: a call sent it; the call that made the lead brought it; calls before
those that were read; no call that names the lead; it was changed after the call that is shown."""

_REDACTED: Final = "‹redacted"  # noqa: RUF001  # the log's own marker
_MEMBERS: Final = "‹members of a set›"  # noqa: RUF001  # no value that a caller sends
_COMMITTED_WITHIN_MS: Final = SECOND_MS
_MADE_BY_CREATION: Final = frozenset({"OwnerId", "Origin", "ProspectStage"})


class FieldOrigin(NamedTuple):
    """The origin of one field's value."""

    origin: Origin
    call: CallRecord | None = None
    before: str | None = None
    """The value that calls had set before; None if it is unknown or there was none."""


class LeadHistory(NamedTuple):
    """The origins by schema name, and the call that made the lead, if it was found."""

    origins: Mapping[str, FieldOrigin]
    made_by: CallRecord | None


class _Set(NamedTuple):
    call: CallRecord
    value: str
    before: str | None


def history_of(lead: Lead, schema: LeadSchema, calls: Sequence[CallRecord]) -> LeadHistory:
    """*calls* name the lead, newest first. They need not be all."""
    oldest_first = [call for call in reversed(calls) if _may_write(call)]
    made_by = _call_at(oldest_first, lead.created_on)
    sets = _replayed(lead, schema, oldest_first, is_whole=made_by is not None)
    origins = {}
    for field in schema.fields:
        if field.derived:
            origin = _derived_origin(field, lead, oldest_first, made_by)
        else:
            origin = _written_origin(field, lead, sets.get(field.schema_name), made_by)
        if origin is not None:
            origins[field.schema_name] = origin
    return LeadHistory(origins, made_by)


def _may_write(call: CallRecord) -> bool:
    operation = BY_NAME.get(call.operation)
    is_read = operation is not None and operation.method == "GET" and operation.repeat == "safe"
    return call.outcome == "success" and operation is not None and not is_read


def _replayed(
    lead: Lead, schema: LeadSchema, calls: Sequence[CallRecord], *, is_whole: bool
) -> dict[str, _Set]:
    """The last call that set each field, as far as the calls tell.

    *is_whole*: they begin with the one that made the lead. Otherwise a field without a known value
    may have had one.
    """
    state: dict[str, _Set] = {}
    for call in calls:
        for write in lead_writes(call, lead.lead_id, schema.unique):
            for name, sent in write.values.items():
                field = schema.by_name.get(name)
                if field is None or field.derived:
                    continue
                known = state.get(name)
                before = known.value if known else None
                if name in write.only_empty and (before or (known is None and not is_whole)):
                    continue
                value = _kept(schema, field, sent)
                # Who repeats a value does not set it. Of a set, only its members are sent.
                if value == _MEMBERS or value != (before or ""):
                    state[name] = _Set(call, value, None if before == _MEMBERS else before)
    return state


def _kept(schema: LeadSchema, field: LeadField, sent: Any) -> str:  # noqa: ANN401  # any JSON
    """The text that the lead keeps of a value; empty when the field was cleared."""
    if field.data_type == SET_TYPE or isinstance(sent, (dict, list)):
        return _MEMBERS
    try:
        if field.data_type == "Phone":
            sent = normal_phone(scalar_text(sent).strip(), schema.rules.country_code)
        return kept_text(field, sent) or ""
    except LeadwireError:
        return str(sent)


def _written_origin(
    field: LeadField, lead: Lead, last: _Set | None, made_by: CallRecord | None
) -> FieldOrigin | None:
    value = lead.values.get(field.schema_name, "")
    if last is not None:
        if _same(last.value, value):
            return FieldOrigin("call", last.call, last.before)
        return FieldOrigin("later change", last.call, last.value) if value or last.value else None
    if not value:
        return None
    if made_by is not None and field.schema_name in _MADE_BY_CREATION:
        return FieldOrigin("created", made_by)
    return FieldOrigin("older" if made_by is None else "no call")


def _same(sent: str, value: str) -> bool:
    """Whether a value of the log can be the lead's: what was removed from the log can be any."""
    return sent in (value, _MEMBERS) or PERSONAL_MARKER in sent or _REDACTED in sent


_AT: Final[Mapping[str, str]] = {
    "ProspectID": "created_on",
    "ProspectAutoId": "created_on",
    "CreatedOn": "created_on",
    "CreatedBy": "created_on",
    "ModifiedOn": "modified_on",
    "ModifiedBy": "modified_on",
    "LeadLastModifiedOn": "last_modified_on",
    "ProspectActivityId_Min": "first_activity_on",
    "ProspectActivityDate_Min": "first_activity_on",
    "ProspectActivityId_Max": "last_activity_on",
    "ProspectActivityName_Max": "last_activity_on",
    "ProspectActivityDate_Max": "last_activity_on",
    "Score": "last_activity_on",
}
"""Derived fields, and the time at which the call that wrote each was carried out."""


def _derived_origin(
    field: LeadField, lead: Lead, calls: Sequence[CallRecord], made_by: CallRecord | None
) -> FieldOrigin | None:
    """By time: the database has the time of the change, and the record that of the call."""
    member = _AT.get(field.schema_name)
    at_ms = getattr(lead, member) if member else None
    if at_ms is None:
        return None
    if member == "created_on":
        return FieldOrigin("created", made_by) if made_by else FieldOrigin("older")
    call = _call_at(calls, at_ms)
    if call is not None:
        return FieldOrigin("call", call)
    return FieldOrigin("older" if made_by is None else "no call")


def _call_at(calls: Sequence[CallRecord], at_ms: int) -> CallRecord | None:
    """The last of *calls*, oldest first, that was under way at a time."""
    under_way = [
        call
        for call in calls
        if call.started_at_ms
        <= at_ms
        <= call.started_at_ms + call.duration_ms + _COMMITTED_WITHIN_MS
    ]
    return under_way[-1] if under_way else None
