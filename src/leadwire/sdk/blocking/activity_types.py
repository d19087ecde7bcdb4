# Made by scripts/sdk from leadwire/sdk/aio/activity_types.py: change that file instead.
"""Activity types, with their fields and options."""

from collections.abc import Mapping, Sequence
from typing import Any

from leadwire.sdk import reading, writing
from leadwire.sdk.blocking.resource import Resource
from leadwire.sdk.models.activity import ActivitySetting, ActivityType, DropdownOption
from leadwire.sdk.models.lead import Written
from leadwire.sdk.rows import Rows


class ActivityTypes(Resource):
    """Activity types."""

    def all(self) -> Rows[ActivityType]:
        """Every type of the account, those that LeadSquared defines included."""
        return self._call("ActivityTypes.Get", reading.many(ActivityType))

    def get(self, event_code: int) -> ActivitySetting:
        """A type with its fields."""
        return self._call(
            "CustomActivity.GetActivitySetting",
            reading.one(ActivitySetting),
            query={"code": event_code},
        )

    def create(
        self,
        name: str,
        *,
        score: int | None = None,
        description: str | None = None,
        is_outbound: bool | None = None,
        fields: Sequence[Mapping[str, Any]] | None = None,
    ) -> int:
        """Create a custom type and return its event code. *fields* use the API's spelling."""
        body = writing.without_none(
            {
                "ActivityEventName": name,
                "Score": score,
                "Description": description,
                "Direction": None if is_outbound is None else int(is_outbound),
                "Fields": fields,
            }
        )
        written = self._call("ActivityType.Create", reading.message(Written), body=body)
        return int(written.id)

    def update(  # noqa: PLR0913  # the members of a type
        self,
        type_id: str,
        *,
        name: str | None = None,
        score: int | None = None,
        description: str | None = None,
        is_outbound: bool | None = None,
        can_delete: bool | None = None,
        fields: Sequence[Mapping[str, Any]] | None = None,
    ) -> Written:
        """Change a custom type. Omitted arguments keep their values."""
        body = writing.without_none(
            {
                "ID": type_id,
                "ActivityEventName": name,
                "Score": score,
                "Description": description,
                "EventDirection": None if is_outbound is None else int(is_outbound),
                "CanDeleteActivity": can_delete,
                "Fields": fields,
            }
        )
        return self._call("ActivityType.Update", reading.message(Written), body=body)

    def options(self, event_code: int, schema_name: str) -> Rows[DropdownOption]:
        """The options of a dropdown field of a type."""
        body = {"Parameter": {"SchemaName": schema_name, "ActivityEventCode": event_code}}
        return self._call(
            "ActivityField.Dropdown.Options.Get",
            reading.many(DropdownOption, "Options"),
            body=body,
        )
