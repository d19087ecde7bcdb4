"""Activities, their types and fields, and the rows of bulk reports."""

from leadwire.sdk.models.bulk_row import BulkRow
from leadwire.sdk.rows import (
    Identity,
    Row,
    child,
    children,
    flag,
    mapping,
    moment,
    number,
    text,
    whole,
)


class ActivityType(Row):
    """A type of activities or opportunities. Activities name it by *event_code*."""

    __slots__ = ()

    id = text("Id")
    event_code = whole("ActivityEvent")
    name = text("ActivityEventName")
    display_name = text("DisplayName")
    event_type = whole("EventType")
    direction = whole("EventDirection")
    score = number("Score")


class FieldDetail(Row):
    """A field of an activity, an opportunity or a type, with its value if there is one."""

    __slots__ = ()

    schema_name = Identity("SchemaName")
    display_name = text("DisplayName")
    value = text("Value")
    display_value = text("DisplayValue")
    data_type = text("DataType")
    is_mandatory = flag("IsMandatory")
    is_read_only = flag("IsReadOnly")
    sequence = whole("Sequence")
    option_set = text("OptionSet")
    """JSON text."""


class ActivitySetting(Row):
    """A type with its fields."""

    __slots__ = ()

    id = text("ID")
    name = text("Name")
    display_name = text("DisplayName")
    score = number("Score")
    fields = children("Fields", FieldDetail)


class Fielded(Row):
    """An answer that lists its fields one by one."""

    __slots__ = ()

    fields = children("Fields", FieldDetail)

    def by_name(self) -> dict[str, str | None]:
        """The values of its fields, by schema name."""
        return {field.schema_name: field.value for field in self.fields}


class ActivityDetails(Fielded):
    """An activity with all its fields."""

    __slots__ = ()

    id = Identity("ID")
    name = text("Name")
    display_name = text("DisplayName")


class Activity(Row):
    """An activity of a lead. ``fields`` has its own fields, by schema name (mx_Custom_1)."""

    __slots__ = ()

    id = Identity("Id")
    lead_id = text("RelatedProspectId")
    event_code = whole("EventCode")
    event_name = text("EventName")
    score = number("ActivityScore")
    created_on = moment("CreatedOn")
    modified_on = moment("ModifiedOn")
    activity_type = whole("ActivityType")
    direction = text("Type")
    session_id = text("SessionId")
    fields = mapping("ActivityFields")

    @property
    def data(self) -> dict[str, str | None]:
        """What the API returns besides the fields, by the API's keys."""
        pairs = self.get("Data")
        return {
            str(pair.get("Key")): pair.get("Value")
            for pair in (pairs if isinstance(pairs, list) else [])
            if isinstance(pair, dict)
        }


class ActivityRow(Row):
    """An activity as a search row, with its fields among its other members."""

    __slots__ = ()

    id = Identity("ProspectActivityId")
    lead_id = text("RelatedProspectId")
    event_code = whole("ActivityEvent")
    activity_type = whole("ActivityType")
    note = text("ActivityEvent_Note")
    status = text("Status")
    owner = text("Owner")
    created_on = moment("CreatedOn")
    created_by = text("CreatedBy")
    created_by_name = text("CreatedByName")
    created_by_email_address = text("CreatedByEmailAddress")
    modified_on = moment("ModifiedOn")


class ChangedActivity(Row):
    """The activity that a change in a history is about."""

    __slots__ = ()

    id = Identity("ProspectActivityId")
    lead_id = text("RelatedProspectId")
    event_code = whole("ActivityEvent")
    created_on = moment("CreatedOn")
    modified_on = moment("ModifiedOn")
    modified_by = text("ModifiedBy")
    modified_by_name = text("ModifiedByName")


class ValueChange(Row):
    """The change of one field, in the history of an activity."""

    __slots__ = ()

    schema_name = text("SchemaName")
    display_name = text("DisplayName")
    old_value = text("OldValue")
    new_value = text("NewValue")


class ActivityChange(Row):
    """A change in the history of an activity."""

    __slots__ = ()

    activity = child("Activity", ChangedActivity)
    change_type = text("ChangeType")
    changes = children("Changes", ValueChange)


class DropdownOption(Row):
    """An option of a dropdown field of activities."""

    __slots__ = ()

    label = text("Text")
    value = text("Value")
    order = whole("Order")
    is_default = flag("IsDefault")


class ActivityReport(BulkRow):
    """The result of one row of a bulk call."""

    __slots__ = ()

    activity_id = text("ProspectActivityId")
    is_created = flag("ActivityCreated")
    is_updated = flag("ActivityUpdated")
    message = text("ExceptionMessage")
