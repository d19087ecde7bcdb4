"""The bodies that write and search companies."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from leadwire.sdk import writing
from leadwire.sdk.conditions import CompanyFilter
from leadwire.sdk.errors import ValueUnfit
from leadwire.sdk.models.company import Company
from leadwire.sdk.rows import Member
from leadwire.sdk.values import filter_value
from leadwire.sdk.writing import FieldValue

_NAMES: Final[dict[str, str]] = {
    name: member.name for name, member in vars(Company).items() if isinstance(member, Member)
}

_Range = tuple[datetime, datetime]


def company_attributes(
    attributes: Mapping[str, FieldValue] | None, fields: Mapping[str, FieldValue]
) -> list[dict[str, Any]]:
    """The array of attributes of a write. Raises ValueUnfit, also for nothing to write."""
    return writing.attributes_of({**(attributes or {}), **fields}, _name)


def company_columns(names: Iterable[str] | None) -> dict[str, str] | None:
    """The fields that a search answers with; None for all."""
    if isinstance(names, str) or names is None:
        return writing.plain_columns(names)
    return writing.plain_columns(map(_name, names))


def company_query(
    type_name: str,
    text: str | None,
    where: CompanyFilter | None,
    *,
    modified: _Range | None,
    created: _Range | None,
) -> dict[str, Any]:
    """What a search asks for. Raises ValueUnfit for two ranges: the API compares one date."""
    if modified is not None and created is not None:
        raise ValueUnfit("Pass either modified_between or created_between.")
    within = modified or created
    field = "ModifiedOn" if modified else "CreatedOn"
    return writing.without_none(
        {
            "CompanyType": {"CompanyTypeName": type_name},
            "SearchText": text,
            "DateRange": within and {"DateField": field, **writing.time_range(*within)},
            "FilterBy": where
            and {
                "LookupName": _name(where[0]),
                "SqlOperator": where[1],
                "LookupValue": filter_value(where[2]),
            },
        }
    )


def _name(name: str) -> str:
    return writing.wire_name(name, _NAMES, of="company")
