"""The same write is sent twice within seconds, and both times it succeeds."""

from typing import TYPE_CHECKING, Final

from leadwire.dates import SECOND_MS
from leadwire.lint.recent import Recent
from leadwire.lint.report import Found, Rule, RuleInfo

if TYPE_CHECKING:
    from leadwire.lint.seen import Digest, Seen

SPAN_MS: Final = 10 * SECOND_MS


def same_body() -> Rule:
    writes: Recent[tuple[str, Digest], Seen] = Recent()
    found: list[Found] = []
    while True:
        call = yield found
        found = []
        known = call.known
        # A repeated read, or an update to the same values, changes nothing: other rules ask there.
        if not call.body or not call.succeeded or known is None or known.repeat == "safe":
            continue
        before = writes.get((call.operation, call.request))
        if before is not None and call.at_ms - before.at_ms <= SPAN_MS:
            found = [Found([call], before)]
        writes.set((call.operation, call.request), call)


SAME_BODY: Final = RuleInfo(
    name="same_body",
    title="The same body twice",
    says=f"A write with the same body succeeded twice within {SPAN_MS // SECOND_MS} seconds. What "
    "it creates is there twice, or the second call did nothing.",
    do="Send each event once: look for two workers on one queue, a form that is submitted twice, "
    "or a retry after an answer that came. Give activities a value by which a repeat is noticed.",
    start=same_body,
)
