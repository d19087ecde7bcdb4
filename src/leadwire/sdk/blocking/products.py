# Made by scripts/sdk from leadwire/sdk/aio/products.py: change that file instead.
"""Products that sales refer to."""

from collections.abc import Iterator
from typing import Final

from leadwire.operations import BY_NAME
from leadwire.sdk import reading, writing
from leadwire.sdk.blocking.resource import Resource
from leadwire.sdk.models.lead import Written
from leadwire.sdk.models.sale import Product
from leadwire.sdk.reading import Page

PAGE_MAX: Final = BY_NAME["Products.Retrieve"].page_max

_BY_CREATION: Final = "CreatedOn"


class Products(Resource):
    """Products."""

    def create(self, sku: str, name: str, *, description: str | None = None) -> Written:
        """Create a product and return its ``id``. Raises Duplicate if the SKU is taken."""
        body = {"ProductSku": sku, "Name": name, "Description": description}
        return self._call(
            "Product.Create", reading.message(Written), body=writing.without_none(body)
        )

    def update(
        self,
        product_id: str,
        *,
        sku: str | None = None,
        name: str | None = None,
        description: str | None = None,
    ) -> Written:
        """Change a product. Omitted fields keep their values. Raises NotFound, Duplicate."""
        body = {
            "ProductId": product_id,
            "ProductSku": sku,
            "Name": name,
            "Description": description,
        }
        return self._call(
            "Product.Update",
            reading.message(Written),
            body=writing.without_none(body),
        )

    def search(  # noqa: PLR0913  # the API's own search arguments
        self,
        text: str | None = None,
        *,
        product_id: str | None = None,
        sku: str | None = None,
        name: str | None = None,
        sort_by: str | None = None,
        descending: bool = True,
        page: int = 1,
        page_size: int = 100,
    ) -> Page[Product]:
        """One page of the products that match all conditions; at most 1,000 rows.

        *text* is searched in SKU, name and description.
        """
        parameter = {"SearchText": text, "Id": product_id, "ProductSku": sku, "Name": name}
        body = {
            "Parameter": writing.without_none(parameter),
            "Sorting": writing.sorting(sort_by, descending=descending),
            "Paging": writing.paging(page, page_size, of="Products.Retrieve"),
        }
        return self._call(
            "Products.Retrieve",
            reading.page(Product, "List"),
            body=writing.without_none(body),
        )

    def iter_search(
        self, text: str | None = None, *, page_size: int = PAGE_MAX
    ) -> Iterator[Product]:
        """Every product that matches, oldest first, fetched page by page."""

        def fetch(index: int, size: int) -> Page[Product]:
            return self.search(
                text, sort_by=_BY_CREATION, descending=False, page=index, page_size=size
            )

        for product in self._every(fetch, page_size, lambda row: row.id):
            yield product

    def by_sku(self, sku: str) -> Product | None:
        """The product with this SKU; None if there is none."""
        found = self.search(sku=sku, page_size=1)
        return found[0] if found else None

    def delete(self, product_id: str) -> Written:
        """Delete a product. Its sales stay. Raises NotFound."""
        return self._call("Product.Delete", reading.message(Written), query={"id": product_id})
