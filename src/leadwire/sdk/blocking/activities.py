# Made by scripts/sdk from leadwire/sdk/aio/activities.py: change that file instead.
"""Activities of leads: create, read, search and change them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from leadwire.operations import BY_NAME
from leadwire.sdk import checks, reading, writing
from leadwire.sdk.blocking.resource import Resource
from leadwire.sdk.bodies import activity_body
from leadwire.sdk.conditions import Condition, Joiner, search_text
from leadwire.sdk.models.activity import (
    Activity,
    ActivityChange,
    ActivityDetails,
    ActivityReport,
    ActivityRow,
)
from leadwire.sdk.models.lead import Written
from leadwire.sdk.reading import Page
from leadwire.sdk.rows import Rows
from leadwire.sdk.writing import FieldValue

PAGE_MAX: Final = BY_NAME["CustomActivity.RetrieveByActivityEvent"].page_max
REFERENCES_PAGE_MAX: Final = BY_NAME["GetLeadReferences"].page_max

_BY_CREATION: Final = "CreatedOn"


class Activities(Resource):
    """Activities. *fields* are by schema names: mx_Custom_1 and so on, Status, Owner."""

    def create(  # noqa: PLR0913  # the members of an activity
        self,
        lead_id: str,
        event_code: int,
        note: str | None = None,
        *,
        at: datetime | None = None,
        fields: Mapping[str, FieldValue] | None = None,
        include_lead_score: bool | None = None,
        skip_option_check: bool | None = None,
    ) -> Written:
        """Post an activity on a lead. *at* defaults to now. The result has its ``id``.

        Not repeatable: a second post makes a second activity.
        """
        body = activity_body(event_code, note, at, fields) | {"RelatedProspectId": lead_id}
        return self._post(
            body, include_lead_score=include_lead_score, skip_option_check=skip_option_check
        )

    def create_by_email(  # noqa: PLR0913
        self,
        email_address: str,
        event_code: int,
        note: str | None = None,
        *,
        at: datetime | None = None,
        fields: Mapping[str, FieldValue] | None = None,
        lead: Mapping[str, str] | None = None,
        include_lead_score: bool | None = None,
        skip_option_check: bool | None = None,
    ) -> Written:
        """Post an activity on the lead with this address. Creates the lead if it does not exist.

        *lead* may give FirstName, LastName, Phone and Score for a new lead.
        """
        known = checks.named_once((lead or {}).items(), writing.schema_name)
        body = activity_body(event_code, note, at, fields) | {"EmailAddress": email_address} | known
        return self._post(
            body, include_lead_score=include_lead_score, skip_option_check=skip_option_check
        )

    def create_with_lead(
        self,
        lead: Mapping[str, FieldValue],
        event_code: int,
        note: str | None = None,
        *,
        search_by: str | None = None,
        at: datetime | None = None,
        fields: Mapping[str, FieldValue] | None = None,
    ) -> Written:
        """Create or update a lead and post an activity on it: both, or neither.

        The result has the activity's ``id``, and the lead's id as ``related_id``.
        """
        return self._call(
            "ProspectActivity.CreateCustom",
            reading.message(Written),
            body={
                "LeadDetails": writing.lead_attributes(lead, {}, search_by=search_by),
                "Activity": activity_body(event_code, note, at, fields),
            },
        )

    def of_lead(
        self,
        lead_id: str,
        event_code: int | None = None,
        *,
        offset: int = 0,
        row_count: int = 25,
    ) -> Page[Activity]:
        """Activities of a lead, newest first. *offset* counts rows, ``total`` all matches."""
        body: dict[str, Any] = {"Paging": {"Offset": offset, "RowCount": row_count}}
        if event_code is not None:
            body["Parameter"] = {"ActivityEvent": event_code}
        return self._call(
            "ProspectActivity.Retrieve",
            reading.page(Activity, "ProspectActivities"),
            query={"leadId": lead_id},
            body=body,
        )

    def iter_of_lead(
        self, lead_id: str, event_code: int | None = None, *, page_size: int = 100
    ) -> Iterator[Activity]:
        """Every activity of a lead, newest first, fetched page by page."""

        def fetch(index: int, size: int) -> Page[Activity]:
            return self.of_lead(lead_id, event_code, offset=(index - 1) * size, row_count=size)

        for activity in self._every(fetch, page_size, lambda row: row.id):
            yield activity

    def get(self, activity_id: str) -> ActivityDetails:
        """An activity with all its fields. Raises NotFound."""
        return self._call(
            "GetActivityDetails", reading.one(ActivityDetails), query={"activityId": activity_id}
        )

    def modified_between(  # noqa: PLR0913
        self,
        start: datetime,
        end: datetime,
        event_code: int,
        *,
        remove_empty: bool | None = None,
        sort_by: str | None = None,
        descending: bool = True,
        page: int = 1,
        page_size: int = 100,
    ) -> Page[ActivityRow]:
        """One page of the activities of a type that changed in the range; at most 1,000 rows."""
        parameter = writing.time_range(start, end) | {"ActivityEvent": event_code}
        body = {
            "Parameter": parameter | writing.without_none({"RemoveEmptyValue": remove_empty}),
            "Sorting": writing.sorting(sort_by, descending=descending),
            "Paging": writing.paging(page, page_size, of="CustomActivity.RetrieveByActivityEvent"),
        }
        return self._call(
            "CustomActivity.RetrieveByActivityEvent",
            reading.page(ActivityRow, "List"),
            body=writing.without_none(body),
        )

    def iter_modified_between(
        self, start: datetime, end: datetime, event_code: int, *, page_size: int = PAGE_MAX
    ) -> Iterator[ActivityRow]:
        """Every activity of a type that changed in the range, oldest first."""

        def fetch(index: int, size: int) -> Page[ActivityRow]:
            return self.modified_between(
                start, end, event_code, sort_by=_BY_CREATION, descending=False,
                page=index, page_size=size,
            )  # fmt: skip

        for activity in self._every(fetch, page_size, lambda row: row.id):
            yield activity

    def all_modified_between(
        self,
        start: datetime,
        end: datetime,
        *,
        page: int = 1,
        page_size: int = 100,
    ) -> Page[Activity]:
        """As ``modified_between``, for every type. LeadSquared fails here for large accounts."""
        body = {
            "Parameter": writing.time_range(start, end),
            "Paging": writing.paging(
                page, page_size, of="ProspectActivity.RetrieveRecentlyModified"
            ),
        }
        return self._call(
            "ProspectActivity.RetrieveRecentlyModified",
            reading.page(Activity, "ProspectActivities"),
            body=body,
        )

    def changes(
        self,
        start: datetime,
        end: datetime,
        *,
        activity_id: str | None = None,
        event_codes: Iterable[int] | None = None,
        page: int = 1,
        page_size: int = 100,
    ) -> Page[ActivityChange]:
        """The change history of one activity, of some types, or of all activities."""
        events = None if event_codes is None else list(event_codes)
        members = {"ActivityID": activity_id, "ActivityEvents": events}
        body = {
            "Parameter": writing.time_range(start, end) | writing.without_none(members),
            "Paging": writing.paging(page, page_size, of="RetrieveActivityChange"),
        }
        return self._call(
            "RetrieveActivityChange",
            reading.page(ActivityChange, "Activities"),
            body=body,
        )

    def search(  # noqa: PLR0913
        self,
        event_code: int,
        conditions: Sequence[Condition] | str,
        *,
        joined_by: Joiner = "And",
        columns: Iterable[str] | None = None,
        sort_by: str | None = None,
        descending: bool = True,
        page: int = 1,
        page_size: int = 100,
    ) -> Page[ActivityRow]:
        """Search activities of a type by *conditions*, or by the JSON text of an advanced search.

        Administrators only.
        """
        text = search_text(conditions, event_code, of="Activity", joined_by=joined_by)
        body = {
            "ActivityEvent": event_code,
            "AdvancedSearch": text,
            "Columns": writing.plain_columns(columns),
            "Sorting": writing.sorting(sort_by, descending=descending),
            "Paging": writing.paging(page, page_size, of="Activity.Retrieve.BySearchParameter"),
        }
        return self._call(
            "Activity.Retrieve.BySearchParameter",
            reading.page(ActivityRow, "List"),
            body=writing.without_none(body),
        )

    def referring_to(
        self,
        lead_id: str,
        event_code: int | None = None,
        *,
        page: int = 1,
        page_size: int = REFERENCES_PAGE_MAX,
    ) -> Page[ActivityDetails]:
        """Activities of other leads that refer to a lead; at most 50 a page."""
        body: dict[str, Any] = {"Paging": writing.paging(page, page_size, of="GetLeadReferences")}
        if event_code is not None:
            body["Parameter"] = {"ActivityEvent": event_code}
        return self._call(
            "GetLeadReferences",
            reading.page(ActivityDetails, "ProspectActivities"),
            query={"leadId": lead_id},
            body=body,
        )

    def update(
        self,
        activity_id: str,
        *,
        event_code: int | None = None,
        note: str | None = None,
        fields: Mapping[str, FieldValue] | None = None,
        skip_option_check: bool | None = None,
    ) -> Written:
        """Change a custom activity. Omitted fields keep values. Raises NotFound, NotAllowed."""
        body = writing.without_none(
            {
                "ProspectActivityId": activity_id,
                "ActivityEvent": event_code,
                "ActivityNote": note,
                "ValidateDropDownOptions": skip_option_check,
                "Fields": writing.slots(fields),
            }
        )
        return self._call("CustomActivity.Update", reading.message(Written), body=body)

    def bulk_create(self, rows: Sequence[Mapping[str, Any]]) -> Rows[ActivityReport]:
        """Post up to 25 activities in one call; one report for each.

        A row takes the arguments of ``create`` (lead_id, event_code, note, at, fields), and
        owner_email.
        """
        body = [_row(row) for row in writing.batch(rows, of="Bulk.CustomActivity.Add.ByLeadId")]
        return self._call(
            "Bulk.CustomActivity.Add.ByLeadId",
            reading.many(ActivityReport, "Response"),
            body=body,
        )

    def bulk_create_by(
        self, search_by: str, rows: Sequence[Mapping[str, Any]]
    ) -> Rows[ActivityReport]:
        """As ``bulk_create``, but find each lead by its value of the field *search_by*.

        A row has ``search_value`` instead of lead_id.
        """
        body = [_row(row) for row in writing.batch(rows, of="Bulk.CustomActivity.Add.ByLeadField")]
        return self._call(
            "Bulk.CustomActivity.Add.ByLeadField",
            reading.many(ActivityReport, "Response"),
            query={"searchBy": writing.schema_name(search_by)},
            body=body,
        )

    def bulk_update(self, rows: Sequence[Mapping[str, Any]]) -> Rows[ActivityReport]:
        """Change up to 25 activities in one call. A row has activity_id, note, fields."""
        body = [_row(row) for row in writing.batch(rows, of="Bulk.CustomActivity.Update")]
        return self._call(
            "Bulk.CustomActivity.Update",
            reading.many(ActivityReport, "Response"),
            body=body,
        )

    def delete_of_lead(
        self,
        lead_id: str,
        event_codes: Iterable[int],
        start: datetime,
        end: datetime,
        *,
        status_url: str = "",
    ) -> Written:
        """Delete the custom activities of a lead, of some types, in a time range."""
        body = {
            "ProspectId": lead_id,
            "ActivityEventList": [str(code) for code in event_codes],
            **writing.time_range(start, end),
            "StatusWebhookURL": status_url,
        }
        return self._call("DeleteActivities", reading.message(Written), body=body)

    def lock(self, activity_id: str) -> Written:
        """Lock the activity: from now on it cannot be changed or deleted."""
        return self._call(
            "CustomActivity.Lock",
            reading.message(Written),
            query={"activityId": activity_id},
        )

    def attach(self, activity_id: str, name: str, url: str, *, description: str = "") -> Written:
        """Attach the file at *url* to an activity."""
        body = {
            "ProspectActivityId": activity_id,
            "AttachmentName": name,
            "Description": description,
            "AttachmentFile": url,
        }
        return self._call("Attachment.Add", reading.message(Written), body=body)

    def _post(
        self,
        body: dict[str, Any],
        *,
        include_lead_score: bool | None,
        skip_option_check: bool | None,
    ) -> Written:
        flags = {
            "IncludeLeadScore": include_lead_score,
            # The API's flag does the reverse of what its documentation says.
            "ValidateDropDownOptions": skip_option_check,
        }
        return self._call(
            "ProspectActivity.Create",
            reading.message(Written),
            body=body | writing.without_none(flags),
        )


_ROW_NAMES: Final = {
    "lead_id": "RelatedProspectId",
    "activity_id": "ProspectActivityId",
    "search_value": "SearchByValue",
    "owner_email": "ActivityOwnerEmail",
}


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of a bulk call. Raises InvalidValue for an unknown member."""
    writing.only(row, (*_ROW_NAMES, "event_code", "note", "at", "fields"))
    own = {_ROW_NAMES[name]: row[name] for name in _ROW_NAMES if row.get(name) is not None}
    return own | activity_body(
        row.get("event_code"), row.get("note"), row.get("at"), row.get("fields")
    )
