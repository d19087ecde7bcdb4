"""Every command line of the README and of docs/ runs, in the order in which it is written."""

import os
import re
import shlex
import shutil
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from engines import copy_folder, environment
from support import ServerProcess, leadwire

from leadwire.cli import main

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    path
    for path in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md"))
    if path.name != "cli.md" and re.search(r"^leadwire ", path.read_text(), re.MULTILINE)
)
RUNS_ON = ("serve", "calls tail", "db copy")
"""Commands that do not end by themselves, or need PostgreSQL: their words alone are checked."""
TABLE = "E-mail,First Name\nasha@example.com,Asha\n"


def command_lines(page: Path) -> list[str]:
    """The lines of the page's shell blocks that begin with ``leadwire``."""
    blocks = re.findall(r"```sh\n(.*?)```", page.read_text(), re.DOTALL)
    lines = "".join(blocks).replace("\\\n", " ").replace("$$", str(os.getpid())).splitlines()
    return [line for line in lines if line.startswith("leadwire ")]


def parse(words: list[str]) -> None:
    """Raise click's UsageError for words that no command takes."""
    context = main.make_context("leadwire", list(words))
    command: click.Command = main
    while isinstance(command, click.Group):
        name, found, rest = command.resolve_command(
            context, [*context._protected_args, *context.args]
        )
        assert found is not None
        command, context = found, found.make_context(name, rest, parent=context)


@pytest.fixture(scope="module")
def folder(shared_server: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a lead and its call, and an export of it in ``calls.jsonl`` beside it."""
    shared_server.api().create(FirstName="Asha", EmailAddress="asha@example.com")
    shared_server.stop()
    folder = tmp_path_factory.mktemp("documented") / "own"
    copy_folder(shared_server.folder, folder)
    shared_server.start()
    log = ("calls", "export", "--format", "jsonl", "--data", str(folder))
    assert leadwire(*log, "-o", str(folder.with_name("calls.jsonl"))).exit_code == 0
    return folder


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_commands_of_a_page_run(
    page: Path,
    folder: Path,
    shared_server: ServerProcess,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Beside a server for those of the SDK, and on a folder for those of the operator."""
    monkeypatch.chdir(tmp_path)
    own = copy_folder(folder, tmp_path / "own")
    shutil.copy(folder.with_name("calls.jsonl"), tmp_path)
    for name, value in {
        "LEADWIRE_API_HOST": shared_server.base,
        "LEADWIRE_ACCESS_KEY": shared_server.keys.access_key,
        "LEADWIRE_SECRET_KEY": shared_server.keys.secret_key,
        "LEADWIRE_DATA": str(own),
        **environment(own),
    }.items():
        monkeypatch.setenv(name, value)
    Path("leads.csv").write_text(TABLE)
    for line in command_lines(page):
        words = shlex.split(line, comments=True)[1:]
        known = {"/var/lib/leadwire": str(own), "/backups": str(tmp_path / "backups")}
        for old, new in known.items():
            words = [word.replace(old, new) for word in words]
        if " ".join(words).startswith(RUNS_ON) or "…" in line or re.search(r"\b[A-Z]+_ID\b", line):
            parse(words)
            continue
        result = CliRunner().invoke(main, words, input="y\n")  # where it asks, a person agrees
        assert result.exit_code == 0, (line, result.output)
