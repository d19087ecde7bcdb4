"""Plausible leads for a sample account: the same for the same number, and nobody's real data.

Addresses are of example.com. Telephone numbers are of ranges that are set aside for fiction.
"""

from random import Random  # noqa: TID251  # seeded: the same leads each time
from typing import Any, Final

_SEED: Final = 20_26
_FIRST: Final = (
    "Asha", "Ravi", "Meera", "Tom", "Nora", "Sanjay", "Priya", "Lena", "Omar", "Ines",
    "Karan", "Julia", "Deepa", "Paul", "Farah", "Hugo", "Anil", "Clara", "Vikram", "Sofia",
)  # fmt: skip
_LAST: Final = (
    "Rao", "Kumar", "Shah", "Becker", "Lind", "Patel", "Nair", "Vogel", "Haddad", "Moreau",
    "Mehta", "Keller", "Iyer", "Santos", "Khan", "Weber", "Joshi", "Silva", "Menon", "Costa",
)  # fmt: skip
_SOURCES: Final = ("Organic Search", "Referral Sites", "Direct Traffic", "Social Media")
_STAGES: Final = ("Prospect", "Prospect", "Prospect", "Opportunity", "Customer")
_NOTES: Final = ("Asked for a call back", "Wants the brochure", "Compares two offers")
_DAYS_MAX: Final = 60


def sample_leads(count: int) -> dict[str, dict[str, Any]]:
    """*count* leads by handle, as a seed file has them."""
    dice = Random(_SEED)  # noqa: S311  # not a secret
    return {f"sample{number}": _lead(number, dice) for number in range(1, count + 1)}


def _lead(number: int, dice: Random) -> dict[str, Any]:
    first, last = dice.choice(_FIRST), dice.choice(_LAST)
    days = dice.randrange(1, _DAYS_MAX)
    lead: dict[str, Any] = {
        "FirstName": first,
        "LastName": last,
        "EmailAddress": f"{first}.{last}.{number}@example.com".lower(),
        "Phone": f"+1-555-01{number:05d}",
        "Source": dice.choice(_SOURCES),
        "ProspectStage": dice.choice(_STAGES),
        "CreatedOn": f"-{days}d",
    }
    if dice.random() < 0.4:  # noqa: PLR2004  # two of five
        lead["activities"] = [{"type": "201", "note": dice.choice(_NOTES), "on": f"-{days - 1}d"}]
    if dice.random() < 0.2:  # noqa: PLR2004  # one of five
        lead["tasks"] = [{"subject": "Call back", "due": f"+{dice.randrange(1, 5)}d"}]
    return lead
