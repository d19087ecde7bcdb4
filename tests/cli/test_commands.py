"""All commands at once: what every one of them has, and that words mean one thing."""

import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator

import click

from leadwire.cli import main
from leadwire.cli.lazy import LazyGroup

_NO_JSON = {"serve", "proxy"}
"""They print their one line with ``--ready json``."""


def every_command() -> Iterator[tuple[str, click.Command]]:
    stack: list[tuple[str, click.Command]] = [("", main)]
    while stack:
        name, command = stack.pop()
        if isinstance(command, click.Group):
            context = click.Context(command)
            for child in command.list_commands(context):
                found = command.get_command(context, child)
                assert found is not None
                stack.append((f"{name} {child}".strip(), found))
        else:
            yield name, command


def test_an_option_name_has_one_meaning() -> None:
    """The first sentence of its help is the same at every command; what follows may differ."""
    meanings: dict[str, set[str]] = defaultdict(set)
    for _, command in every_command():
        for option in command.params:
            if isinstance(option, click.Option) and option.help:
                kind = "flag" if option.is_flag else "value"
                meaning = option.help.partition(". ")[0].partition(" (default")[0].rstrip(".")
                for spelling in (*option.opts, *option.secondary_opts):
                    meanings[spelling].add(f"{kind}: {meaning}")
    assert {name: found for name, found in meanings.items() if len(found) > 1} == {}


def test_every_command_that_prints_has_json_and_help() -> None:
    """A program can read each answer."""
    for name, command in every_command():
        flags = {flag for option in command.params for flag in option.opts}
        assert "--json" in flags or name in _NO_JSON, name
        assert command.get_short_help_str(200), name


def test_the_summary_of_a_command_is_about_the_command() -> None:
    """The list of commands is written beside their modules' names: no command is missing there."""
    for group in (main, main.get_command(click.Context(main), "calls")):
        assert isinstance(group, LazyGroup)
        for name, place in group._places.items():
            command = group.get_command(click.Context(group), name)
            assert command is not None
            assert command.name == name
            assert place.summary.endswith(".")
            assert command.get_short_help_str(200).split()[0] == place.summary.split()[0], name


def test_help_and_version_do_not_import_the_server() -> None:
    """They take a tenth of a second."""
    for words in (["--help"], ["--version"], ["calls", "--help"], ["calls", "search", "--help"]):
        code = (
            "import sys; from leadwire.cli import main\n"
            f"main({words!r}, standalone_mode=False)\n"
            "heavy = ('sqlalchemy', 'numpy', 'starlette', 'pydantic', 'rich', 'httpx2')\n"
            "sys.exit(f'imported: {[n for n in heavy if n in sys.modules]}'\n"
            "    if set(heavy) & set(sys.modules) else 0)\n"
        )
        finished = subprocess.run(  # noqa: S603  # our own command
            [sys.executable, "-c", code], capture_output=True, text=True, check=False
        )
        assert finished.returncode == 0, (words, finished.stderr)
