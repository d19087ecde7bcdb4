"""The fields of a lead as its page shows them: in groups, with names in place of ids."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from leadwire.console.leads.history import FieldOrigin, LeadHistory
from leadwire.console.leads.sight import Sight
from leadwire.crm.leads.fields import LeadField
from leadwire.crm.leads.rows import Lead, value_of
from leadwire.crm.leads.schema import LeadSchema

_GROUPS: Final[Sequence[tuple[str, Sequence[str]]]] = (
    (
        "Contact",
        ("FirstName", "LastName", "EmailAddress", "Phone", "Mobile", "Fax", "Company", "JobTitle",
         "Website", "mx_DOB", "mx_Anniversary", "TimeZone", "DoNotEmail", "DoNotCall", "DoNotSMS",
         "DoNotTrack"),
    ),
    (
        "Stage and owner",
        ("ProspectStage", "OwnerId", "Source", "SourceMedium", "SourceCampaign", "SourceContent",
         "Origin", "Score", "EngagementScore", "QualityScore01", "Grade", "Revenue",
         "LeadConversionDate", "StatusReason"),
    ),
    (
        "Address",
        ("mx_Street1", "mx_Street2", "mx_City", "mx_State", "mx_Country", "mx_Zip", "mx_Geography",
         "Region"),
    ),
)  # fmt: skip
_OWN: Final = "Fields of this account"
_SYSTEM: Final = "Kept by the server"
_OTHER: Final = "Other"
_ORDER: Final = (*(name for name, _ in _GROUPS), _OWN, _OTHER, _SYSTEM)
_GROUP_OF: Final = {name: group for group, names in _GROUPS for name in names}
_PLACES: Final = {
    name: place for place, name in enumerate(name for _, names in _GROUPS for name in names)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One field. A time is *at_ms*; any other value is *text*, empty if there is none."""

    field: LeadField
    text: str = ""
    at_ms: int | None = None
    note: str = ""
    """The id of a user whose name is *text*."""
    hidden: bool = False
    origin: FieldOrigin | None = None
    before: str = ""
    """The value before, as shown."""

    @property
    def is_set(self) -> bool:
        """Whether somebody or something gave it a value: a default does not count."""
        if self.hidden or self.at_ms is not None or self.origin is not None:
            return True
        return bool(self.text) and self.field.default is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    name: str
    rows: list[Row]


def groups_of(
    lead: Lead,
    schema: LeadSchema,
    history: LeadHistory,
    *,
    sight: Sight,
    people: Mapping[str, str],
    with_empty: bool,
) -> list[Group]:
    """The fields in groups; groups without a row are left out."""
    groups: dict[str, list[Row]] = {name: [] for name in _ORDER}
    for field in schema.fields:
        if field.hidden:
            continue
        row = _row(lead, field, history, sight=sight, people=people)
        if row.is_set or with_empty:
            groups[_group(field)].append(row)
    for rows in groups.values():
        rows.sort(key=lambda row: _PLACES.get(row.field.schema_name, len(_PLACES)))
    return [Group(name=name, rows=rows) for name, rows in groups.items() if rows]


def shown_value(
    value: str | int | None, field: LeadField, people: Mapping[str, str]
) -> tuple[str, int | None, str]:
    """(text, time, note) of a value."""
    if isinstance(value, int) and field.data_type == "Date":
        return "", value, ""
    if field.data_type == "User" and value in people:
        return people[str(value)], None, str(value)
    if field.data_type == "Boolean" and value in ("0", "1"):
        return ("Yes" if value == "1" else "No"), None, ""
    return "" if value is None else str(value), None, ""


def _group(field: LeadField) -> str:
    if field.schema_name in _GROUP_OF:
        return _GROUP_OF[field.schema_name]
    if field.made is not None:
        return _OWN
    return _SYSTEM if field.derived else _OTHER


def _row(
    lead: Lead,
    field: LeadField,
    history: LeadHistory,
    *,
    sight: Sight,
    people: Mapping[str, str],
) -> Row:
    origin = history.origins.get(field.schema_name)
    value = value_of(lead, field)
    if sight.hides(field):
        # Whether there is a value may be seen: the calls that set it may be, too.
        return Row(field=field, hidden=value not in (None, ""), origin=_without_value(origin))
    text, at_ms, note = shown_value(value, field, people)
    # What a call sent is part of its body.
    before = origin.before if origin and origin.before and sight.is_whole else ""
    return Row(
        field=field,
        text=text,
        at_ms=at_ms,
        note=note,
        origin=origin,
        before=shown_value(before, field, people)[0],
    )


def _without_value(origin: FieldOrigin | None) -> FieldOrigin | None:
    return origin and origin._replace(before=None)
