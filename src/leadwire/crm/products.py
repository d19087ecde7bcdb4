"""Products: what sales activities are about."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Row, delete, insert, or_, select, update

from leadwire.crm.pages import Slice, counted_page
from leadwire.crm.tables import products
from leadwire.crm.unit import Unit
from leadwire.crm.webhooks.announcing import announce, listens
from leadwire.database.expressions import Sql, contains, without_case
from leadwire.dialect import incorrect, too_long
from leadwire.errors import Missing, ValueDuplicate

NAME_CHARACTERS_MAX: Final = 200
DESCRIPTION_CHARACTERS_MAX: Final = 4_000

_COLUMNS: Final[dict[str, Sql]] = {
    "ProductId": products.c.product_id,
    "Id": products.c.product_id,
    "ProductSku": products.c.sku_key,
    "Name": products.c.name,
    "Description": products.c.description,
    "CreatedOn": products.c.created_on,
    "ModifiedOn": products.c.modified_on,
}


class Product(msgspec.Struct, frozen=True):
    product_id: str
    sku: str
    """The account's id for it; unique in any letter case."""
    name: str
    description: str
    created_on: int
    created_by: str
    modified_on: int
    modified_by: str


class ProductDraft(msgspec.Struct, frozen=True):
    """Values for a new or changed product. None keeps a value."""

    sku: str | None = None
    name: str | None = None
    description: str | None = None


class ProductFilter(msgspec.Struct, frozen=True):
    """Every member that is not empty must hold: *text* stands in the SKU, name or description."""

    product_id: str = ""
    sku: str = ""
    name: str = ""
    text: str = ""


def create_product(unit: Unit, draft: ProductDraft) -> str:
    """Create a product and return its id. Raises ValueDuplicate for an SKU in use; InputInvalid."""
    values = _checked(unit, draft, but="")
    product_id = unit.ids.guid()
    unit.connection.execute(
        insert(products).values(
            account_id=unit.actor.account_id,
            product_id=product_id,
            created_on=unit.now_ms,
            created_by=unit.actor.user_id,
            modified_on=unit.now_ms,
            modified_by=unit.actor.user_id,
            **{"description": "", **values},
        )
    )
    if listens(unit, "product_created"):
        announce(unit, "product_created", product_id, after=get_product(unit, product_id))
    return product_id


def update_product(unit: Unit, product_id: str, draft: ProductDraft) -> None:
    """Update a product. Raises Missing, ValueDuplicate for an SKU in use, and InputInvalid."""
    product = get_product(unit, product_id)
    values = _checked(unit, draft, but=product.product_id)
    unit.connection.execute(
        update(products)
        .where(*_one(unit, product.product_id))
        .values(modified_on=unit.now_ms, modified_by=unit.actor.user_id, **values)
    )
    if listens(unit, "product_updated"):
        after = get_product(unit, product.product_id)
        announce(unit, "product_updated", product.product_id, before=product, after=after)


def delete_product(unit: Unit, product_id: str) -> None:
    """Delete a product. Sales of it stay, with its id. Raises Missing."""
    product = get_product(unit, product_id)
    unit.connection.execute(delete(products).where(*_one(unit, product.product_id)))
    announce(unit, "product_deleted", product.product_id, before=product)


def get_product(unit: Unit, product_id: str) -> Product:
    """Read a product. Raises Missing."""
    row = unit.connection.execute(
        select(products).where(*_one(unit, product_id.strip().lower()))
    ).first()
    if row is None:
        raise _missing("ProductId", "Send the ProductId of a product (RetrieveProducts).")
    return _product(row)


def product_by_sku(unit: Unit, sku: str) -> Product:
    """Find a product by SKU. Raises Missing."""
    row = unit.connection.execute(
        select(products).where(
            products.c.account_id == unit.actor.account_id,
            products.c.sku_key == sku.strip().casefold(),
        )
    ).first()
    if row is None:
        raise _missing("ProductSku", "Send the ProductSku of a product (RetrieveProducts).")
    return _product(row)


def find_products(unit: Unit, wanted: ProductFilter, part: Slice) -> tuple[int, list[Product]]:
    """The number of products that match *wanted*, and a slice of them."""
    conditions: list[Sql] = []
    if wanted.product_id:
        conditions.append(products.c.product_id == wanted.product_id.lower())
    if wanted.sku:
        conditions.append(products.c.sku_key == wanted.sku.casefold())
    if wanted.name:
        conditions.append(without_case(products.c.name) == wanted.name)
    if wanted.text:
        columns = (products.c.sku, products.c.name, products.c.description)
        conditions.append(or_(*(contains(c, wanted.text) for c in columns)))
    order = _COLUMNS.get(part.order_by or "ModifiedOn")
    if order is None:
        raise incorrect(
            "ColumnName", location="Sorting.ColumnName", fix=f"Send one of {', '.join(_COLUMNS)}."
        )
    total, rows = counted_page(unit, products, conditions, order=order, part=part)
    return total, [_product(row) for row in rows]


def product_titles(unit: Unit, product_ids: Sequence[str]) -> Mapping[str, str]:
    """``SKU - name`` of each existing product, by id."""
    rows = unit.connection.execute(
        select(products.c.product_id, products.c.sku, products.c.name).where(
            products.c.account_id == unit.actor.account_id,
            products.c.product_id.in_(list(dict.fromkeys(product_ids))),
        )
    )
    return {row.product_id: f"{row.sku} - {row.name}" for row in rows}


def _checked(unit: Unit, draft: ProductDraft, *, but: str) -> dict[str, str]:
    """Check *draft* and return its columns. Product *but* may already have the SKU."""
    given = {"sku": draft.sku, "name": draft.name, "description": draft.description}
    values = {column: text.strip() for column, text in given.items() if text is not None}
    members = {"sku": "ProductSku", "name": "Name", "description": "Description"}
    for column, text in values.items():
        longest = DESCRIPTION_CHARACTERS_MAX if column == "description" else NAME_CHARACTERS_MAX
        member = members[column]
        if len(text) > longest:
            raise too_long(member, longest)
        if not text and column != "description":
            raise incorrect(member, fix=f"Send {member}.")
    if "sku" in values:
        values["sku_key"] = values["sku"].casefold()
        holder = unit.connection.execute(
            select(products.c.product_id).where(
                products.c.account_id == unit.actor.account_id,
                products.c.sku_key == values["sku_key"],
            )
        ).scalar()
        if holder not in (None, but):
            raise ValueDuplicate(
                schema_name="ProductSku", display_name="Product SKU", entity="Product"
            )
    return values


def _one(unit: Unit, product_id: str) -> tuple[Sql, Sql]:
    return (
        products.c.account_id == unit.actor.account_id,
        products.c.product_id == product_id,
    )


def _missing(member: str, fix: str) -> Missing:
    return Missing("product", location=member, fix=fix)


def _product(row: Row[Any]) -> Product:
    return Product(
        row.product_id,
        row.sku,
        row.name,
        row.description,
        row.created_on,
        row.created_by,
        row.modified_on,
        row.modified_by,
    )
