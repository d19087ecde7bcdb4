"""A seed file: the data that an account begins with, as YAML or JSON.

A name before a colon is a handle: other parts of the file refer to it, and the answer tells its id.
"""

import re
from typing import Annotated, Any, Final

import msgspec
import yaml

from leadwire.controls.answers import BAD_REQUEST, Refused, as_type

SAMPLE_MAX: Final = 10_000
_RELATIVE: Final = re.compile(r"([+-])(\d{1,6})([smhdw])", re.ASCII)
_UNITS_MS: Final = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}

Texts = dict[str, str]


class UserSeed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    email: str
    first_name: str = ""
    last_name: str = ""
    role: str = "Sales_User"


class FieldSeed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A lead field. Its schema name is ``mx_`` and the display name."""

    display_name: str
    type: str = "Text"
    options: tuple[str, ...] = ()
    mandatory: bool = False


class TypeSeed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An activity type, by its handle."""

    name: str
    score: int = 0


class ActivitySeed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    type: str
    """The handle of a type, its name, or its code."""
    note: str = ""
    on: str = ""
    fields: Texts = {}


class TaskSeed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    subject: str
    type: str = "To-Do"
    due: str = ""
    owner: str = ""


class ListSeed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    members: tuple[str, ...] = ()
    description: str = ""


class WebhookSeed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    event: str
    to: str
    """A URL, or ``receiver:NAME``."""
    secret: str = ""
    """Signs each delivery; empty: leadwire makes one."""


class SeedFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    leadwire: Annotated[int, msgspec.Meta(ge=1, le=1)]
    """The version of this format."""
    users: dict[str, UserSeed] = {}
    fields: tuple[FieldSeed, ...] = ()
    activity_types: dict[str, TypeSeed] = {}
    leads: dict[str, dict[str, Any]] = {}
    """Field names with their values, besides ``Owner``, ``CreatedOn``, ``activities``, ``tasks``
    and ``notes``."""
    lists: dict[str, ListSeed] = {}
    webhooks: tuple[WebhookSeed, ...] = ()
    sample: Annotated[int, msgspec.Meta(ge=0, le=SAMPLE_MAX)] = 0
    """This many plausible leads are added."""


class _Texts(yaml.SafeLoader):  # type: ignore[misc]  # untyped
    """Reads every scalar as text: ``no``, ``0123`` and dates stay as they are written."""


_Texts.yaml_implicit_resolvers = {}


def read_seed(content: bytes) -> SeedFile:
    """The seed in *content*. Raises Refused, with the place of a mistake."""
    try:
        value = yaml.load(content, Loader=_Texts)  # noqa: S506  # a safe loader
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        at = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = getattr(error, "problem", None) or type(error).__name__
        raise Refused(
            BAD_REQUEST, "invalid_yaml", f"The seed cannot be read: {problem}.", at=at
        ) from None
    return as_type(value, SeedFile, strict=False)  # numbers are texts here


def moment_ms(text: str, now_ms: int) -> int | None:
    """The milliseconds of ``-3d`` (three days before now); None if *text* is not such a span."""
    found = _RELATIVE.fullmatch(text.strip())
    if found is None:
        return None
    sign, number, unit = found.groups()
    span_ms = int(number) * _UNITS_MS[unit]
    return now_ms - span_ms if sign == "-" else now_ms + span_ms
