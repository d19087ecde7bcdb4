"""Sales activities: products offered or sold to leads."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from leadwire.operations.sales import SaleStatus
from leadwire.sdk import reading, writing
from leadwire.sdk.aio.resource import AsyncResource
from leadwire.sdk.models.lead import Written
from leadwire.sdk.models.sale import Sale, SaleSetting
from leadwire.sdk.rows import Rows
from leadwire.sdk.values import field_value
from leadwire.sdk.writing import FieldValue


class AsyncSales(AsyncResource):
    """Sales. *fields* are by schema names: mx_Custom_5 and up."""

    async def create(  # noqa: PLR0913  # the members of a sale
        self,
        lead_id: str,
        product_sku: str,
        status: SaleStatus,
        *,
        revenue: float | Decimal | None = None,
        owner_id: str | None = None,
        owner_email_address: str | None = None,
        sold_on: datetime | None = None,
        note: str | None = None,
        fields: Mapping[str, FieldValue] | None = None,
    ) -> Written:
        """Post a sale on a lead and return its ``id``. Defaults: owned by the caller, now.

        Not repeatable: a second post makes a second sale.
        """
        more = _more(revenue, owner_id, owner_email_address, sold_on, note, fields)
        return await self._call(
            "SalesActivity.Create",
            reading.message(Written),
            body={"ProspectId": lead_id, "ProductSku": product_sku, "Status": status} | more,
        )

    async def update(  # noqa: PLR0913
        self,
        sale_id: str,
        lead_id: str,
        *,
        product_sku: str | None = None,
        status: SaleStatus | None = None,
        revenue: float | Decimal | None = None,
        owner_id: str | None = None,
        owner_email_address: str | None = None,
        sold_on: datetime | None = None,
        note: str | None = None,
        fields: Mapping[str, FieldValue] | None = None,
    ) -> Written:
        """Change a sale of a lead. Omitted fields keep their values. Raises NotFound."""
        named = {
            "Id": sale_id,
            "ProspectId": lead_id,
            "ProductSku": product_sku,
            "Status": status,
        }
        more = _more(revenue, owner_id, owner_email_address, sold_on, note, fields)
        return await self._call(
            "SalesActivity.Update",
            reading.message(Written),
            body=writing.without_none(named) | more,
        )

    async def get(self, sale_id: str) -> Sale:
        """A sale with all its fields. Raises NotFound."""
        return await self._call(
            "SalesActivity.RetrieveActivity", reading.one(Sale), query={"activityId": sale_id}
        )

    async def of_lead(self, lead_id: str, *, with_options: bool | None = None) -> Rows[Sale]:
        """The sales to a lead, newest first. *with_options* includes the options of dropdowns."""
        return await self._call(
            "SalesActivity.RetrieveByLeadId",
            reading.many(Sale),
            query={"leadId": lead_id, "IncludeOption": with_options},
        )

    async def setting(self) -> SaleSetting:
        """The fields of sales, and the currency of their revenue."""
        return await self._call("SalesActivity.RetrieveSetting", reading.one(SaleSetting))


def _more(
    revenue: float | Decimal | None,
    owner_id: str | None,
    owner_email_address: str | None,
    sold_on: datetime | None,
    note: str | None,
    fields: Mapping[str, FieldValue] | None,
) -> dict[str, Any]:
    return writing.without_none(
        {
            "Revenue": None if revenue is None else str(field_value(revenue)),
            "SalesOwner": owner_id,
            "SalesOwnerEmail": owner_email_address,
            "SalesDate": writing.moment_text(sold_on),
            "ActivityNote": note,
            "Fields": writing.slots(fields),
        }
    )
