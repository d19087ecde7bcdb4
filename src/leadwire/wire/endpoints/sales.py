"""Products, and their sales activities."""

from collections.abc import Mapping
from typing import Final

import msgspec

from leadwire.crm.activities.sales import (
    KeptSale,
    Sale,
    get_sale,
    post_sale,
    revise_sale,
    sales_of_lead,
)
from leadwire.crm.activities.types import (
    ACTIVITY_TYPES,
    SALE_DATE,
    SALE_OWNER,
    SALE_PRODUCT,
    SALE_VALUE,
    SALES_ACTIVITY,
)
from leadwire.crm.products import (
    Product,
    ProductDraft,
    ProductFilter,
    create_product,
    delete_product,
    find_products,
    update_product,
)
from leadwire.crm.unit import Person
from leadwire.crm.values import scalar_text
from leadwire.dates import Moment
from leadwire.operations.activity_shapes import FieldObject
from leadwire.operations.sales import (
    ProductParameter,
    ProductRow,
    ProductRows,
    ProductSearch,
    ProductWrite,
    SaleDetails,
    SaleSetting,
    SaleWrite,
)
from leadwire.operations.shapes import WriteMessage, WriteResult
from leadwire.wire.endpoints.activity_forms import fields_of, part_of
from leadwire.wire.endpoints.activity_printer import field_objects
from leadwire.wire.endpoints.lead_writes import success
from leadwire.wire.members import counted, date_time, is_set
from leadwire.wire.request import Endpoint, Request

_NAME: Final = ACTIVITY_TYPES[SALES_ACTIVITY].name


async def create_a_product(request: Request) -> WriteResult:
    body: ProductWrite = request.body
    draft = ProductDraft(
        (body.ProductSku or "").strip(),
        (body.Name or "").strip(),
        body.Description,
    )
    product_id: str = await request.write(lambda unit: create_product(unit, draft))
    return success(WriteMessage(Id=product_id))


async def update_a_product(request: Request) -> WriteResult:
    body: ProductWrite = request.body
    product_id = body.ProductId.strip()
    draft = ProductDraft(body.ProductSku, body.Name, body.Description)
    await request.write(lambda unit: update_product(unit, product_id, draft))
    return success(WriteMessage(AffectedRows=1))


async def delete_a_product(request: Request) -> WriteResult:
    product_id = request.parameter("id")
    await request.write(lambda unit: delete_product(unit, product_id))
    return success(WriteMessage(AffectedRows=1))


async def products(request: Request) -> ProductRows:
    body: ProductSearch = request.body or ProductSearch()
    given = body.Parameter or ProductParameter()
    wanted = ProductFilter(
        product_id=given.Id.strip(),
        sku=given.ProductSku.strip(),
        name=given.Name.strip(),
        text=given.SearchText.strip(),
    )
    part = part_of(request.operation, body.Paging, body.Sorting)
    total, rows = await request.read(lambda unit: find_products(unit, wanted, part))
    moment = request.moment
    found = [product_row(product, request.actor.people, moment) for product in rows]
    return counted(ProductRows, total, found)


async def create(request: Request) -> WriteResult:
    body: SaleWrite = request.body
    sale = _sale(body)
    activity_id: str = await request.write(lambda unit: post_sale(unit, sale))
    return success(WriteMessage(Id=activity_id))


async def update(request: Request) -> WriteResult:
    body: SaleWrite = request.body
    activity_id = body.Id.strip()
    sale = _sale(body)
    changed: bool = await request.write(lambda unit: revise_sale(unit, activity_id, sale))
    return success(WriteMessage(AffectedRows=int(changed)))


async def activity(request: Request) -> SaleSetting:
    activity_id = request.parameter("activityId")
    sale: KeptSale = await request.read(lambda unit: get_sale(unit, activity_id))
    fields = sale_fields(sale, request.actor.people, with_options=True)
    return _setting(sale.activity.activity_id, fields)


async def by_lead_id(request: Request) -> list[SaleDetails]:
    lead_id = request.parameter("leadId").lower()
    with_options = is_set(request.parameter("IncludeOption"))
    sales: list[KeptSale] = await request.read(lambda unit: sales_of_lead(unit, lead_id))
    people = request.actor.people
    return [
        SaleDetails(
            sale.activity.activity_id,
            _NAME,
            _NAME,
            sale_fields(sale, people, with_options=with_options),
        )
        for sale in sales
    ]


async def setting(_request: Request) -> SaleSetting:
    return _setting("", sale_fields(None, {}, with_options=True))


def _setting(activity_id: str, fields: list[FieldObject]) -> SaleSetting:
    return SaleSetting(
        activity_id,
        _NAME,
        _NAME,
        DefaultCurrencySymbol="$",
        DefaultCurrencyAbbreviation="USD",
        DefaultCurrencyName="US Dollars",
        CustomerStageName="Customer",
        ConvertToCustomer=False,
        Fields=fields,
    )


def _sale(body: SaleWrite) -> Sale:
    fields = fields_of(body.Fields or [])
    if body.SalesDate.strip():
        date_time(body.SalesDate, "SalesDate")
        fields[SALE_DATE] = body.SalesDate
    if body.Revenue is not None:
        fields[SALE_VALUE] = scalar_text(body.Revenue).strip() or None
    if body.Status is not None:
        fields["Status"] = body.Status.strip() or None
    return Sale(
        lead_id=body.ProspectId.strip().lower(),
        sku=body.ProductSku.strip(),
        owner_id=body.SalesOwner.strip().lower(),
        owner_email=body.SalesOwnerEmail.strip(),
        note=body.ActivityNote,
        fields=fields,
    )


def product_row(product: Product, people: Mapping[str, Person], moment: Moment) -> ProductRow:
    creator, modifier = people.get(product.created_by), people.get(product.modified_by)
    return ProductRow(
        product.product_id,
        product.sku,
        product.name,
        product.description,
        product.created_by,
        creator.name if creator else None,
        moment(product.created_on),
        product.modified_by,
        modifier.name if modifier else None,
        moment(product.modified_on),
    )


def sale_fields(
    sale: KeptSale | None, people: Mapping[str, Person], *, with_options: bool
) -> list[FieldObject]:
    """The fields of a sales activity, with values and derived names if *sale* is given."""
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


ENDPOINTS: Final[dict[str, Endpoint]] = {
    "Product.Create": create_a_product,
    "Product.Update": update_a_product,
    "Products.Retrieve": products,
    "Product.Delete": delete_a_product,
    "SalesActivity.Create": create,
    "SalesActivity.Update": update,
    "SalesActivity.RetrieveActivity": activity,
    "SalesActivity.RetrieveByLeadId": by_lead_id,
    "SalesActivity.RetrieveSetting": setting,
}
