"""The generated parts of the pages in this folder; ``scripts/docs`` puts them in."""

import inspect
from collections.abc import Iterable, Iterator
from typing import Final

import click
import cog
from sdk_methods import sdk_methods

from leadwire import cli, sdk
from leadwire.calls.examples import EXAMPLES, NOTE
from leadwire.calls.fields import FIELDS
from leadwire.calls.redaction import secrets as secrets_table
from leadwire.calls.redaction.tokens import GROUP_FIELDS
from leadwire.crm.leads.fields import FIELDS as LEAD_FIELDS
from leadwire.operations import CATALOGUE
from leadwire.operations.operation import READ_IN, Evidence, EvidenceKind, Repeat
from leadwire.operations.use import use_of
from leadwire.operations.webhooks import WEBHOOK_EVENTS
from leadwire.proxy import answers as proxy_answers
from leadwire.proxy.changes import CHANGES
from leadwire.sdk.rows import Row, members_of
from leadwire.settings import Settings
from leadwire.settings_sources import environment_name, how_changed
from leadwire.wire.faults import FAULT_KINDS

_SET_WHILE_RUNNING = {"restart": "", "account": "by account", "server": "for the server"}


def settings() -> None:
    """A row for each setting."""
    cog.outl("| setting | default | unit | environment | set while running | what it does |")
    cog.outl("|---|---|---|---|---|---|")
    for name, field in Settings.model_fields.items():
        extra = field.json_schema_extra
        unit = extra.get("unit", "") if isinstance(extra, dict) else ""
        default = "" if field.default is None else str(field.default)
        help_text = field.description or ""
        while_running = _SET_WHILE_RUNNING[how_changed(name)]
        cog.outl(
            f"| `{name}` | {f'`{default}`' if default else ''} | {unit} "
            f"| `{environment_name(name)}` | {while_running} | {help_text} |"
        )


def commands() -> None:
    """The help text of every command."""
    for path, command in _walk(cli.main, "leadwire"):
        context = click.Context(command, info_name=path, terminal_width=92, max_content_width=92)
        cog.outl(f"## {path}\n\n```text\n{command.get_help(context)}\n```\n")


def compatibility() -> None:
    """A row for each operation of the catalogue."""
    cog.outl("| operation | call | API type | used by | evidence |")
    cog.outl("|---|---|---|---|---|")
    for operation in CATALOGUE:
        anchor = operation.name.lower().replace(".", "")
        cog.outl(
            f"| [{operation.name}](operations.md#{anchor}) "
            f"| `{operation.method} {operation.url_path}` | {operation.api_type} "
            f"| {use_of(operation.name)} | {_evidence(operation.evidence)} |"
        )


def _evidence(evidence: Evidence) -> str:
    if not evidence.url:
        return evidence.sentence
    return evidence.sentence.replace(evidence.basis, f"[{evidence.basis}]({evidence.url})")


def evidence() -> None:
    """A row for each kind of evidence."""
    cog.outl("| evidence | read in | operations |")
    cog.outl("|---|---|---|")
    for kind, read_in in READ_IN.items():
        count = sum(operation.evidence.kind == kind for operation in CATALOGUE)
        cog.outl(f"| {kind}: {_KINDS[kind]} | {read_in} | {count} |")


_KINDS: Final[dict[EvidenceKind, str]] = {
    "documented": "a page of LeadSquared's documentation",
    "reported": "people or programs that used a live account",
    "seen": "public code, which nobody says was tried",
    "inferred": "a guess from a similar operation or page, until a recording settles it",
}


def webhook_events() -> None:
    """A row for each webhook event."""
    cog.outl("| codes | internal name | event |")
    cog.outl("|---|---|---|")
    for event in WEBHOOK_EVENTS:
        codes = ", ".join(map(str, event.codes)) or "none"
        cog.outl(f"| {codes} | `{event.name}` | {event.title} |")


def operations() -> None:
    """A section for each operation of the catalogue."""
    for operation in CATALOGUE:
        cog.outl(f"## {operation.name}\n\n{operation.summary}.\n")
        cog.outl(f"`{operation.method} {operation.url_path}`\n")
        for parameter in operation.parameters:
            needed = "required" if parameter.required else "optional"
            choices = f" One of: {', '.join(parameter.choices)}." if parameter.choices else ""
            cog.outl(f"- `{parameter.name}` ({needed}): {parameter.help}{choices}")
        if operation.parameters:
            cog.outl("")
        if operation.body_example:
            cog.outl(f"Body:\n\n```json\n{operation.body_example}\n```\n")
        cog.outl(f"Answer:\n\n```json\n{operation.result_example}\n```\n")
        if operation.all_faults:
            links = (f"[{name}](errors.md#{name.lower()})" for name in operation.all_faults)
            faults = ", ".join(links)
            cog.outl(f"Faults beyond those of every operation: {faults}.\n")
        for remark in (*operation.remarks, f"{_evidence(operation.evidence)}."):
            cog.outl(f"- {remark}")
        cog.outl("")


def sdk_operations() -> None:
    """A row for each operation, with the method of the SDK that calls it."""
    methods = sdk_methods()
    cog.outl("| method of a client | operation | sent again when its fate is unknown |")
    cog.outl("|---|---|---|")
    with_method = [operation for operation in CATALOGUE if operation.in_sdk]
    for operation in sorted(with_method, key=lambda one: methods[one.name]):
        anchor = operation.name.lower().replace(".", "")
        link = f"[{operation.name}](../operations.md#{anchor})"
        cog.outl(f"| `{methods[operation.name]}` | {link} | {_SENT_AGAIN[operation.repeat]} |")


