"""What a shell completes beyond commands and options.

The SDK is imported on use, because every command imports this module.
"""

from collections.abc import Iterable, Mapping

import click
from click.shell_completion import CompletionItem

from leadwire.calls.fields import FIELDS
from leadwire.errors import LeadwireError
from leadwire.operations import CATALOGUE


def operations(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return _items({operation.name: operation.summary for operation in CATALOGUE}, incomplete)


def parameters(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    # After a --param without a value, click leaves the unparsed words in args.
    name = str(ctx.params.get("operation") or next(iter(ctx.args), "")).lower()
    known = {
        f"{parameter.name}=": parameter.help
        for operation in CATALOGUE
        if operation.name.lower() == name
        for parameter in operation.parameters
    }
    return _items(known, incomplete)


def profiles(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from leadwire.sdk.profiles import hosts_by_profile, profiles_path  # noqa: PLC0415

    try:
        return _items(hosts_by_profile(profiles_path()), incomplete)
    except LeadwireError:
        return []


def search_fields(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The fields of the search language, for the last word of a search."""
    before, sign, word = _last_word(incomplete, " -(")
    found = _items({f"{name}:": field.help for name, field in FIELDS.items()}, word)
    return _after(before + sign, found)


def lead_fields(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The fields that every account has, for the last name after a comma or an equals sign."""
    before, sign, word = _last_word(incomplete, ",=")
    return _after(before + sign, _items(dict.fromkeys(_lead_fields(), ""), word))


def _lead_fields() -> Iterable[str]:
    from leadwire.sdk.models.lead import Lead  # noqa: PLC0415
    from leadwire.sdk.rows import Member  # noqa: PLC0415

    return sorted(member.name for member in vars(Lead).values() if isinstance(member, Member))


def _last_word(text: str, signs: str) -> tuple[str, str, str]:
    at = max(text.rfind(sign) for sign in signs) + 1
    return text[: max(at - 1, 0)], text[max(at - 1, 0) : at], text[at:]


def _after(before: str, found: Iterable[CompletionItem]) -> list[CompletionItem]:
    return [CompletionItem(before + item.value, help=item.help) for item in found]


def _items(known: Mapping[str, str], incomplete: str) -> list[CompletionItem]:
    return [
        CompletionItem(name, help=text)
        for name, text in known.items()
        if name.lower().startswith(incomplete.lower())
    ]
