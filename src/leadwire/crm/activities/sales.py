"""Sales activities: activities of one event, each about a product."""

from collections.abc import Mapping
from typing import Final

import msgspec

from leadwire.crm.activities.activities import Happening, KeptActivity, post_activity
from leadwire.crm.activities.fields import NOTE_FIELD, check_values
from leadwire.crm.activities.reads import activities_of_lead, get_activity
from leadwire.crm.activities.types import (
    ACTIVITY_TYPES,
    SALE_DATE,
    SALE_OWNER,
    SALE_PRODUCT,
    SALES_ACTIVITY,
)
from leadwire.crm.activities.writes import Revision, change_activity, user_id_of
from leadwire.crm.products import product_by_sku, product_titles
from leadwire.crm.unit import Unit
from leadwire.dates import format_seconds
from leadwire.dialect import incorrect
from leadwire.errors import ActivityMissing
from leadwire.operations import BY_NAME

SALES_OF_LEAD_MAX: Final = BY_NAME["SalesActivity.RetrieveByLeadId"].page_max


class Sale(msgspec.Struct, frozen=True, kw_only=True):
    """Values for a new or changed sale. An empty text keeps the value."""

    lead_id: str = ""
    sku: str = ""
    owner_id: str = ""
    owner_email: str = ""
    note: str | None = None
    fields: Mapping[str, str | None] = {}


class KeptSale(msgspec.Struct, frozen=True):
    activity: KeptActivity
    product_title: str | None
    """None when the product was deleted."""


def post_sale(unit: Unit, sale: Sale) -> str:
    """Post a sales activity and return its id. Defaults: the caller as owner, and now.

    Raises Missing, LeadReferenceMissing, ActivityFieldsInvalid, and InputInvalid for an unknown
    owner.
    """
    fields = _fields(unit, sale)
    fields.setdefault(SALE_OWNER, unit.actor.user_id)
    fields.setdefault(SALE_DATE, format_seconds(unit.now_ms))
    kind = ACTIVITY_TYPES[SALES_ACTIVITY]
    noted = fields.pop(NOTE_FIELD, None)
    note = sale.note or noted or ""
    check_values(kind.fields, fields, any_option=False, is_update=False)
    data = (("NotableEventDescription", note),) if note else ()
    happening = Happening(event_code=SALES_ACTIVITY, note=note, fields=fields, data=data)
    return post_activity(unit, sale.lead_id, happening).activity_id


def revise_sale(unit: Unit, activity_id: str, sale: Sale) -> bool:
    """Change a sales activity. Returns whether any value changed.

    Raises ActivityMissing, ActivityLocked, Missing, ActivityFieldsInvalid, and InputInvalid for a
    different lead or an unknown owner.
    """
    kept = _sale(unit, activity_id)
    if sale.lead_id not in ("", kept.lead_id):
        raise incorrect(
            "ProspectId", fix="Send the id of the sales activity's lead, or leave it out."
        )
    revision = Revision(kept.activity_id, note=sale.note, fields=_fields(unit, sale))
    return change_activity(unit, kept, revision)


def get_sale(unit: Unit, activity_id: str) -> KeptSale:
    """Read a sales activity. Raises ActivityMissing if it does not exist."""
    return _titled(unit, [_sale(unit, activity_id)])[0]


def sales_of_lead(unit: Unit, lead_id: str) -> list[KeptSale]:
    """The lead's sales activities, newest first; at most SALES_OF_LEAD_MAX."""
    _, found = activities_of_lead(
        unit, lead_id, event_code=SALES_ACTIVITY, offset=0, rows_max=SALES_OF_LEAD_MAX
    )
    return _titled(unit, found)


def _fields(unit: Unit, sale: Sale) -> dict[str, str | None]:
    fields = dict(sale.fields)
    if sale.sku:
        fields[SALE_PRODUCT] = product_by_sku(unit, sale.sku).product_id
    if sale.owner_email:
        fields[SALE_OWNER] = user_id_of(unit, sale.owner_email, "SalesOwnerEmail")
    if sale.owner_id:
        if sale.owner_id not in unit.actor.people:
            raise incorrect("SalesOwner", fix="Send the id of a user (Users.Get).")
        fields[SALE_OWNER] = sale.owner_id
    return fields


def _sale(unit: Unit, activity_id: str) -> KeptActivity:
    kept = get_activity(unit, activity_id)
    if kept.type.event_code != SALES_ACTIVITY:
        raise ActivityMissing(
            "Activity does not exist.",
            location="activityId",
            fix="Send the id of a sales activity.",
        )
    return kept


def _titled(unit: Unit, found: list[KeptActivity]) -> list[KeptSale]:
    ids = [kept.fields.get(SALE_PRODUCT) or "" for kept in found]
    titles = product_titles(unit, ids)
    return [
        KeptSale(kept, titles.get(product_id)) for kept, product_id in zip(found, ids, strict=True)
    ]