def sdk_models() -> None:
    """A table for each class of an answer, with the names and types of its members."""
    fields = {field.schema_name: field.display_name for field in LEAD_FIELDS}
    models = {name: getattr(sdk, name) for name in sdk.__all__}
    for name, kind in sorted(models.items()):
        members = members_of(kind) if isinstance(kind, type) and issubclass(kind, Row) else {}
        if not members:
            continue
        cog.outl(f"## {name}\n\n{inspect.getdoc(kind)}\n")
        of_lead = kind is sdk.Lead
        cog.outl("| name | on the wire | what it is |" + (" field |" if of_lead else ""))
        cog.outl("|---|---|---|" + ("---|" if of_lead else ""))
        for own, member in members.items():
            field = f" {fields.get(member.name, '')} |" if of_lead else ""
            cog.outl(f"| `{own}` | `{member.name}` | {member.kind} |{field}")
        cog.outl("")


_SENT_AGAIN: Final[dict[Repeat, str]] = {
    "safe": "yes",
    "safe with a key": "with a value by which the lead is found again",
    "refused": "no",
    "unsafe": "no",
}


def search() -> None:
    """The search language in examples."""
    cog.outl("| search | finds |")
    cog.outl("|---|---|")
    for example in EXAMPLES:
        cog.outl(f"| `{example.search}` | {example.finds} |")
    cog.outl(f"\n{NOTE}")


def search_fields() -> None:
    """A row for each field of the language."""
    cog.outl("| field | takes | compared | example |")
    cog.outl("|---|---|---|---|")
    for name, field in FIELDS.items():
        example = f"`{field.example}`"
        cog.outl(f"| `{name}:` | {_plain(field.help)} | {field.compared} | {example} |")


def personal() -> None:
    """The fields of the group."""
    cog.outl(f"`{'`, `'.join(GROUP_FIELDS)}`.")


def secrets() -> None:
    """The table of names and looks."""
    rows = (
        ("holds, anywhere", secrets_table.ANYWHERE),
        ("holds, as whole words", secrets_table.WORDS),
        ("ends in, alone or before one of the words below", secrets_table.LAST_WORDS),
        ("the words that may follow those", secrets_table.TAILS),
        ("has `key` after", secrets_table.KEYS),
    )
    cog.outl("| a name is a secret's that | |\n|---|---|")
    for what, words in rows:
        cog.outl(f"| {what} | {_listed(words)} |")
    cog.outl(f"\nHarmless all the same: {_listed(sorted(secrets_table.HARMLESS))}.\n")
    as_written = _listed(sorted(secrets_table.HARMLESS_AS_WRITTEN))
    words = _listed(secrets_table.HARMLESS_WORDS)
    cog.outl(f"So are the words {words}, and {as_written} in exactly this spelling.\n")
    cog.outl(f"By look: {_listed(look.name for look in secrets_table.LOOKS)}.")


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def errors() -> None:
    """A section for each exception type, with each of its faults."""
    for name in dict.fromkeys(kind.exception_type for kind in FAULT_KINDS):
        cog.outl(f"## {name}\n")
        for kind in FAULT_KINDS:
            if kind.exception_type == name:
                retry = "May succeed later unchanged." if kind.retryable else "Change the call."
                cog.outl(f"**{kind.status_code} · {kind.title}.** {kind.help} {retry}\n")


def proxy_changes() -> None:
    """A row for each way in which the proxy's bytes differ from those that it got."""
    cog.outl("| in | what | how it changes | why |")
    cog.outl("|---|---|---|---|")
    for change in CHANGES:
        cog.outl(f"| {change.direction} | {change.what} | {change.how} | {change.why} |")


def proxy_answers_of_its_own() -> None:
    """A row for each answer that the proxy makes itself."""
    cog.outl("| status | ExceptionType | what happened | what to do |")
    cog.outl("|---|---|---|---|")
    for kind in proxy_answers.FAULT_KINDS:
        cog.outl(f"| {kind.status_code} | `{kind.exception_type}` | {kind.title} | {kind.help} |")


def proxy_limits() -> None:
    """A row for each limit in time or size that the relay keeps."""
    cog.outl("| setting | default | what it limits |")
    cog.outl("|---|---|---|")
    for name in _PROXY_LIMITS:
        field = Settings.model_fields[name]
        extra = field.json_schema_extra
        unit = extra.get("unit", "") if isinstance(extra, dict) else ""
        cog.outl(f"| `{name}` | {field.default:,} {unit} | {field.description} |")


_PROXY_LIMITS: Final = (
    "request_headers_bytes_max",
    "request_headers_seconds_max",
    "upstream_connect_seconds_max",
    "upstream_first_byte_seconds_max",
    "upstream_idle_seconds_max",
    "upstream_reuse_seconds_max",
    "upstream_unheard_seconds_max",
    "upstream_unheard_bytes_max",
    "proxy_keep_alive_seconds",
    "connections_max",
    "shutdown_seconds",
)


def _plain(text: str) -> str:
    """*text* without Markdown markup."""
    return text.replace("*", r"\*").replace("<", "&lt;")


def _walk(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in sorted(command.list_commands(context)):
            if child := command.get_command(context, name):
                yield from _walk(child, f"{path} {name}")
    else:
        yield path, command
