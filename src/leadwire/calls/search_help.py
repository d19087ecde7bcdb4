"""The search language in examples, for whoever types it: the console's help and ``docs/search.md``.

What each field takes is said beside the field, in ``leadwire.calls.search.FIELDS``.
"""

from typing import Final, NamedTuple


class Example(NamedTuple):
    """A search as it may be typed, and what it finds."""

    search: str
    finds: str


EXAMPLES: Final = (
    Example("ravi@example.com", "the text stands anywhere in the call"),
    Example('"two words"', 'a phrase, blanks included; \\" is a quote inside it'),
    Example("status:5xx duration:>500ms", "several conditions: all must hold"),
    Example("ravi@example.com OR asha@example.com", "either; OR is written in capitals"),
    Example("-status:success", "a minus: this must not hold"),
    Example("operation:Lead.*", "a star stands for anything"),
    Example('"status:lost"', "quotes: a colon is then plain text"),
)

NOTE: Final = (
    "Free text is found in path and query string, bodies, exception, call id, trace id, user "
    "agent, client address, operation, user and key. The case of A to Z makes no difference. "
    "Where personal values are kept as tokens, a whole address, phone number or name still finds "
    "its calls; a part of one does not."
)
