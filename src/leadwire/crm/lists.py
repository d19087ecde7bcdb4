"""Static lists of leads and their members."""

from collections.abc import Sequence
from typing import Any, Final, Literal
from uuid import NAMESPACE_URL, uuid5

import msgspec
from sqlalchemy import ColumnElement, Select, delete, func, insert, literal, select, true, update

from leadwire.crm.leads.rows import Lead
from leadwire.crm.leads.search import leads_and_count
from leadwire.crm.leads.writes import require_lead
from leadwire.crm.pages import Slice
from leadwire.crm.tables import leads, list_members, lists
from leadwire.crm.unit import Unit
from leadwire.database.expressions import upsert
from leadwire.dialect import incorrect, too_long, too_many
from leadwire.errors import InputInvalid, Missing, NameTaken
from leadwire.operations import BY_NAME

NAME_CHARACTERS_MAX: Final = 200
DESCRIPTION_CHARACTERS_MAX: Final = 4_000
ADDED_AT_ONCE_MAX: Final = BY_NAME["List.AddLeads"].rows_max
LISTS_PER_PAGE: Final = BY_NAME["Lists.Get"].page_max

ListKind = Literal["static", "dynamic"]

STARRED_LEADS: Final = "Starred Leads"
_ALL_LEADS: Final = "All Leads"
_NAMES_TAKEN: Final = frozenset({STARRED_LEADS.casefold(), _ALL_LEADS.casefold()})


class LeadList(msgspec.Struct, frozen=True):
    list_id: str
    name: str
    description: str
    kind: ListKind
    members: int


def create_list(unit: Unit, name: str, description: str) -> str:
    """Create an empty list and return its id.

    Raises NameTaken in any letter case, and InputInvalid if the name is too long.
    """
    for member, text, characters_max in (
        ("Name", name, NAME_CHARACTERS_MAX),
        ("Description", description, DESCRIPTION_CHARACTERS_MAX),
    ):
        if len(text) > characters_max:
            raise too_long(member, characters_max)
    name_key = name.casefold()
    taken = select(lists.c.list_id).where(
        lists.c.account_id == unit.actor.account_id, lists.c.name_key == name_key
    )
    if name_key in _NAMES_TAKEN or unit.connection.execute(taken).first() is not None:
        raise NameTaken(
            "A List with same name already exists.",
            location="body.Name",
            fix="Choose another name, or use the list that Lists.Get shows.",
        )
    list_id = unit.ids.guid()
    unit.connection.execute(
        insert(lists),
        {
            "account_id": unit.actor.account_id,
            "list_id": list_id,
            "name": name,
            "name_key": name_key,
            "description": description,
            "created_on": unit.now_ms,
            "created_by": unit.actor.user_id,
            "modified_on": unit.now_ms,
        },
    )
    return list_id


def find_lists(
    unit: Unit, *, text: str = "", kind: ListKind | None = None, page: int = 1
) -> list[LeadList]:
    """A page of the account's lists, in order of creation.

    The default lists come first. *text* must be part of the name, in any letter case.
    """
    found = []
    if kind != "dynamic" and page == 1 and text.casefold() in STARRED_LEADS.casefold():
        found.append(_starred_leads(unit))
    if kind != "static" and page == 1 and text.casefold() in _ALL_LEADS.casefold():
        found.append(_all_leads(unit))
    if kind == "dynamic":
        return found
    named = lists.c.name_key.contains(text.casefold(), autoescape=True)
    return found + _static_lists(unit, named, page=page)


def all_lists(unit: Unit) -> list[LeadList]:
    """Every list of the account: the two default lists, then the others in order of creation."""
    return [_starred_leads(unit), _all_leads(unit), *_static_lists(unit, true())]


def _static_lists(
    unit: Unit, condition: ColumnElement[bool], *, page: int | None = None
) -> list[LeadList]:
    """The callers' lists with their member counts. None reads all pages."""
    members = _counted(unit).subquery()
    wanted = (
        select(lists, func.coalesce(members.c.members, 0).label("members"))
        .join_from(lists, members, lists.c.list_id == members.c.list_id, isouter=True)
        .where(lists.c.account_id == unit.actor.account_id, condition)
        .order_by(lists.c.created_on, lists.c.list_id)
    )
    if page is not None:
        wanted = wanted.limit(LISTS_PER_PAGE).offset((page - 1) * LISTS_PER_PAGE)
    return [
        LeadList(row.list_id, row.name, row.description, "static", row.members)
        for row in unit.connection.execute(wanted)
    ]


def lists_of_lead(unit: Unit, lead_id: str) -> list[LeadList]:
    """The lists that contain the lead: static lists in order of creation, then All Leads.

    Raises Missing for an unknown lead.
    """
    require_lead(unit, lead_id, "query.leadId")
    memberships = select(list_members.c.list_id).where(
        list_members.c.account_id == unit.actor.account_id, list_members.c.lead_id == lead_id
    )
    found = [_starred_leads(unit)] if is_member(unit, _starred_leads_id(unit), lead_id) else []
    found += _static_lists(unit, lists.c.list_id.in_(memberships))
    return [*found, _all_leads(unit)]


def get_list(unit: Unit, list_id: str) -> LeadList:
    """Raises Missing."""
    if list_id == all_leads_id(unit):
        return _all_leads(unit)
    if list_id == _starred_leads_id(unit):
        return _starred_leads(unit)
    row = unit.connection.execute(
        select(lists).where(lists.c.account_id == unit.actor.account_id, lists.c.list_id == list_id)
    ).first()
    if row is None:
        raise Missing(
            "list", location="ListId", fix="Send the ListId of a list that Lists.Get shows."
        )
    return LeadList(row.list_id, row.name, row.description, "static", _members_of(unit, list_id))


