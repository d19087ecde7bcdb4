"""The lead fields and their properties."""

import asyncio
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from msgspec import UNSET

from leadwire.crm.fields import FIELDS, LeadField
from leadwire.operations.shapes import LeadFieldMetadata, Option
from leadwire.wire.request import Request

_SYSTEM: Final = "System"
_SYSTEM_ID: Final = str(uuid5(NAMESPACE_URL, "leadwire:system"))
_CUSTOM_PREFIX: Final = "mx_"


async def lead_fields(request: Request) -> list[LeadFieldMetadata]:
    wanted = request.parameter("schemaName")
    with_options = request.parameter("excludeOptionSets").lower() not in ("1", "true")
    # The schema is as old as the account.
    access = request.services.access
    account = await asyncio.to_thread(access.account, request.actor.account_id)
    created = f"/Date({account.created_on_ms}+0000)/"
    return [
        _metadata(field, created, with_options=with_options)
        for field in FIELDS
        if not field.hidden and (not wanted or field.schema_name.lower() == wanted.lower())
    ]


def _metadata(field: LeadField, created: str, *, with_options: bool) -> LeadFieldMetadata:
    render_type, render_text = field.render_type
    return LeadFieldMetadata(
        Entity="1",
        SchemaName=field.schema_name,
        DisplayName=field.display_name,
        DataType=field.data_type,
        IsMandatory=False,
        EntityAttributeId=str(uuid5(NAMESPACE_URL, f"leadwire:lead-field:{field.schema_name}")),
        Name=field.schema_name,
        MaxLength=str(field.max_length) if field.max_length else UNSET,
        EntityAttributeType=2 if field.schema_name.startswith(_CUSTOM_PREFIX) else 1,
        RenderType=render_type,
        RenderTypeTextValue=render_text,
        IsVisible=True,
        IsSearchable=True,
        ShowInMailMerge=not field.derived,
        AllowMultiple=False,
        ShowInImport=not field.derived,
        ShowInQuickAdd=field.quick_search,
        Txt_Row=0,
        Txt_Col=0,
        OwnerID=_SYSTEM_ID,
        CreatedBy=_SYSTEM_ID,
        CreatedOn=created,
        ModifiedBy=_SYSTEM_ID,
        ModifiedOn=created,
        OwnerIdName=_SYSTEM,
        CreatedByName=_SYSTEM,
        ModifiedByName=_SYSTEM,
        IsLeadIdentifier=field.unique,
        LockAfterCreate=int(field.derived),
        UseInLeadClone=False,
        IsSortable=True,
        ShowInQuickSearch=True if field.quick_search else UNSET,
        Options=[Option(value) for value in field.options]
        if field.options and with_options
        else UNSET,
    )
