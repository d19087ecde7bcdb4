"""Leads: create, read, search, change and delete them."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal

from leadwire.operations import BY_NAME
from leadwire.operations.leads import Operator, UpdateBehavior
from leadwire.sdk import bulk, checks, reading, writing
from leadwire.sdk.aio.many import AsyncMany, AsyncOutcomes
from leadwire.sdk.aio.resource import AsyncResource
from leadwire.sdk.bulk import BULK_RETRIES, Batch, BulkResult, LeadValues, OnProgress, RowAnswer
from leadwire.sdk.conditions import FieldCondition, condition_group, parts
from leadwire.sdk.models.lead import BulkReport, Lead, LeadOwner, LeadRow, Written, number_of
from leadwire.sdk.reading import Page
from leadwire.sdk.retries import RetryPolicy
from leadwire.sdk.rows import Rows
from leadwire.sdk.values import Value
from leadwire.sdk.writing import FieldValue

SEARCH_PAGE_MAX: Final = BY_NAME["Leads.Get"].page_max
IDS_MAX: Final = BY_NAME["Leads.RetrieveByIds"].rows_max
DISTRIBUTION_PAGE_MAX: Final = BY_NAME["Leads.LeadDistribution"].page_max
CREATE_ROWS_MAX: Final = BY_NAME["Lead.BulkCreate"].rows_max
UPSERT_ROWS_MAX: Final = BY_NAME["Lead.BulkCreateOrUpdate"].rows_max
UPDATE_ROWS_MAX: Final = BY_NAME["Lead.BulkUpdateV2"].rows_max

_BY_NUMBER: Final = "ProspectAutoId"


class AsyncLeads(AsyncResource):
    """Leads.

    Pass fields by name: the names of Lead (``first_name``), or schema names (``mx_City``). None
    clears a field. An aware datetime is sent in UTC.
    """

    async def create(
        self, attributes: Mapping[str, FieldValue] | None = None, /, **fields: FieldValue
    ) -> Written:
        """Create a lead and return its ``id``. Raises Duplicate if a unique value is taken.

        With an e-mail address it is retried after a 5xx, since that value is unique. A Duplicate
        with ``maybe_applied`` may then mean the lead that this call created.
        """
        body = writing.lead_attributes(attributes, fields)
        return await self._call(
            "Lead.Create",
            reading.message(Written),
            body=body,
            has_key=writing.has_email(body),
        )

    async def capture(
        self,
        attributes: Mapping[str, FieldValue] | None = None,
        /,
        *,
        search_by: str | None = None,
        update_behavior: UpdateBehavior | None = None,
        **fields: FieldValue,
    ) -> Written:
        """Create a lead, or update the one that matches, and post a Lead Capture activity.

        Matches by *search_by*, then ProspectID, EmailAddress and Phone. The result has ``id``,
        ``related_id`` and ``is_created``.
        """
        return await self._call(
            "Lead.Capture",
            reading.message(Written),
            query={"LeadUpdateBehavior": update_behavior},
            body=writing.lead_attributes(attributes, fields, search_by=search_by),
        )

    async def upsert(
        self,
        attributes: Mapping[str, FieldValue] | None = None,
        /,
        *,
        search_by: str | None = None,
        post_updated_lead: bool | None = None,
        **fields: FieldValue,
    ) -> Written:
        """Create a lead, or update the one found by *search_by* (default: e-mail, then phone).

        Repeatable if it has a value to search by: it is then retried after a lost connection.
        """
        body = writing.lead_attributes(attributes, fields, search_by=search_by)
        return await self._call(
            "Lead.CreateOrUpdate",
            reading.message(Written),
            query={"postUpdatedLead": post_updated_lead},
            body=body,
            has_key=writing.is_found_again(body),
        )

    async def update(
        self,
        lead_id: str,
        attributes: Mapping[str, FieldValue] | None = None,
        /,
        *,
        post_updated_lead: bool | None = None,
        **fields: FieldValue,
    ) -> Written:
        """Change fields of a lead. Omitted fields keep their values. Raises NotFound.

        Webhooks and automations run only with *post_updated_lead*.
        """
        return await self._call(
            "Lead.Update",
            reading.message(Written),
            query={"leadId": lead_id, "postUpdatedLead": post_updated_lead},
            body=writing.lead_attributes(attributes, fields),
        )

    async def convert(
        self,
        lead_id: str,
        attributes: Mapping[str, FieldValue] | None = None,
        /,
        *,
        post_updated_lead: bool | None = None,
        **fields: FieldValue,
    ) -> Written:
        """Create a lead from the visitor that website tracking knows as *lead_id*."""
        return await self._call(
            "Lead.Convert",
            reading.message(Written),
            query={"leadId": lead_id, "postUpdatedLead": post_updated_lead},
            body=writing.lead_attributes(attributes, fields),
        )

    async def get(self, lead_id: str) -> Lead | None:
        """The lead, or None if the id is unknown."""
        return await self._call("Leads.GetById", reading.first(Lead), query={"id": lead_id})

    async def by_email(self, email_address: str) -> Lead | None:
        """The lead with that e-mail address, or None."""
        checks.identifier("email_address", email_address)
        return await self._call(
            "Leads.GetByEmailaddress", reading.first(Lead), query={"emailaddress": email_address}
        )

    async def by_phone(self, phone: str) -> Lead | None:
        """By phone or mobile. If several match, the one with the latest activity."""
        return await self._call(
            "RetrieveLeadByPhoneNumber", reading.first(Lead), query={"phone": phone}
        )

    async def quick_search(self, key: str) -> Rows[Lead]:
        """Leads that contain *key*, as the search box finds them."""
        return await self._call("Leads.GetByQuickSearch", reading.many(Lead), query={"key": key})

    async def search(  # noqa: PLR0913  # the API's own search arguments
        self,
        field: str,
        value: Value,
        operator: Operator = "=",
        *,
        columns: Iterable[str] | None = None,
        sort_by: str | None = None,
        descending: bool = True,
        page: int = 1,
        page_size: int = 100,
    ) -> Page[Lead]:
        """One page of the leads whose *field* matches *value*; at most 1,000 rows.

        In LIKE ``%`` matches any text; IN takes comma-separated values. *columns* None returns
        every field.
        """
        body = {
            "Parameter": writing.lookup(field, operator, value),
            **self._shape(columns, sort_by, descending=descending),
            "Paging": writing.paging(page, page_size, of="Leads.Get"),
        }
        return await self._call("Leads.Get", reading.page(Lead, "Leads"), body=body)

    async def iter_search(
        self,
        field: str,
        value: Value,
        operator: Operator = "=",
        *,
        columns: Iterable[str] | None = None,
        page_size: int = SEARCH_PAGE_MAX,
    ) -> AsyncIterator[Lead]:
        """Every lead that matches, oldest first, fetched page by page.

        The order is by lead number, which never changes. So no lead is repeated or skipped, even if
        others stop matching meanwhile. Each lead has its ProspectAutoId, whatever the *columns*.
        """
        chosen = None if columns is None else writing.columns_with(_BY_NUMBER, columns)

        async def fetch(index: int, size: int) -> Page[Lead]:
            return await self.search(
                field, value, operator, columns=chosen, sort_by=_BY_NUMBER, descending=False,
                page=index, page_size=size,
            )  # fmt: skip

        async for lead in self._every(fetch, page_size, number_of):
            yield lead

    async def modified_between(  # noqa: PLR0913
        self,
        start: datetime,
        end: datetime,
        *,
        columns: Iterable[str] | None = None,
        sort_by: str | None = None,
        descending: bool = True,
        page: int = 1,
        page_size: int = 100,
    ) -> Page[Lead]:
        """One page of the leads that changed in the range, both ends included; at most 5,000 rows.

        An activity of a lead counts as a change. ``total`` counts all matches.
        """
        body = {
            "Parameter": writing.time_range(start, end),
            **self._shape(columns, sort_by, descending=descending),
            "Paging": writing.paging(page, page_size, of="Leads.RecentlyModified"),
        }
        return await self._call("Leads.RecentlyModified", reading.page(Lead, "Leads"), body=body)

    async def iter_modified_between(
        self,
        start: datetime,
        end: datetime,
        *,
        columns: Iterable[str] | None = None,
        page_size: int = SEARCH_PAGE_MAX,
    ) -> AsyncIterator[Lead]:
        """Every lead that changed in the range, oldest first, fetched page by page.

        A lead that changes again during the run leaves the range. Start the next range where this
        one ended to get it there. Every other lead comes exactly once. Each lead has its
        ProspectAutoId, whatever the *columns*.
        """
        chosen = None if columns is None else writing.columns_with(_BY_NUMBER, columns)

        async def fetch(index: int, size: int) -> Page[Lead]:
            return await self.modified_between(
                start, end, columns=chosen, sort_by=_BY_NUMBER, descending=False,
                page=index, page_size=size,
            )  # fmt: skip

        async for lead in self._every(fetch, page_size, number_of):
            yield lead

    async def by_ids(
        self, lead_ids: Iterable[str], *, columns: Iterable[str] = ("ProspectID", "FirstName",
        "LastName", "EmailAddress", "Phone"), page: int = 1, page_size: int = IDS_MAX,
    ) -> Page[Lead]:  # fmt: skip
        """The leads with these ids, at most 10,000, with the requested *columns*."""
        body = {
            "SearchParameters": {"LeadIds": writing.ids(lead_ids, of="Leads.RetrieveByIds")},
            "Columns": writing.columns(columns),
            "Paging": writing.paging(page, page_size, of="Leads.RetrieveByIds"),
        }
        return await self._call("Leads.RetrieveByIds", reading.page(Lead, "Leads"), body=body)

    async def distribution(  # noqa: PLR0913  # the API's own report arguments
        self,
        columns: Iterable[str],
        *,
        conditions: Sequence[FieldCondition] = (),
        owner_conditions: Sequence[FieldCondition] = (),
        joined_by: Literal["AND", "OR"] = "AND",
        date_field: str = "CreatedOn",
        between: tuple[datetime, datetime] | None = None,
        sort_by: str | None = None,
        descending: bool = True,
        page: int = 1,
        page_size: int = 1_000,
    ) -> Page[Lead]:
        """One page of the lead distribution report; at most 10,000 rows.

        Filters by lead conditions, ``("stage", "eq", "Prospect")``, by owner conditions, ``("Role",
        "eq", "Sales_User")``, and by a date range. Counts against the bulk rate limit.
        """
        checks.listed("conditions", conditions)
        for condition in conditions:
            parts(condition)
        named = [(writing.schema_name(one), how, value) for one, how, value in conditions]
        report = {
            "LeadFilter": condition_group(named, joined_by=joined_by) if named else None,
            "UserFilter": condition_group(owner_conditions, joined_by=joined_by)
            if owner_conditions
            else None,
        }
        dates = between and [
            {"DateField": writing.schema_name(date_field), **writing.time_range(*between)}
        ]
        chosen = writing.columns(columns) or {}
        body = {
            "ReportFilter": writing.without_none(report),
            "DateFilter": dates,
            "Output": {"Type": "list", "IncludeCSV": chosen.get("Include_CSV")},
            "Sorting": writing.sorting(
                sort_by and writing.schema_name(sort_by), descending=descending
            ),
            "Paging": writing.paging(page, page_size, of="Leads.LeadDistribution"),
        }
        return await self._call(
            "Leads.LeadDistribution",
            reading.page(Lead, "Results"),
            body=writing.without_none(body),
        )

    async def iter_distribution(  # noqa: PLR0913
        self,
        columns: Iterable[str],
        *,
        conditions: Sequence[FieldCondition] = (),
        owner_conditions: Sequence[FieldCondition] = (),
        joined_by: Literal["AND", "OR"] = "AND",
        date_field: str = "CreatedOn",
        between: tuple[datetime, datetime] | None = None,
        page_size: int = DISTRIBUTION_PAGE_MAX,
    ) -> AsyncIterator[Lead]:
        """Every lead of the report, oldest first, fetched page by page.

        Each lead has its ProspectAutoId, whatever the *columns*.
        """
        chosen = writing.columns_with(_BY_NUMBER, columns)

        async def fetch(index: int, size: int) -> Page[Lead]:
            return await self.distribution(
                chosen, conditions=conditions, owner_conditions=owner_conditions,
                joined_by=joined_by, date_field=date_field, between=between, sort_by=_BY_NUMBER,
                descending=False, page=index, page_size=size,
            )  # fmt: skip

        async for lead in self._every(fetch, page_size, number_of):
            yield lead

    async def owner(self, value: str, *, by: str = "LeadId") -> LeadOwner | None:
        """The owner of the lead whose field *by* is *value*; None if there is no such lead."""
        return await self._call(
            "LeadOwner.Get", reading.first(LeadOwner), query={"LeadIdentifier": by, "value": value}
        )

    async def bulk_create(self, rows: Sequence[Mapping[str, FieldValue]]) -> Rows[LeadRow]:
        """Create up to 50 leads in one call; one report for each row, in order."""
        return await self._call(
            "Lead.BulkCreate",
            reading.many(LeadRow),
            body=[
                writing.lead_attributes(row, {})
                for row in writing.batch(rows, of="Lead.BulkCreate")
            ],
        )

    async def bulk_upsert(
        self, rows: Sequence[Mapping[str, FieldValue]], *, search_by: str | None = None
    ) -> Rows[LeadRow]:
        """Create or update up to 25 leads in one call; one report for each row.

        Repeatable if every row has a value to search by.
        """
        body = [
            writing.lead_attributes(row, {}, search_by=search_by)
            for row in writing.batch(rows, of="Lead.BulkCreateOrUpdate")
        ]
        return await self._call(
            "Lead.BulkCreateOrUpdate",
            reading.many(LeadRow),
            body=body,
            has_key=all(map(writing.is_found_again, body)),
        )

    async def bulk_set(self, lead_ids: Iterable[str], field: str, value: Value) -> Written:
        """Set one field of up to 50 leads to one value. ``affected_rows`` counts the changes."""
        (attribute,) = writing.lead_attributes({field: value}, {})
        body = {
            "LeadIds": writing.ids(lead_ids, of="Lead.BulkUpdate"),
            "LeadFields": attribute,
        }
        return await self._call("Lead.BulkUpdate", reading.message(Written), body=body)

    async def bulk_update(
        self,
        rows: Sequence[Mapping[str, FieldValue]],
        *,
        search_by: str = "ProspectId",
        unknown_apart: bool | None = None,
        post_updated_lead: bool | None = None,
    ) -> BulkReport:
        """Change fields of up to 25 leads, each found by its value of *search_by*.

        With *unknown_apart* the report lists unknown leads separately from failed ones.
        """
        body: dict[str, Any] = {
            "SearchByKey": search_by,
            "LeadPropertiesList": [
                {"Fields": writing.lead_attributes(row, {})}
                for row in writing.batch(rows, of="Lead.BulkUpdateV2")
            ],
        }
        if unknown_apart is not None:
            body["Options"] = {"PushNonExistentLeadsToUnProcessedList": unknown_apart}
        return await self._call(
            "Lead.BulkUpdateV2",
            reading.one(BulkReport),
            query={"postUpdatedLead": post_updated_lead},
            body=body,
        )

    async def create_many(
        self,
        rows: Iterable[LeadValues],
        *,
        on_progress: OnProgress | None = None,
        retries: int | RetryPolicy = BULK_RETRIES,
    ) -> BulkResult:
        """Create any number of leads, 50 a call, and return once every row has an outcome.

        A bad row does not stop the others: read ``failures`` of the result, or call its
        ``raise_for_failures``. If a call breaks after it was sent, its rows are ``unknown``: they
        may exist already. Sending them again may create a row without a unique value twice;
        ``upsert_many`` avoids this. *on_progress* is called after every batch. *retries* replaces
        the client's. Raises BulkStopped, with the outcomes so far, for an error that concerns every
        row.
        """
        outcomes = self.iter_create_many(rows, on_progress=on_progress, retries=retries)
        return await outcomes.result()

    def iter_create_many(
        self,
        rows: Iterable[LeadValues],
        *,
        on_progress: OnProgress | None = None,
        retries: int | RetryPolicy = BULK_RETRIES,
    ) -> AsyncOutcomes:
        """As ``create_many``, but lazy: a batch is sent when the loop asks for its first row.

        Nothing is written before the loop, and nothing after it ends early. Memory use is constant.
        Raises an error that concerns every row as it is.
        """
        leads = type(self)(self._client.with_options(retries=retries))

        async def send(batch: Batch) -> list[RowAnswer]:
            found = await leads.bulk_create(batch)
            return bulk.answers_of_rows(found, len(batch))

        many = AsyncMany(send, on_progress=on_progress)
        return many.outcomes(bulk.batches(rows, rows_max=CREATE_ROWS_MAX))

    async def upsert_many(
        self,
        rows: Iterable[LeadValues],
        *,
        search_by: str | None = None,
        on_progress: OnProgress | None = None,
        retries: int | RetryPolicy = BULK_RETRIES,
    ) -> BulkResult:
        """As ``create_many``, but create or update, 25 a call.

        Safe to repeat: a written row is found again by *search_by* (default: e-mail, then phone). A
        batch is not retried if one of its rows has no such value.
        """
        outcomes = self.iter_upsert_many(
            rows, search_by=search_by, on_progress=on_progress, retries=retries
        )
        return await outcomes.result()

    def iter_upsert_many(
        self,
        rows: Iterable[LeadValues],
        *,
        search_by: str | None = None,
        on_progress: OnProgress | None = None,
        retries: int | RetryPolicy = BULK_RETRIES,
    ) -> AsyncOutcomes:
        """As ``upsert_many``, but lazy: see ``iter_create_many``."""
        leads = type(self)(self._client.with_options(retries=retries))

        async def send(batch: Batch) -> list[RowAnswer]:
            found = await leads.bulk_upsert(batch, search_by=search_by)
            return bulk.answers_of_rows(found, len(batch))

        many = AsyncMany(send, on_progress=on_progress)
        return many.outcomes(bulk.batches(rows, rows_max=UPSERT_ROWS_MAX))

    async def update_many(
        self,
        rows: Iterable[LeadValues],
        *,
        search_by: str = "ProspectId",
        post_updated_lead: bool | None = None,
        on_progress: OnProgress | None = None,
        retries: int | RetryPolicy = BULK_RETRIES,
    ) -> BulkResult:
        """As ``create_many``, but update leads found by *search_by*, 25 a call. Safe to repeat.

        A row fails if it has no value of *search_by* or its lead does not exist.
        """
        outcomes = self.iter_update_many(
            rows, search_by=search_by, post_updated_lead=post_updated_lead,
            on_progress=on_progress, retries=retries,
        )  # fmt: skip
        return await outcomes.result()

    def iter_update_many(
        self,
        rows: Iterable[LeadValues],
        *,
        search_by: str = "ProspectId",
        post_updated_lead: bool | None = None,
        on_progress: OnProgress | None = None,
        retries: int | RetryPolicy = BULK_RETRIES,
    ) -> AsyncOutcomes:
        """As ``update_many``, but lazy: see ``iter_create_many``."""
        leads = type(self)(self._client.with_options(retries=retries))
        key = writing.schema_name(search_by)

        async def send(batch: Batch) -> list[RowAnswer]:
            report = await leads.bulk_update(
                [bulk.with_key(row, key) for row in batch],
                search_by=key,
                unknown_apart=True,
                post_updated_lead=post_updated_lead,
            )
            return bulk.answers_of_report(report, batch, key)

        many = AsyncMany(send, key=key, on_progress=on_progress)
        parts = bulk.batches(rows, rows_max=UPDATE_ROWS_MAX, key=key)
        return many.outcomes(parts)

    async def delete(self, lead_id: str) -> Written:
        """Delete a lead with its activities and notes. Raises NotFound, PermissionMissing."""
        return await self._call("Lead.Delete", reading.message(Written), query={"leadId": lead_id})

    async def merge(self, master_id: str, child_id: str) -> Written:
        """Merge the lead *child_id* into *master_id*. The child is deleted."""
        return await self._call(
            "Lead.Merge",
            reading.message(Written),
            query={"masterId": master_id, "childId": child_id},
        )

    async def merged_children(self, audit_id: str) -> Rows[Lead]:
        """The lead that a merge deleted. *audit_id*: of the activity LeadsMerged (event 3003)."""
        body = {"Parameter": {"MergeAuditId": audit_id}}
        return await self._call("GetMergedChildLeadsByAuditId", reading.many(Lead), body=body)

    async def mark_email_invalid(self, email_address: str, message: str = "") -> Written:
        """Stop e-mails to the lead. *message* gives the reason."""
        body = {"EmailAddress": email_address, "Message": message}
        return await self._call("Lead.MarkEmailInvalid", reading.message(Written), body=body)

    async def mark_email_valid(self, email_address: str, message: str = "") -> Written:
        """Let e-mails go to the lead again. *message* gives the reason."""
        body = {"EmailAddress": email_address, "Message": message}
        return await self._call("Lead.MarkEmailValid", reading.message(Written), body=body)

    async def delete_stage_history(
        self, lead_id: str, start: datetime, end: datetime, *, status_url: str = ""
    ) -> Written:
        """Delete the lead's stage history in a time range."""
        return await self._call(
            "Lead.DeleteStageChangeHistory",
            reading.message(Written),
            body=_history(lead_id, start, end, status_url),
        )

    async def delete_owner_history(
        self, lead_id: str, start: datetime, end: datetime, *, status_url: str = ""
    ) -> Written:
        """Delete the lead's owner history in a time range."""
        return await self._call(
            "Lead.DeleteUserAssignmentChangeHistory",
            reading.message(Written),
            body=_history(lead_id, start, end, status_url),
        )

    @staticmethod
    def _shape(
        columns: Iterable[str] | None, sort_by: str | None, *, descending: bool
    ) -> dict[str, Any]:
        """Columns and Sorting of a search body, if requested."""
        name = None if sort_by is None else writing.schema_name(sort_by)
        shape = {
            "Columns": writing.columns(columns),
            "Sorting": writing.sorting(name, descending=descending),
        }
        return {key: part for key, part in shape.items() if part is not None}


def _history(lead_id: str, start: datetime, end: datetime, status_url: str) -> dict[str, str]:
    return {
        "ProspectId": lead_id,
        **writing.time_range(start, end),
        "StatusWebhookURL": status_url,
    }
