"""A client asks again and again what is new, where a webhook would tell it."""

from typing import TYPE_CHECKING, Final

from leadwire.dates import HOUR_MS
from leadwire.lint.recent import Recent
from leadwire.lint.report import Found, Rule, RuleInfo

if TYPE_CHECKING:
    from leadwire.lint.seen import Seen

POLLS_MIN: Final = 12
"""This many in an hour: one every five minutes."""
_POLLS: Final = frozenset(
    {
        "Leads.RecentlyModified",
        "Opportunity.RetrieveRecentlyModified",
        "ProspectActivity.RetrieveRecentlyModified",
    }
)


def polling() -> Rule:
    hours: Recent[tuple[str, str], list[Seen]] = Recent()
    found: list[Found] = []
    while True:
        call = yield found
        found = []
        # Further pages belong to one synchronisation, and so are no polls.
        if call.operation not in _POLLS or not call.first_page or not call.succeeded:
            continue
        key = (call.key_id, call.operation)
        polls = [one for one in hours.get(key) or [] if one.at_ms > call.at_ms - HOUR_MS]
        polls = [*polls[-POLLS_MIN:], call]
        hours.set(key, polls)
        if len(polls) == POLLS_MIN:
            found = [Found(polls[1:], polls[0])]
        elif len(polls) > POLLS_MIN:
            found = [Found([call], polls[0])]


POLLING: Final = RuleInfo(
    name="polling",
    title="Polling",
    says=f"A key asked at least {POLLS_MIN} times in an hour what was modified. Most such calls "
    "find nothing, and what they find is minutes old.",
    do="Create a webhook for the event: it is posted within a second. Poll once a day to be sure.",
    start=polling,
    better=lambda _operation: "Webhook.Create",
)
