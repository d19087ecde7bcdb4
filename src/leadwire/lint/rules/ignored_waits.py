"""A client calls again before the time is up that a refusal told it to wait."""

from typing import TYPE_CHECKING, Final

from leadwire.lint.recent import Recent
from leadwire.lint.report import Found, Rule, RuleInfo

if TYPE_CHECKING:
    from leadwire.lint.seen import Seen

GRACE_MS: Final = 250
"""The client is not to blame for calls that were on their way when the refusal was answered."""


def ignored_waits() -> Rule:
    refusals: Recent[str, Seen] = Recent()
    found: list[Found] = []
    while True:
        call = yield found
        found = []
        refusal = refusals.get(call.key_id)
        if refusal is not None:
            told_ms = refusal.end_ms + refusal.retry_after_ms
            if refusal.end_ms + GRACE_MS < call.at_ms < told_ms - GRACE_MS:
                found = [Found([call], refusal)]
        if call.limited and call.retry_after_ms:
            refusals.set(call.key_id, call)


IGNORED_WAITS: Final = RuleInfo(
    name="ignored_wait",
    title="Retry-After ignored",
    says="A call was refused by a rate limit, and its key called again before the time in "
    "Retry-After was over. Such calls are likely refused, too.",
    do="After 429 let every worker of the key wait as long as Retry-After says. The SDK does it.",
    start=ignored_waits,
)
