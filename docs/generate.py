"""The generated parts of the pages in this folder; ``scripts/docs`` puts them in."""

import ast
from collections.abc import Iterator
from pathlib import Path

import click
import cog

from leadwire import cli
from leadwire.calls.examples import EXAMPLES, NOTE
from leadwire.calls.fields import FIELDS
from leadwire.calls.redaction.tokens import GROUP_FIELDS
from leadwire.operations import CATALOGUE
from leadwire.operations.operation import EVIDENCE_MEANING
from leadwire.operations.webhooks import WEBHOOK_EVENTS
from leadwire.sdk import Client, aio
from leadwire.sdk.blocking.resource import Resource
from leadwire.settings import Settings, environment_name
from leadwire.wire.faults import FAULT_KINDS


def settings() -> None:
    """A row for each setting."""
    cog.outl("| setting | default | unit | environment | what it does |")
    cog.outl("|---|---|---|---|---|")
    for name, field in Settings.model_fields.items():
        extra = field.json_schema_extra
        unit = extra.get("unit", "") if isinstance(extra, dict) else ""
        default = "" if field.default is None else str(field.default)
        help_text = field.description or ""
        cog.outl(
            f"| `{name}` | {f'`{default}`' if default else ''} | {unit} "
            f"| `{environment_name(name)}` | {help_text} |"
        )


def commands() -> None:
    """The help text of every command."""
    for path, command in _walk(cli.main, "leadwire"):
        context = click.Context(command, info_name=path, terminal_width=92, max_content_width=92)
        cog.outl(f"## {path}\n\n```text\n{command.get_help(context)}\n```\n")


def compatibility() -> None:
    """A row for each operation of the catalogue."""
    cog.outl("| operation | call | API type | evidence |")
    cog.outl("|---|---|---|---|")
    for operation in CATALOGUE:
        anchor = operation.name.lower().replace(".", "")
        evidence = EVIDENCE_MEANING[operation.evidence]
        cog.outl(
            f"| [{operation.name}](operations.md#{anchor}) "
            f"| `{operation.method} {operation.url_path}` | {operation.api_type} | {evidence} |"
        )


def webhook_events() -> None:
    """A row for each event that a webhook can be about."""
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
        if operation.faults:
            faults = ", ".join(f"[{name}](errors.md#{name.lower()})" for name in operation.faults)
            cog.outl(f"Faults beyond those of every operation: {faults}.\n")
        for note in operation.notes:
            cog.outl(f"- {note}")
        if operation.notes:
            cog.outl("")


def sdk_operations() -> None:
    """A row for each operation, with the method of the SDK that calls it."""
    methods = _sdk_methods()
    cog.outl("| method of a client | operation | sent again when its fate is unknown |")
    cog.outl("|---|---|---|")
    for operation in sorted(CATALOGUE, key=lambda one: methods[one.name]):
        name, said = methods[operation.name]
        repeats = operation.method == "GET" if said is None else said
        told = "yes" if repeats is True else repeats or "no"
        anchor = operation.name.lower().replace(".", "")
        link = f"[{operation.name}](../operations.md#{anchor})"
        cog.outl(f"| `{name}` | {link} | {told} |")


def _sdk_methods() -> dict[str, tuple[str, bool | str | None]]:
    """By operation: ``leads.create``, and what the source says about repeating it."""
    client = Client(access_key="-", secret_key="-", host="localhost")  # noqa: S106  # none
    attributes = {
        type(member).__module__.rpartition(".")[2]: name
        for name, member in vars(client).items()
        if isinstance(member, Resource)
    }
    found: dict[str, tuple[str, bool | str | None]] = {}
    for path in sorted(Path(aio.__file__).parent.glob("*.py")):
        for function in ast.walk(ast.parse(path.read_text())):
            if not isinstance(function, ast.AsyncFunctionDef):
                continue
            for node in ast.walk(function):
                if not isinstance(node, ast.Call) or ast.unparse(node.func) != "self._call":
                    continue
                said = {word.arg: word.value for word in node.keywords}.get("repeatable")
                name = ast.literal_eval(node.args[0])
                method = f"{attributes[path.stem]}.{_PUBLIC.get(function.name, function.name)}"
                found.setdefault(name, (method, _repeats(said)))
    return found


_PUBLIC = {"_post": "create"}


def _repeats(said: ast.expr | None) -> bool | str | None:
    if said is None or isinstance(said, ast.Constant):
        return said and said.value
    return "with a value by which the lead is found again"


def search() -> None:
    """The search language: examples, then a row for each field."""
    cog.outl("| search | finds |")
    cog.outl("|---|---|")
    for example in EXAMPLES:
        cog.outl(f"| `{example.search}` | {example.finds} |")
    cog.outl(f"\n{NOTE}\n")
    cog.outl("## Fields\n")
    cog.outl("| field | takes |")
    cog.outl("|---|---|")
    for name, field in FIELDS.items():
        cog.outl(f"| `{name}:` | {_plain(field.help)} |")


def personal() -> None:
    """The fields of the group."""
    cog.outl(f"`{'`, `'.join(GROUP_FIELDS)}`.")


def errors() -> None:
    """A section for each exception type, with every circumstance it stands for."""
    for name in dict.fromkeys(kind.exception_type for kind in FAULT_KINDS):
        cog.outl(f"## {name}\n")
        for kind in FAULT_KINDS:
            if kind.exception_type == name:
                retry = "May succeed later unchanged." if kind.retryable else "Change the call."
                cog.outl(f"**{kind.status_code} · {kind.title}.** {kind.help} {retry}\n")


def _plain(text: str) -> str:
    """*text* with nothing in it that Markdown would read as markup."""
    return text.replace("*", r"\*").replace("<", "&lt;")


def _walk(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in sorted(command.list_commands(context)):
            if child := command.get_command(context, name):
                yield from _walk(child, f"{path} {name}")
    else:
        yield path, command
