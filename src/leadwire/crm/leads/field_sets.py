"""Custom field sets: lead fields with named members.

A set is stored, compared and read as the text of a JSON object: its members' values by name. A
write holds the members that change; an empty text clears a member.
"""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from leadwire.crm.leads.fields import LeadField
from leadwire.crm.values import LeadValue, Scalar, scalar_text
from leadwire.dialect import incorrect, too_long
from leadwire.errors import AttributesUnknown

SET_TYPE: Final = "CustomObject"
MEMBERS_MAX: Final = 50
MEMBER_CHARACTERS_MAX: Final = 4_000
MEMBERS: Final = ("Status", *(f"mx_CustomObject_{number}" for number in range(1, MEMBERS_MAX + 1)))

_MEMBER_SIGN: Final = re.compile("~|x007E", re.IGNORECASE)
"""What stands between a custom field set and its member; the web client escapes it."""
_BY_LOWER_NAME: Final = {name.lower(): name for name in MEMBERS}
_PLACES: Final = {name: place for place, name in enumerate(MEMBERS)}
_Members = dict[str, str]


def split_member(name: str) -> tuple[str, str | None]:
    """The holder and the member of ``holder~member``.

    The member is empty when *name* has none, and None when no set has it.
    """
    holder, *rest = _MEMBER_SIGN.split(name, maxsplit=1)
    return holder, _BY_LOWER_NAME.get(rest[0].lower()) if rest else ""


def checked_set(field: LeadField, value: LeadValue) -> str | None:
    """The text of the changed members; None if *value* clears the whole set.

    *value* is an object of members, or the text of one, as reads give it. Raises AttributesUnknown
    for unknown members, and InputInvalid if *value* is not an object of texts.
    """
    given = value if isinstance(value, Mapping) else _parsed(field, scalar_text(value).strip())
    if given is None:
        return None
    unknown = [name for name in given if name not in _PLACES]
    if unknown:
        raise AttributesUnknown([f"{field.schema_name}.{name}" for name in unknown])
    members = {name: scalar_text(member).strip() for name, member in given.items()}
    for name, text in members.items():
        if len(text) > MEMBER_CHARACTERS_MAX:
            raise too_long(name, MEMBER_CHARACTERS_MAX, location=f"{field.schema_name}.{name}")
    return msgspec.json.encode(members).decode()


def merged_set(before: str | None, change: str | None) -> str | None:
    """The set after *change*, which keeps unnamed members. None if no member is left."""
    if change is None:
        return None
    members = {**_decoded(before or "{}"), **_decoded(change)}
    kept = {name: members[name] for name in sorted(members, key=_PLACES.__getitem__)}
    kept = {name: text for name, text in kept.items() if text}
    return msgspec.json.encode(kept).decode() if kept else None


def _decoded(text: str) -> _Members:
    return msgspec.json.decode(text, type=_Members)


def _parsed(field: LeadField, text: str) -> dict[str, Scalar] | None:
    if not text:
        return None
    try:
        return msgspec.json.decode(text, type=dict[str, Scalar])
    except msgspec.DecodeError:
        raise incorrect(
            field.schema_name,
            fix='Send "" as Value, and the members as Fields: '
            '[{"Attribute":"mx_CustomObject_1","Value":"…"}].',
        ) from None