def _members_of(unit: Unit, list_id: str) -> int:
    members: int = unit.connection.execute(
        select(func.count()).select_from(list_members).where(*_of_list(unit, list_id))
    ).scalar_one()
    return members


def add_to_list(unit: Unit, list_id: str, lead_ids: Sequence[str]) -> int:
    """Add leads to a static list, and return how many are new in it.

    Raises Missing, and InputInvalid for a list that is not static, too many ids or an unknown lead.
    Then nothing is added.
    """
    _require_static(unit, list_id)
    if len(lead_ids) > ADDED_AT_ONCE_MAX:
        raise too_many("leadIds", ADDED_AT_ONCE_MAX)
    distinct = list(dict.fromkeys(lead_ids))
    known = unit.connection.execute(
        select(func.count())
        .select_from(leads)
        .where(leads.c.account_id == unit.actor.account_id, leads.c.lead_id.in_(distinct))
    ).scalar_one()
    if known < len(distinct):
        raise InputInvalid(
            "Records not associated with List where Entity Type didn't match",
            location="leadIds",
            fix="Send the ProspectIDs of leads of this account alone.",
        )
    added = unit.connection.execute(
        upsert(list_members)
        .values(
            [
                {
                    "account_id": unit.actor.account_id,
                    "list_id": list_id,
                    "lead_id": lead_id,
                    "added_on": unit.now_ms,
                }
                for lead_id in distinct
            ]
        )
        .on_conflict_do_nothing()
        .returning(list_members.c.lead_id)
    ).all()
    if added:
        _touch(unit, list_id)
    return len(added)


def remove_from_list(unit: Unit, list_id: str, lead_id: str) -> None:
    """Remove a lead. Raises Missing, also for a non-member; InputInvalid if not static."""
    _require_static(unit, list_id)
    removed = unit.connection.execute(
        delete(list_members).where(*_of_list(unit, list_id), list_members.c.lead_id == lead_id)
    ).rowcount
    if not removed:
        raise Missing(
            "lead",
            message="Lead does not exist in the list",
            location="query.LeadID",
            fix="Send the ProspectID of a lead that is in the list.",
        )
    _touch(unit, list_id)


def empty_list(unit: Unit, list_id: str) -> None:
    """Remove all leads from a static list. Raises Missing; InputInvalid if not static."""
    _require_static(unit, list_id)
    unit.connection.execute(delete(list_members).where(*_of_list(unit, list_id)))
    _touch(unit, list_id)


def is_member(unit: Unit, list_id: str, lead_id: str) -> bool:
    """Raises Missing."""
    found = get_list(unit, list_id)
    source: Select[Any] = select(literal(1))
    if found.kind == "dynamic":
        source = source.where(
            leads.c.account_id == unit.actor.account_id, leads.c.lead_id == lead_id
        )
    else:
        source = source.where(*_of_list(unit, list_id), list_members.c.lead_id == lead_id)
    return unit.connection.execute(source.limit(1)).first() is not None


def leads_of_list(unit: Unit, list_id: str, part: Slice) -> tuple[int, list[Lead]]:
    """The number of leads in the list, and a slice of them. Raises Missing."""
    return leads_and_count(unit, part, *members_of_list(unit, list_id))


def members_of_list(unit: Unit, list_id: str) -> list[ColumnElement[bool]]:
    """Conditions that match the list's leads. Raises Missing."""
    if get_list(unit, list_id).kind == "dynamic":
        return []
    members = select(list_members.c.lead_id).where(*_of_list(unit, list_id))
    return [leads.c.lead_id.in_(members)]


def _require_static(unit: Unit, list_id: str) -> None:
    if get_list(unit, list_id).kind != "static":
        raise incorrect("ListId", fix="Send the ListId of a static list.")


def _of_list(unit: Unit, list_id: str) -> list[ColumnElement[bool]]:
    return [
        list_members.c.account_id == unit.actor.account_id,
        list_members.c.list_id == list_id,
    ]


def _counted(unit: Unit) -> Select[Any]:
    return (
        select(list_members.c.list_id, func.count().label("members"))
        .where(list_members.c.account_id == unit.actor.account_id)
        .group_by(list_members.c.list_id)
    )


def all_leads_id(unit: Unit) -> str:
    return str(uuid5(NAMESPACE_URL, f"leadwire:all-leads:{unit.actor.account_id}"))


def _all_leads(unit: Unit) -> LeadList:
    """The default list All Leads. It matches every lead and stores no members."""
    members = unit.connection.execute(
        select(func.count()).select_from(leads).where(leads.c.account_id == unit.actor.account_id)
    ).scalar_one()
    return LeadList(all_leads_id(unit), _ALL_LEADS, "All leads of the account", "dynamic", members)


def _starred_leads_id(unit: Unit) -> str:
    return str(uuid5(NAMESPACE_URL, f"leadwire:starred-leads:{unit.actor.account_id}"))


def _starred_leads(unit: Unit) -> LeadList:
    """The default static list. It is empty until a call adds leads."""
    list_id = _starred_leads_id(unit)
    return LeadList(list_id, STARRED_LEADS, "", "static", _members_of(unit, list_id))


def _touch(unit: Unit, list_id: str) -> None:
    unit.connection.execute(
        update(lists)
        .where(lists.c.account_id == unit.actor.account_id, lists.c.list_id == list_id)
        .values(modified_on=unit.now_ms)
    )
