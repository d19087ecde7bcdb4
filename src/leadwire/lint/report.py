"""What lint found, as data."""

from collections.abc import Callable, Generator, Sequence
from typing import Final

import msgspec

from leadwire.lint.seen import Seen

EXAMPLES_MAX: Final = 5
KEYS_MAX: Final = 10
DETAILS_MAX: Final = 20
"""A finding shows at most this many of each."""


class Found(msgspec.Struct, frozen=True):
    """Calls that a rule objects to. *calls* could be spared or should be changed."""

    calls: Sequence[Seen]
    with_: Seen | None = None
    """Another call that explains why: the one that they repeat, or that they prepare."""
    details: tuple[str, ...] = ()
    """What differs from case to case, such as a misspelt name."""


Rule = Generator[Sequence[Found], Seen, None]
"""Gets every call, oldest first, and yields what it objects to. It keeps a bounded state."""


class RuleInfo(msgspec.Struct, frozen=True):
    """A rule, and what the report says about it."""

    name: str
    title: str
    says: str
    """What was seen, and why it costs."""
    do: str
    """What to do instead."""
    start: Callable[[], Rule]
    better: Callable[[str], str] = lambda _operation: ""
    """The operation that does it better, by the operation of the calls; empty: none."""


class Example(msgspec.Struct, frozen=True):
    """One case: the ids of up to three of its calls, and of the call that explains them."""

    call_ids: tuple[str, ...]
    with_call_id: str
    at_ms: int
    details: tuple[str, ...]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """The cases of one rule with one operation."""

    rule: str
    title: str
    says: str
    do: str
    operation: str
    better: str
    """The operation to use instead; empty: none."""
    cases: int
    calls: int
    """Calls that the rule objects to."""
    share: float
    """Of all calls that were looked at."""
    duration_ms: float
    """How long these calls took together."""
    windows: int
    """How many windows of 5 seconds these calls used a part of."""
    keys: tuple[tuple[str, int], ...]
    """(key id, calls), those with most calls first."""
    details: tuple[tuple[str, int], ...]
    """(detail, calls), the most frequent first."""
    examples: tuple[Example, ...]


class LintReport(msgspec.Struct, frozen=True, kw_only=True):
    calls: int
    """Calls that were looked at."""
    from_ms: int
    """When the first of them began; 0 without calls."""
    until_ms: int
    """When the last of them began."""
    findings: tuple[Finding, ...]
    """Those with most calls first."""
    notices: tuple[str, ...] = ()
    """A sentence for each thing that was cut or could not be read."""
