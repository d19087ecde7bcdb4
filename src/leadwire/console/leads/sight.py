"""Which values of a lead a viewer may see: personal ones need the right to see bodies."""

from dataclasses import dataclass
from typing import Final

from leadwire.access.viewer import Viewer
from leadwire.calls.redaction.names import normal_name
from leadwire.calls.redaction.tokens import GROUP, GROUP_FIELDS
from leadwire.crm.leads.fields import LeadField
from leadwire.crm.leads.rows import Lead
from leadwire.settings import Settings

_PERSONAL_TYPES: Final = frozenset({"Email", "Phone"})


def personal_names(settings: Settings) -> frozenset[str]:
    """The setting ``calls_redact_fields``, or leadwire's own list if it is empty."""
    given = {normal_name(name) for name in settings.calls_redact_fields.split(",")} - {""}
    if not given or GROUP in given:
        given |= set(map(normal_name, GROUP_FIELDS))
    return frozenset(given)


@dataclass(frozen=True, slots=True)
class Sight:
    """*personal* are the normal names of personal fields."""

    viewer: Viewer
    personal: frozenset[str]

    @property
    def is_whole(self) -> bool:
        """Whether nothing is hidden: texts of people, too."""
        return self.viewer.may_see_bodies

    def hides(self, field: LeadField) -> bool:
        """Whether the viewer must not see the field's values, nor search or sort by them."""
        if self.is_whole:
            return False
        return field.data_type in _PERSONAL_TYPES or normal_name(field.schema_name) in self.personal

    def name_of(self, lead: Lead) -> str:
        """What a page calls the lead: its name, its address, or its number."""
        number = f"Lead {lead.auto_id:,}"
        if not self.is_whole:
            return number
        values = lead.values
        full = f"{values.get('FirstName', '')} {values.get('LastName', '')}".strip()
        return full or values.get("EmailAddress") or values.get("Phone") or number
