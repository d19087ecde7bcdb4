"""An update sets values that the lead already had."""

from typing import Final

from leadwire.lint.recent import Recent
from leadwire.lint.report import Found, Rule, RuleInfo
from leadwire.lint.rules.same_body import SPAN_MS
from leadwire.lint.seen import Digest, Seen

_WRITES: Final = frozenset({"Lead.Create", "Lead.Update", "Lead.Capture", "Lead.CreateOrUpdate"})
_SEARCH: Final = "searchby"
_FIELDS_MAX: Final = 200


class _Lead:
    """What is known of a lead's values, and which call set one of them last."""

    def __init__(self) -> None:
        self.values: dict[str, Digest] = {}
        self.call: Seen | None = None


def unchanged_updates() -> Rule:
    leads: Recent[str, _Lead] = Recent()
    found: list[Found] = []
    while True:
        call = yield found
        found = []
        if call.operation not in _WRITES:
            if _may_change_leads(call):
                leads.clear()
            continue
        if not call.lead or not call.succeeded:
            continue
        lead = leads.get(call.lead) or _Lead()
        values = {name.lower(): value for name, value in call.attributes}
        values.pop(_SEARCH, None)
        before = lead.call
        is_same = bool(values) and all(lead.values.get(n) == v for n, v in values.items())
        if is_same and before is not None and call.at_ms - before.at_ms > SPAN_MS:
            found = [Found([call], before)]
        if len(lead.values) + len(values) <= _FIELDS_MAX:
            lead.values |= values
        if not is_same:
            lead.call = call
        leads.set(call.lead, lead)


def _may_change_leads(call: Seen) -> bool:
    """Whether leads may have other values afterwards than this rule knows."""
    known = call.known
    return (
        call.succeeded and known is not None and known.api_type == "Lead" and known.repeat != "safe"
    ) or (known is not None and known.limit_class == "bulk" and call.succeeded)


UNCHANGED_UPDATES: Final = RuleInfo(
    name="unchanged_update",
    title="Updates that change nothing",
    says="A write set every field to the value that the same lead got from the log's last write. "
    "Nothing changed, and the lead looks modified to everybody who synchronises.",
    do="Keep a digest of what was sent for each lead, and send only what differs.",
    start=unchanged_updates,
)
