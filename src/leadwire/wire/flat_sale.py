"""Sales activities as the wire prints them: field by field, with the names behind their ids."""

from collections.abc import Mapping

import msgspec

from leadwire.crm.activity_types import ACTIVITY_TYPES, SALE_OWNER, SALE_PRODUCT, SALES_ACTIVITY
from leadwire.crm.sales import KeptSale
from leadwire.crm.unit import Person
from leadwire.operations.activity_shapes import FieldObject
from leadwire.wire.flat_activity import field_objects


def sale_fields(
    sale: KeptSale | None, people: Mapping[str, Person], *, with_options: bool
) -> list[FieldObject]:
    """The fields of every sales activity; of *sale*, with its values and the derived names."""
    kind = ACTIVITY_TYPES[SALES_ACTIVITY]
    fields = field_objects(kind, None if sale is None else sale.activity)
    if not with_options:
        fields = [msgspec.structs.replace(field, OptionSet="") for field in fields]
    if sale is None:
        return fields
    owner = people.get(sale.activity.fields.get(SALE_OWNER) or "")
    derived = {
        SALE_PRODUCT: ("ProductName", sale.product_title),
        SALE_OWNER: ("SalesOwnerName", owner.name if owner else None),
    }
    shown = []
    for field in fields:
        shown.append(field)
        if field.SchemaName in derived:
            shown.append(_derived(field, *derived[field.SchemaName]))
    return shown


def _derived(field: FieldObject, name: str, value: str | None) -> FieldObject:
    return msgspec.structs.replace(
        field,
        SchemaName=name,
        InternalName=name,
        InternalSchemaName=name,
        DisplayName=None,
        DataType=None,
        Value=value,
        DisplayValue=value,
        IsMandatory=False,
        ShowInForm=False,
        Sequence=0,
        IsDerived=True,
    )
