# Made by scripts/sdk from leadwire/sdk/aio/opportunities.py: change that file instead.
"""Opportunities of leads, and their types."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Unpack

from leadwire.operations import BY_NAME
from leadwire.sdk import reading, writing
from leadwire.sdk.blocking.resource import Resource
from leadwire.sdk.bodies import CaptureOptions, capture_body, opportunity_change
from leadwire.sdk.conditions import Condition, Joiner, search_text
from leadwire.sdk.models.activity import ActivityRow, ActivitySetting, ActivityType
from leadwire.sdk.models.lead import Written
from leadwire.sdk.models.opportunity import Captured, Opportunity, OpportunityDetails
from leadwire.sdk.reading import Page
from leadwire.sdk.rows import Rows
from leadwire.sdk.writing import FieldValue

EVENT_CODE_DEFAULT: Final = 12_000
PAGE_MAX: Final = BY_NAME["Opportunity.RetrieveRecentlyModified"].page_max

_BY_CREATION: Final = "CreatedOn"


class Opportunities(Resource):
    """Opportunities. *fields* are by schema names: mx_Custom_1 (the name), Status, Owner."""

    def capture(
        self,
        lead: Mapping[str, FieldValue],
        fields: Mapping[str, FieldValue],
        *,
        event_code: int = EVENT_CODE_DEFAULT,
        search_by: str | None = None,
        **options: Unpack[CaptureOptions],
    ) -> Captured:
        """Capture an opportunity of a lead; creates or updates the lead.

        The API answers 200 when it refuses. Such a refusal is raised like any other rejection.
        """
        body = capture_body(lead, fields, event_code, search_by, options)
        return self._call("Opportunity.Capture", reading.one(Captured), body=body)

    def update(
        self,
        opportunity_id: str,
        fields: Mapping[str, FieldValue] | None = None,
        *,
        note: str | None = None,
        lead_id: str | None = None,
        event_code: int | None = None,
    ) -> Written:
        """Change an opportunity. Omitted fields keep their values."""
        return self._call(
            "Opportunity.Update",
            reading.message(Written),
            body=opportunity_change(opportunity_id, fields, note, lead_id, event_code),
        )

    def get(self, opportunity_id: str) -> OpportunityDetails:
        """An opportunity with all its fields. Raises NotFound."""
        return self._call(
            "GetOpportunityDetails",
            reading.one(OpportunityDetails),
            query={"OpportunityId": opportunity_id},
        )

    def of_lead(
        self,
        lead_id: str,
        event_code: int | None = None,
        *,
        columns: Iterable[str] | None = None,
        page: int = 1,
        page_size: int = 100,
    ) -> Page[Opportunity]:
        """The opportunities of a lead, of one type or of all."""
        return self._call(
            "GetOpportunitiesOfLead",
            reading.page(Opportunity, "List"),
            query={"leadId": lead_id, "opportunityType": event_code},
            body=_page("GetOpportunitiesOfLead", columns, None, page, page_size, descending=True),
        )

    def modified_between(  # noqa: PLR0913
        self,
        start: datetime,
        end: datetime,
        event_code: int | None = None,
        *,
        columns: Iterable[str] | None = None,
        sort_by: str | None = None,
        descending: bool = True,
        page: int = 1,
        page_size: int = 100,
    ) -> Page[Opportunity]:
        """One page of the opportunities that changed in the range; at most 1,000 rows."""
        parameter: dict[str, Any] = dict(writing.time_range(start, end))
        if event_code is not None:
            parameter["OpportunityEventCode"] = event_code
        return self._call(
            "Opportunity.RetrieveRecentlyModified",
            reading.page(Opportunity, "List"),
            body={"Parameter": parameter}
            | _page(
                "Opportunity.RetrieveRecentlyModified",
                columns,
                sort_by,
                page,
                page_size,
                descending=descending,
            ),
        )

    def iter_modified_between(
        self,
        start: datetime,
        end: datetime,
        event_code: int | None = None,
        *,
        page_size: int = PAGE_MAX,
    ) -> Iterator[Opportunity]:
        """Every opportunity that changed in the range, oldest first."""

        def fetch(index: int, size: int) -> Page[Opportunity]:
            return self.modified_between(
                start, end, event_code, sort_by=_BY_CREATION, descending=False,
                page=index, page_size=size,
            )  # fmt: skip

        for opportunity in self._every(fetch, page_size, lambda row: row.id):
            yield opportunity

    def search(  # noqa: PLR0913
        self,
        conditions: Sequence[Condition] | str,
        event_code: int = EVENT_CODE_DEFAULT,
        *,
        joined_by: Joiner = "And",
        columns: Iterable[str] | None = None,
        sort_by: str | None = None,
        descending: bool = True,
        page: int = 1,
        page_size: int = 100,
    ) -> Page[Opportunity]:
        """Search opportunities by *conditions*, or by the JSON text of an advanced search."""
        text = search_text(conditions, event_code, of="Activity", joined_by=joined_by)
        return self._call(
            "Opportunity.Retrieve.BySearchParameter",
            reading.page(Opportunity, "List"),
            body={"OpportunityEventCode": event_code, "AdvancedSearch": text}
            | _page(
                "Opportunity.Retrieve.BySearchParameter",
                columns,
                sort_by,
                page,
                page_size,
                descending=descending,
            ),
        )

    def activities(
        self, opportunity_id: str, *, page: int = 1, page_size: int = 100
    ) -> Page[ActivityRow]:
        """The activities of an opportunity."""
        return self._call(
            "GetActivitiesOfOpportunity",
            reading.page(ActivityRow, "List"),
            query={"OpportunityId": opportunity_id},
            body=_page("GetActivitiesOfOpportunity", None, None, page, page_size, descending=True),
        )

    def types(self) -> Rows[ActivityType]:
        """The opportunity types of the account."""
        return self._call("GetOpportunityTypes", reading.many(ActivityType))

    def type(self, event_code: int = EVENT_CODE_DEFAULT) -> ActivitySetting:
        """An opportunity type with its fields."""
        return self._call(
            "GetOpportunityTypeMetadata",
            reading.one(ActivitySetting),
            query={"code": event_code},
        )

    def delete(self, opportunity_id: str) -> Written:
        """Delete an opportunity. Its activities stay with the lead."""
        return self._call(
            "Opportunity.Delete",
            reading.message(Written),
            query={"Id": opportunity_id},
        )

    def is_enabled(self) -> bool:
        """Whether the account has opportunities."""
        return self._call("IsOpportunityEnabled", _enabled)


def _page(
    operation: str, columns: Iterable[str] | None, sort_by: str | None, page: int, page_size: int,
    *, descending: bool,
) -> dict[str, Any]:  # fmt: skip
    parts = {
        "Columns": writing.plain_columns(columns),
        "Sorting": writing.sorting(sort_by, descending=descending),
        "Paging": writing.paging(page, page_size, of=operation),
    }
    return writing.without_none(parts)


def _enabled(tree: Any) -> bool:  # noqa: ANN401  # any JSON
    if not isinstance(tree, dict):
        raise reading.UnexpectedShape
    return str(tree.get("OpportunityManagement", "")).lower() == "enabled"
