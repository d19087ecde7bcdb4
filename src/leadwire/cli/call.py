"""``leadwire call``: call any operation and print its answer as JSON."""

import sys
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from leadwire.cli import completion
from leadwire.cli.clients import KEYS_HELP, client_options, make_client
from leadwire.cli.printing import say, say_json, say_table
from leadwire.cli.reporting import as_json
from leadwire.operations import CATALOGUE
from leadwire.operations.operation import Operation
from leadwire.visible import visible_json

_BY_NAME: Final = {operation.name.lower(): operation for operation in CATALOGUE}


@click.command(epilog=KEYS_HELP)
@click.argument("operation", required=False, shell_complete=completion.operations)
@click.option("--body", help="JSON, @FILE, or - for standard input.")
@click.option(
    "--param",
    "parameters",
    multiple=True,
    metavar="NAME=VALUE",
    shell_complete=completion.parameters,
    help="A URL parameter; may be repeated.",
)
@click.option(
    "--method",
    type=click.Choice(["GET", "POST"]),
    help="For a path. Default: POST with a body, GET without.",
)
@click.option("--list", "is_list", is_flag=True, help="List every operation.")
@client_options
@as_json
def call(  # noqa: PLR0913  # each is an option
    *,
    operation: str | None,
    body: str | None,
    parameters: Sequence[str],
    method: str | None,
    api_host: str | None,
    profile: str | None,
    pace: str | None,
    is_list: bool,
    as_json: bool,
) -> None:
    """Call an operation and print its answer.

    OPERATION is a name, such as Lead.Create, or a path, such as LeadManagement.svc/Lead.Create.
    Prints the answer as JSON, indented on a terminal unless --json. On failure prints the error and
    the call's id on standard error, and exits with 1.
    """
    if is_list:
        _print_operations(as_json=as_json)
        return
    if not operation:
        raise click.UsageError("Give an OPERATION. List them with --list.")
    sent = None if body is None else _body(body)
    verb, path = _target(operation, method, has_body=sent is not None)
    query = dict(_pair(parameter) for parameter in parameters)
    with make_client(api_host, profile, pace) as client:
        # Only the caller knows whether a repeat is safe.
        answer = client.raw(verb, path, query=query, body=sent, repeatable=False)
    if sys.stdout.isatty() and not as_json:
        say(msgspec.json.format(visible_json(answer), indent=2).decode())
    else:
        say_json(answer)


def _target(operation: str, method: str | None, *, has_body: bool) -> tuple[str, str]:
    """Method and path."""
    if "/" in operation:
        return method or ("POST" if has_body else "GET"), operation
    known = _BY_NAME.get(operation.lower())
    if known is None:
        near = get_close_matches(operation.lower(), _BY_NAME, n=1)
        hint = f" Did you mean {_BY_NAME[near[0]].name}?" if near else ""
        raise click.UsageError(f"Unknown operation {operation}. List them with --list.{hint}")
    return method or known.method, known.url_path


def _body(given: str) -> Any:  # noqa: ANN401  # any JSON
    try:
        if given == "-":
            text = sys.stdin.buffer.read()
        elif given.startswith("@"):
            text = Path(given[1:]).read_bytes()
        else:
            text = given.encode()
    except OSError as error:
        raise click.UsageError(f"--body: {error.filename}: {error.strerror}.") from None
    try:
        return msgspec.json.decode(text.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise click.UsageError(f"--body is not JSON: {error}.") from None


def _pair(parameter: str) -> tuple[str, str]:
    name, equals, value = parameter.partition("=")
    if not (name and equals):
        raise click.UsageError(f"--param takes NAME=VALUE, not {parameter!r}.")
    if name.lower() in ("accesskey", "secretkey"):
        raise click.UsageError("Keys are not parameters: see the end of --help.")
    return name, value


def _print_operations(*, as_json: bool) -> None:
    if as_json:
        rows = [_row(operation) for operation in CATALOGUE]
        say_json({"operations": rows})
        return
    say_table(
        ("Operation", "Method", "What it does"),
        [(operation.name, operation.method, operation.summary) for operation in CATALOGUE],
    )


def _row(operation: Operation) -> dict[str, object]:
    return {
        "name": operation.name,
        "method": operation.method,
        "path": operation.url_path,
        "parameters": [parameter.name for parameter in operation.parameters],
        "summary": operation.summary,
    }
