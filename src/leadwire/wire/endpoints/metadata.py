"""The lead fields and their properties."""

import asyncio
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from msgspec import UNSET

from leadwire.crm.leads.fields import LeadField, Provenance
from leadwire.operations.shapes import LeadFieldMetadata, Option
from leadwire.wire.request import Endpoint, Request

_SYSTEM: Final = "System"
_SYSTEM_ID: Final = str(uuid5(NAMESPACE_URL, "leadwire:system"))
_CUSTOM_PREFIX: Final = "mx_"


async def lead_fields(request: Request) -> list[LeadFieldMetadata]:
    wanted = request.parameter("schemaName")
    with_options = request.parameter("excludeOptionSets").lower() not in ("1", "true")
    schema = await request.schema()
    # The default fields are as old as the account.
    access = request.services.access
    account = await asyncio.to_thread(access.account, request.actor.account_id)
    return [
        _metadata(field, account.created_on_ms, with_options=with_options)
        for field in schema.fields
        if not field.hidden and (not wanted or field.schema_name.lower() == wanted.lower())
    ]


def _metadata(field: LeadField, account_made_on: int, *, with_options: bool) -> LeadFieldMetadata:
    render_type, render_text = field.render_type
    made = field.made or Provenance(
        field_id=str(uuid5(NAMESPACE_URL, f"leadwire:lead-field:{field.schema_name}")),
        created_on=account_made_on,
        created_by=_SYSTEM_ID,
        created_by_name=_SYSTEM,
        show_in_import=not field.derived,
        show_in_mail_merge=not field.derived,
        lock_after_create=int(field.derived),
        use_in_lead_clone=False,
    )
    created = f"/Date({made.created_on}+0000)/"
    return LeadFieldMetadata(
        Entity="1",
        SchemaName=field.schema_name,
        DisplayName=field.display_name,
        DataType=field.data_type,
        IsMandatory=field.mandatory,
        EntityAttributeId=made.field_id,
        Name=field.schema_name,
        MaxLength=str(field.max_length) if field.max_length else UNSET,
        EntityAttributeType=2 if field.schema_name.startswith(_CUSTOM_PREFIX) else 1,
        RenderType=render_type,
        RenderTypeTextValue=render_text,
        IsVisible=True,
        IsSearchable=True,
        ShowInMailMerge=made.show_in_mail_merge,
        AllowMultiple=False,
        ShowInImport=made.show_in_import,
        ShowInQuickAdd=field.quick_search,
        Txt_Row=0,
        Txt_Col=0,
        OwnerID=made.created_by,
        CreatedBy=made.created_by,
        CreatedOn=created,
        ModifiedBy=made.created_by,
        ModifiedOn=created,
        OwnerIdName=made.created_by_name,
        CreatedByName=made.created_by_name,
        ModifiedByName=made.created_by_name,
        IsLeadIdentifier=field.unique,
        LockAfterCreate=made.lock_after_create,
        UseInLeadClone=made.use_in_lead_clone,
        IsSortable=True,
        ShowInQuickSearch=True if field.quick_search else UNSET,
        Options=[Option(value) for value in field.options]
        if field.options and with_options
        else UNSET,
        DefaultValue=made.default_option or UNSET,
    )


ENDPOINTS: Final[dict[str, Endpoint]] = {
    "LeadsMetaData.Get": lead_fields,
}
