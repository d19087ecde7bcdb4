"""Rows are written one by one where one bulk call would do."""

from typing import TYPE_CHECKING, Final

from leadwire.dates import SECOND_MS
from leadwire.lint.recent import Recent
from leadwire.lint.report import Found, Rule, RuleInfo
from leadwire.operations import BY_NAME
from leadwire.operations.bulk import BULK_OF

if TYPE_CHECKING:
    from leadwire.lint.seen import Seen

PAUSE_MS: Final = 2 * SECOND_MS
RUN_MIN: Final = 10


class _Run:
    def __init__(self) -> None:
        self.calls: list[Seen] = []
        """The first calls, until the run is long enough."""
        self.length = 0
        self.end_ms = 0.0


def single_calls() -> Rule:
    runs: Recent[tuple[str, str], _Run] = Recent()
    found: list[Found] = []
    while True:
        call = yield found
        found = []
        if call.operation not in BULK_OF or not call.succeeded:
            continue
        key = (call.key_id, call.operation)
        run = runs.get(key)
        if run is None or call.at_ms - run.end_ms > PAUSE_MS:
            run = _Run()
        run.length += 1
        run.end_ms = max(run.end_ms, call.end_ms)
        runs.set(key, run)
        if run.length < RUN_MIN:
            run.calls.append(call)
        elif run.length == RUN_MIN:
            found = [Found([*run.calls[1:], call], run.calls[0])]
            run.calls = run.calls[:1]
        elif run.length % BY_NAME[BULK_OF[call.operation]].rows_max:
            # The bulk call itself would remain: one call for a batch of these.
            found = [Found([call], run.calls[0])]


SINGLE_CALLS: Final = RuleInfo(
    name="single_calls",
    title="Single calls in a row",
    says=f"At least {RUN_MIN} calls of one operation followed each other within "
    f"{PAUSE_MS // SECOND_MS} seconds. A bulk call takes many rows at once.",
    do="Gather rows for a few seconds and send them with the bulk operation.",
    start=single_calls,
    better=lambda operation: BULK_OF.get(operation, ""),
)
