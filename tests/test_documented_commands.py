"""Every command line of the README and of docs/ runs, in the order in which it is written."""

import os
import re
import shlex
import shutil
import sys
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
    if re.search(r"^leadwire ", path.read_text(), re.MULTILINE)
)
EXTRAS = {"parquet": "pyarrow", "postgres": "psycopg", "clickhouse": "clickhouse_connect"}
"""A library of each extra that requirements.lock leaves out."""
RUNS_ON = ("serve", "proxy", "calls tail", "db copy")
"""Commands that do not end by themselves, or need PostgreSQL: their words alone are checked."""
ID = r"\b[A-Z]+_ID\b"
TABLE = "E-mail,First Name\nasha@example.com,Asha\n"


def command_lines(page: Path) -> list[str]:
    """The lines of the page's shell blocks that begin with ``leadwire``."""
    blocks = re.findall(r"```sh\n(.*?)```", page.read_text(), re.DOTALL)
    lines = "".join(blocks).replace("\\\n", " ").replace("$$", str(os.getpid())).splitlines()
    return [line for line in lines if line.startswith("leadwire ")]


def missing_libraries(page: Path) -> list[str]:
    """What scripts/serve does not install, unless the page says how to install it."""
    named = set(",".join(re.findall(r"'\.\[([a-z,]+)\]'", page.read_text())).split(","))
    return [library for extra, library in EXTRAS.items() if extra not in named]


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


def test_every_script_that_a_page_names_is_there() -> None:
    """And can be run."""
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    named = {
        name
        for page in pages
        for name in re.findall(r"(?<![\w/.])(?:scripts|\.ci)/[a-z-]+\b(?!\.)", page.read_text())
    }
    assert {"scripts/serve", "scripts/package", "scripts/test"} <= named
    assert [name for name in named if not os.access(ROOT / name, os.X_OK)] == []


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
        # The page about the command line makes a key pair for the running server.
        "LEADWIRE_DATA": str(shared_server.folder if page.name == "cli.md" else own),
        "XDG_CONFIG_HOME": str(tmp_path),
        **environment(own),
    }.items():
        monkeypatch.setenv(name, value)
    for library in missing_libraries(page):
        monkeypatch.setitem(sys.modules, library, None)
    Path("leads.csv").write_text(TABLE)
    for written in command_lines(page):
        line = written
        known = {
            "/var/lib/leadwire": str(own),
            "/backups": str(tmp_path / "backups"),
            "http://127.0.0.1:8080": shared_server.base,
        }
        for old, new in known.items():
            line = line.replace(old, new)
        given = "y\n"  # where it asks, a person agrees
        for part in re.split(r" \| (?=leadwire )", line):
            words = shlex.split(part, comments=True)[1:]
            if " ".join(words).startswith(RUNS_ON) or "…" in part or re.search(ID, part):
                parse(words)
                continue
            result = CliRunner().invoke(main, words, input=given)
            assert result.exit_code == 0, (part, result.output)
            given = result.stdout
