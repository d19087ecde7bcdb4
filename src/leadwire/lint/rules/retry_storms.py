"""A request that fails is sent again and again without a pause."""

from typing import TYPE_CHECKING, Final

from leadwire.dates import SECOND_MS
from leadwire.lint.recent import Recent
from leadwire.lint.report import Found, Rule, RuleInfo

if TYPE_CHECKING:
    from leadwire.lint.seen import Digest, Seen

SPAN_MS: Final = 10 * SECOND_MS
ATTEMPTS_MIN: Final = 5
"""This many equal failures within the span are a storm. Pauses that double give at most four."""


def retry_storms() -> Rule:
    attempts: Recent[tuple[str, str, Digest], list[Seen]] = Recent()
    found: list[Found] = []
    while True:
        call = yield found
        found = []
        request = (call.key_id, call.operation, call.request)
        if call.succeeded:
            attempts.drop(request)
            continue
        run = [one for one in attempts.get(request) or [] if one.at_ms > call.at_ms - SPAN_MS]
        run = [*run[-ATTEMPTS_MIN:], call]
        attempts.set(request, run)
        if len(run) == ATTEMPTS_MIN:
            found = [Found(run[1:], run[0])]
        elif len(run) > ATTEMPTS_MIN:
            found = [Found([call], run[0])]


RETRY_STORMS: Final = RuleInfo(
    name="retry_storm",
    title="Retry storm",
    says=f"The same request failed at least {ATTEMPTS_MIN} times within "
    f"{SPAN_MS // SECOND_MS} seconds. A client fault fails again however often it is sent, and "
    "each attempt counts against the rate limit.",
    do="Retry only what can succeed: 429 after Retry-After, and 5xx with pauses that double. Give "
    "up after a few attempts. Do not retry a client fault.",
    start=retry_storms,
)
