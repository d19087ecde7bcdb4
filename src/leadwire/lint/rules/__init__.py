"""The rules: each is one function in one module, which keeps a bounded state of its own."""

from typing import Final

from leadwire.lint.report import RuleInfo
from leadwire.lint.rules.ignored_waits import IGNORED_WAITS
from leadwire.lint.rules.polling import POLLING
from leadwire.lint.rules.reads_before_writes import READS_BEFORE_WRITES
from leadwire.lint.rules.retry_storms import RETRY_STORMS
from leadwire.lint.rules.same_body import SAME_BODY
from leadwire.lint.rules.single_calls import SINGLE_CALLS
from leadwire.lint.rules.unchanged_updates import UNCHANGED_UPDATES
from leadwire.lint.rules.unknown_names import UNKNOWN_NAMES

RULES: Final[tuple[RuleInfo, ...]] = (
    RETRY_STORMS,
    IGNORED_WAITS,
    SAME_BODY,
    READS_BEFORE_WRITES,
    UNCHANGED_UPDATES,
    POLLING,
    SINGLE_CALLS,
    UNKNOWN_NAMES,
)
