"""The search language in examples, for the page's help and ``docs/search.md``.

The values that a field takes are described in ``leadwire.calls.fields``.
"""

from typing import Final, NamedTuple

from leadwire.calls.language import TERMS_MAX


class Example(NamedTuple):
    """A search as it may be typed, and what it finds."""

    search: str
    finds: str


EXAMPLES: Final = (
    Example("ravi@example.com", "the text stands anywhere in the call, however it was encoded"),
    Example('"two words"', 'a phrase, blanks included; \\" is a quote inside it'),
    Example("status:5xx duration:>500ms", "both must hold; AND may stand between them"),
    Example("ravi@example.com OR asha@example.com", "either; OR is written in capitals"),
    Example("(ravi OR asha) NOT status:success", "brackets group; NOT or a minus: must not hold"),
    Example("operation:Create", "a field, by any part of its value"),
    Example("operation:Lead.*", "a star stands for anything"),
    Example('operation:"Lead.Create"', "in quotes: exactly this value"),
    Example("exception:*", "the field has a value; -exception:* for calls without one"),
    Example("duration:100ms..2s", "from the first to the last, both included"),
    Example("request.EmailAddress:ravi@example.com", "a member of the body, or an Attribute"),
    Example("response.Status:Error", "the same in the answer"),
    Example("last:15m", "calls of the last 15 minutes"),
    Example('"status:lost"', "quotes: a colon is then plain text"),
)

NOTE: Final = (
    "Free text is found in path and query string, headers, bodies, exception, call id, trace id, "
    "user agent, client address, operation, user and key. Letter case, accents written in one "
    "or two characters, and the escapes of URLs and JSON make no difference. What is pasted is "
    "text: JSON, a query string, a user agent. Where personal values are kept as tokens, a whole "
    "address, phone number or name still finds its calls; a part of one does not. "
    f"A search has at most {TERMS_MAX} conditions."
)
