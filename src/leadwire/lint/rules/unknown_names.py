"""Parameters and members that the catalogue does not know."""

from typing import Final

from leadwire.lint.report import Found, Rule, RuleInfo


def unknown_names() -> Rule:
    found: list[Found] = []
    while True:
        call = yield found
        names = [f"{name}, perhaps {meant}" if meant else name for name, meant in call.unknown]
        found = [Found([call], details=tuple(names))] if names else []


UNKNOWN_NAMES: Final = RuleInfo(
    name="unknown_name",
    title="Unknown parameters and members",
    says="The request has a parameter or a member that the operation does not know. It has no "
    "effect: a filter that is misspelt filters nothing.",
    do="Compare the names with the operation's page. Remove what is not there.",
    start=unknown_names,
)
