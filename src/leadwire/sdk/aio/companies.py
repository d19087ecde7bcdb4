"""Companies and their activities."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from leadwire.operations import BY_NAME
from leadwire.operations.companies import OnCollision, UniqueField
from leadwire.sdk import reading, writing
from leadwire.sdk.aio.resource import AsyncResource
from leadwire.sdk.bodies import activity_body, company_attributes, company_columns, company_query
from leadwire.sdk.conditions import CompanyFilter
from leadwire.sdk.models.company import Company, CompanyActivity, CompanyRow
from leadwire.sdk.models.lead import Written
from leadwire.sdk.reading import Page
from leadwire.sdk.rows import Rows
from leadwire.sdk.writing import FieldValue

PAGE_MAX: Final = BY_NAME["Company.Get"].page_max
ROWS_MAX: Final = BY_NAME["Company.BulkCreateOrUpdate"].rows_max

_BY_CREATION: Final = "CreatedOn"
_ID: Final = "CompanyId"


class AsyncCompanies(AsyncResource):
    """Companies. Each belongs to one of the account's company types.

    Pass fields by name: the names of Company (``email_address``), or schema names (``mx_Region``).
    """

    async def create(
        self,
        type_name: str,
        attributes: Mapping[str, FieldValue] | None = None,
        /,
        **fields: FieldValue,
    ) -> Written:
        """Create a company and return its ``id``. Raises Duplicate if its type has the name."""
        body = {
            "CompanyType": {"CompanyTypeName": type_name},
            "CompanyProperties": company_attributes(attributes, fields),
        }
        return await self._call("Company.Create", reading.message(Written), body=body)

    async def update(
        self,
        company_id: str,
        attributes: Mapping[str, FieldValue] | None = None,
        /,
        **fields: FieldValue,
    ) -> Written:
        """Change fields of a company. Omitted fields keep their values. Raises NotFound."""
        return await self._call(
            "Company.Update",
            reading.message(Written),
            query={"companyId": company_id},
            body={"CompanyProperties": company_attributes(attributes, fields)},
        )

    async def bulk_upsert(
        self,
        type_name: str,
        rows: Sequence[Mapping[str, FieldValue]],
        *,
        search_by: UniqueField = "CompanyName",
        on_collision: OnCollision = "OverwriteAllFields",
    ) -> Rows[CompanyRow]:
        """Create or update up to 25 companies in one call; one report for each row. Repeatable."""
        body = {
            "CompanyType": {"CompanyTypeName": type_name},
            "Options": {"SearchBy": search_by, "CollisionResolutionStrategy": on_collision},
            "Companies": [
                company_attributes(row, {})
                for row in writing.batch(rows, of="Company.BulkCreateOrUpdate")
            ],
        }
        return await self._call("Company.BulkCreateOrUpdate", reading.many(CompanyRow), body=body)

    async def search(  # noqa: PLR0913  # the API's own search arguments
        self,
        type_name: str,
        text: str | None = None,
        *,
        where: CompanyFilter | None = None,
        modified_between: tuple[datetime, datetime] | None = None,
        created_between: tuple[datetime, datetime] | None = None,
        columns: Iterable[str] | None = None,
        sort_by: str | None = None,
        descending: bool = True,
        page: int = 1,
        page_size: int = 100,
    ) -> Page[Company]:
        """One page of the companies of a type that match all conditions; at most 1,000 rows.

        *where* compares one field: ``("stage", "=", "Partner")``.
        """
        query = company_query(
            type_name, text, where, modified=modified_between, created=created_between
        )
        body = {
            "Query": query,
            "Columns": company_columns(columns),
            "Sorting": writing.sorting(sort_by, descending=descending),
            "Paging": writing.paging(page, page_size, of="Company.Get"),
        }
        return await self._call(
            "Company.Get",
            reading.page(Company, "Companies"),
            body=writing.without_none(body),
        )

    async def iter_search(
        self,
        type_name: str,
        text: str | None = None,
        *,
        where: CompanyFilter | None = None,
        columns: Iterable[str] | None = None,
        page_size: int = PAGE_MAX,
    ) -> AsyncIterator[Company]:
        """Every company that matches, oldest first, fetched page by page.

        Each company has its ``id``, whatever the *columns*.
        """
        chosen = None if columns is None else writing.columns_with(_ID, columns)

        async def fetch(index: int, size: int) -> Page[Company]:
            return await self.search(
                type_name, text, where=where, columns=chosen, sort_by=_BY_CREATION,
                descending=False, page=index, page_size=size,
            )  # fmt: skip

        async for company in self._every(fetch, page_size, lambda row: row.id):
            yield company

    async def create_activity(
        self,
        company_id: str,
        event_code: int,
        note: str | None = None,
        *,
        at: datetime | None = None,
        fields: Mapping[str, FieldValue] | None = None,
    ) -> Written:
        """Post an activity on a company. *at* defaults to now. The result has its ``id``."""
        body = {"RelatedCompanyId": company_id} | activity_body(event_code, note, at, fields)
        return await self._call("CompanyActivity.Create", reading.message(Written), body=body)

    async def activities(
        self,
        company_id: str,
        *,
        between: tuple[datetime, datetime] | None = None,
        page: int = 1,
        page_size: int = 100,
    ) -> Page[CompanyActivity]:
        """One page of the activities of a company, newest first; at most 1,000 rows."""
        body = {
            "Parameter": None if between is None else writing.time_range(*between),
            "Paging": writing.paging(page, page_size, of="CompanyActivity.Retrieve"),
        }
        return await self._call(
            "CompanyActivity.Retrieve",
            reading.page(CompanyActivity, "CompanyActivities"),
            query={"companyId": company_id},
            body=writing.without_none(body),
        )
