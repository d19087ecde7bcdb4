"""Creating, capturing and updating leads."""

from collections.abc import Iterable
from typing import Final, get_args

import msgspec

from leadwire.crm.leads.attributes import LeadWrite, check_attributes
from leadwire.crm.leads.capture import Captured, capture_lead, create_or_update_lead
from leadwire.crm.leads.writes import create_lead, update_lead_by_id
from leadwire.crm.values import LeadValue, Scalar
from leadwire.dialect import incorrect
from leadwire.headers import IGNORED_HEADER
from leadwire.operations.leads import UpdateBehavior
from leadwire.operations.shapes import LeadProperty, WriteMessage, WriteResult
from leadwire.wire.request import Endpoint, Request

_VISITOR: Final = "mxcprospectid"
_BEHAVIORS: Final[dict[str, UpdateBehavior]] = {
    name.lower(): name for name in get_args(UpdateBehavior)
}


def success(message: WriteMessage) -> WriteResult:
    return WriteResult("Success", message)


async def create(request: Request) -> WriteResult:
    write = await checked_write(request, request.body)
    chosen = write.lead_id if write.keep_lead_id else None
    lead_id: str = await request.write(lambda unit: create_lead(unit, write, lead_id=chosen))
    return success(WriteMessage(Id=lead_id))


async def capture(request: Request) -> WriteResult:
    write = await checked_write(request, [_visitor(item) for item in request.body])
    behavior = _behavior(request)
    captured: Captured = await request.write(lambda unit: capture_lead(unit, write, behavior))
    return success(
        WriteMessage(
            Id=captured.lead_id, RelatedId=captured.related_id, IsCreated=captured.is_created
        )
    )


async def create_or_update(request: Request) -> WriteResult:
    write = await checked_write(request, request.body)
    captured: Captured = await request.update(lambda unit: create_or_update_lead(unit, write))
    return success(WriteMessage(Id=captured.lead_id, AffectedRows=1))


async def update(request: Request) -> WriteResult:
    lead_id = request.parameter("leadId").lower()
    write = await checked_write(request, request.body)
    await request.update(lambda unit: update_lead_by_id(unit, lead_id, write))
    return success(WriteMessage(AffectedRows=1))


async def checked_write(request: Request, properties: list[LeadProperty]) -> LeadWrite:
    """The write that *properties* ask for; the answer names ignored properties."""
    write = check_attributes(
        await request.schema(),
        attributes_of(properties),
        attributes_max=request.services.settings.attributes_max,
    )
    if write.ignored:
        request.tell(IGNORED_HEADER, ",".join(write.ignored))
    return write


def _visitor(item: LeadProperty) -> LeadProperty:
    """The visitor's id. Public forms send it under the name of its cookie."""
    if item.Attribute.lower() != _VISITOR:
        return item
    return msgspec.structs.replace(item, Attribute="ProspectID")


def attributes_of(properties: Iterable[LeadProperty]) -> list[tuple[str, LeadValue]]:
    """Pairs of name and value. The value of a custom field set is its members."""
    return [(item.Attribute, _members(item) if item.Fields else item.Value) for item in properties]


def _members(item: LeadProperty) -> dict[str, Scalar]:
    return {member.Attribute: member.Value for member in item.Fields or ()}


def _behavior(request: Request) -> UpdateBehavior | None:
    given = request.parameter("LeadUpdateBehavior")
    if not given:
        return None
    behavior = _BEHAVIORS.get(given.lower())
    if behavior is None:
        raise incorrect(
            "LeadUpdateBehavior",
            location="query.LeadUpdateBehavior",
            fix=f"Send one of {', '.join(_BEHAVIORS.values())}.",
        )
    return behavior


ENDPOINTS: Final[dict[str, Endpoint]] = {
    "Lead.Create": create,
    "Lead.Capture": capture,
    "Lead.CreateOrUpdate": create_or_update,
    "Lead.Update": update,
}
