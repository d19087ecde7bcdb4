"""The pages of the SDK say what is true: their code runs, from the first block to the last."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from leadwire import Client
from leadwire.testing import Call, Server

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs" / "sdk").glob("*.md"))
_RUN_ELSEWHERE = {"import-leads", "sync-leads"}  # with rows, and servers that die: test_recipes
_BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)
_FILE = re.compile(r"# (\w+\.py)\n")


@pytest.fixture(scope="module")
def account() -> Iterator[tuple[Server, str]]:
    """A server for all pages, each of which makes leads of its own, and its async key.

    What the pages wrote to leads is read back at the end.
    """
    with Server(company_types="Partners, Vendors", webhook_private_addresses="true") as server:
        yield server, server.account.create_async_key()
        written = written_values(server)
        assert written
        with server.client() as client:
            for lead_id, values in written.items():
                lead = client.leads.get(lead_id)
                kept = {name: (lead or {}).get(name) for name in values}
                assert lead is None or kept == values  # None: a page deleted or merged it


def written_values(server: Server) -> dict[str, dict[str, str | None]]:
    """The last value that a call wrote to each field of each lead, as answers print it."""
    found: dict[str, dict[str, str | None]] = {}
    for call in server.account.calls("operation:Lead.* status:success"):
        for lead_id, values in _writes(call):
            for name, value in values.items():
                if isinstance(value, str | int) and name not in ("SearchBy", "mx_Education"):
                    told = {"true": "1", "false": "0"}.get(str(value), str(value))
                    found.setdefault(lead_id, {})[name] = told or None
    return found


def _writes(call: Call) -> list[tuple[str, dict[str, object]]]:
    """The leads that a call wrote, and the values."""
    if call.operation in ("Lead.Create", "Lead.CreateOrUpdate"):
        return [(call.response["Message"]["Id"], call.request)]
    if call.operation == "Lead.Update":
        return [(parse_qs(call.query)["leadId"][0], call.request)]
    if call.operation in ("Lead.BulkCreate", "Lead.BulkCreateOrUpdate"):
        return [
            (row["LeadId"], {part["Attribute"]: part["Value"] for part in sent})
            for row, sent in zip(call.response, call.request, strict=True)
            if row.get("LeadId")
        ]
    return []


@pytest.fixture
def _environment(
    account: tuple[Server, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, async_key = account
    monkeypatch.setenv("LEADWIRE_ACCESS_KEY", server.account.access_key)
    monkeypatch.setenv("LEADWIRE_SECRET_KEY", server.account.secret_key)
    monkeypatch.setenv("LEADWIRE_ASYNC_KEY", async_key)
    monkeypatch.setenv("LEADWIRE_API_HOST", server.url)
    monkeypatch.chdir(tmp_path)


def run(page: Path) -> list[str]:
    """Run the blocks of a page, one after the other; those that name a file are written to it."""
    names: dict[str, object] = {}
    opened: list[Client] = []
    files = []
    try:
        for block in _BLOCK.findall(page.read_text()):
            named = _FILE.match(block)
            if named:
                Path(named[1]).write_text(block)
                files.append(named[1])
                continue
            try:
                exec(compile(block, str(page), "exec"), names)  # noqa: S102  # our own page
            finally:
                opened += [one for one in names.values() if isinstance(one, Client)]
    finally:
        for client in opened:
            client.close()
    return files


@pytest.mark.usefixtures("_environment")
@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.stem not in _RUN_ELSEWHERE], ids=lambda page: page.stem
)
def test_the_code_of_a_page_runs_unchanged(page: Path) -> None:
    """Against a server process, with keys and host from the environment; its tests pass, too."""
    files = run(page)
    if any(name.startswith("test_") for name in files):
        finished = subprocess.run(  # our own interpreter
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "."],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        )
        assert finished.returncode == 0, finished.stdout + finished.stderr
        assert "4 passed" in finished.stdout


@pytest.mark.usefixtures("_environment")
def test_the_quick_start_prints_what_it_promises(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Fields, a duplicate that is told, a call beside the catalogue, and a log of one call."""
    with Server() as fresh, pytest.MonkeyPatch.context() as patch:
        patch.setenv("LEADWIRE_ACCESS_KEY", fresh.account.access_key)
        patch.setenv("LEADWIRE_SECRET_KEY", fresh.account.secret_key)
        patch.setenv("LEADWIRE_API_HOST", fresh.url)
        run(ROOT / "docs" / "sdk" / "README.md")
    printed = capsys.readouterr().out
    for words in ("Asha", "MXDuplicateEntryException", "Administrator"):
        assert words in printed
    assert len((tmp_path / "calls.jsonl").read_text().splitlines()) == 1


@pytest.mark.usefixtures("_environment")
def test_the_code_of_the_readme_runs_unchanged(
    account: tuple[Server, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The lines of README.md that call a server, on this one."""
    (block,) = _BLOCK.findall((ROOT / "README.md").read_text())
    exec(compile(block, "README.md", "exec"), {})  # noqa: S102  # our own page
    assert "Pune" in capsys.readouterr().out
    assert account[0].errors() == ""


def test_every_resource_has_a_page() -> None:
    """Named like the resource, or told of on the page that it shares."""
    text = {page.stem: page.read_text() for page in PAGES}
    client = Client(access_key="a", secret_key="b", host="localhost")  # noqa: S106
    for name, member in vars(client).items():
        if type(member).__module__.startswith("leadwire.sdk.blocking.") and name[0] != "_":
            assert any(f"`client.{name}`" in page for page in text.values()), name
    client.close()
    links = re.findall(r"\]\(([\w-]+)\.md\)", text["README"])
    # The reference is made of docstrings, and is full on the docs site alone.
    assert set(links) == set(text) - {"README", "reference"}
