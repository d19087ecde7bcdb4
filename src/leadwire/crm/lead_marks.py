"""Marking a lead's e-mail address as invalid or valid."""

from leadwire.crm.leads import find_lead, update_lead
from leadwire.crm.notes import create_note
from leadwire.crm.unit import Unit
from leadwire.errors import LeadMissing


def mark_email(unit: Unit, email: str, *, is_valid: bool, reason: str) -> None:
    """Let e-mail be sent to the lead of that address, or not; *reason* is kept as a note.

    Raises LeadMissing, and InputInvalid for a reason that is too long.
    """
    lead = find_lead(unit, "EmailAddress", email)
    if lead is None:
        raise LeadMissing(
            "Lead does not exist in the system",
            location="body.EmailAddress",
            fix="Send the e-mail address of a lead of this account.",
        )
    update_lead(unit, lead, {"DoNotEmail": "0" if is_valid else "1"})
    if reason:
        create_note(unit, lead.lead_id, reason)
