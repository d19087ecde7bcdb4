"""The recipes of docs/sdk run as they stand; the import survives a server that is killed."""

import csv
import os
import re
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from amounts import each
from support import ServerProcess, leadwire, read_record

from leadwire import Client
from leadwire.access.accounts import FirstAccount
from leadwire.calls.sent import SentCall
from leadwire.clock import SystemClock

DOCS = Path(__file__).parents[2] / "docs" / "sdk"
ROWS = 1_000
LINES_MAX = 20


def blocks(page: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)


def environment_of(server: ServerProcess) -> dict[str, str]:
    return {
        "LEADWIRE_API_HOST": server.base,
        "LEADWIRE_ACCESS_KEY": server.keys.access_key,
        "LEADWIRE_SECRET_KEY": server.keys.secret_key,
    }


def client_of(server: ServerProcess) -> Client:
    keys = server.keys
    return Client(host=server.base, access_key=keys.access_key, secret_key=keys.secret_key)


def addresses(server: ServerProcess) -> list[str | None]:
    """Of every lead there is."""
    with client_of(server) as client:
        found = client.leads.iter_search("ProspectAutoId", 0, ">", columns=["EmailAddress"])
        return [lead.email_address for lead in found]


def write_people(path: Path, count: int) -> None:
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file)
        writer.writerow(["Name", "E-mail", "City"])
        for number in range(count):
            writer.writerow([f"Asha {number}", f"asha.{number}@example.com", "Pune"])


@pytest.fixture
def again(data_folder: Path, keys: FirstAccount) -> Iterator[list[ServerProcess]]:
    """A server, last of the list, and room for its successors on the same port."""
    servers = [ServerProcess(data_folder, keys).start()]
    try:
        yield servers
    finally:
        servers[-1].stop()


def kill_and_restart(servers: list[ServerProcess]) -> None:
    server = servers[-1]
    _, port = server.address
    server.kill()
    servers.append(ServerProcess(server.folder, server.keys, "--port", str(port)).start())


def test_a_short_script_imports_through_kills_of_the_server(
    again: list[ServerProcess], tmp_path: Path
) -> None:
    """No lead is lost or doubled, and both call logs have every call that was sent again."""
    script = blocks("import-leads.md")[0]
    assert len(script.splitlines()) < LINES_MAX
    write_people(tmp_path / "leads.csv", ROWS)
    kills = 0
    with subprocess.Popen(  # noqa: S603  # our own page
        [sys.executable, "-u", "-c", script],
        cwd=tmp_path,
        env={**os.environ, **environment_of(again[-1])},
        stdout=subprocess.PIPE,
        text=True,
    ) as importing:
        assert importing.stdout is not None
        for line in importing.stdout:
            assert line.strip().isdecimal(), line
            if int(line) in (ROWS // 4, ROWS // 2):
                kill_and_restart(again)
                kills += 1
    assert (importing.returncode, kills) == (0, 2)
    found = addresses(again[-1])
    assert len(found) == ROWS
    assert set(found) == {f"asha.{number}@example.com" for number in range(ROWS)}
    _assert_both_sides(tmp_path / "calls.jsonl", again[-1].folder)


def _assert_both_sides(log: Path, folder: Path) -> None:
    """Every call that was sent more than once: what the sender and what the server saw of it."""
    calls: dict[str, list[SentCall]] = defaultdict(list)
    for line in log.read_bytes().splitlines():
        members = msgspec.json.decode(line)
        members["started_at_ms"] = 0
        record = msgspec.convert(members, SentCall)
        calls[record.trace_id].append(record)
    repeated = [attempts for attempts in calls.values() if len(attempts) > 1]
    assert repeated
    for attempts in calls.values():
        assert [record.attempt for record in attempts] == list(range(1, len(attempts) + 1))
        *lost, last = attempts
        assert {record.exception_type for record in lost} <= {"ConnectFailed", "ConnectionLost"}
        assert last.outcome == "success"
        answered = read_record(folder, last.answer_call_id)
        assert answered is not None
        assert answered.trace_id == last.trace_id
        assert answered.request_body == last.request_body
    for attempts in repeated:
        found = leadwire("calls", "search", "--data", str(folder), "--json", "--q",
                         attempts[0].trace_id)  # fmt: skip
        seen = msgspec.json.decode(found.stdout)["calls"]
        assert 1 <= len(seen) <= len(attempts)


@pytest.mark.parametrize("mode", each(["upsert", "create"], every=2))
@pytest.mark.parametrize("point", ["note_sent", "_outcomes", "note_done"])
def test_a_killed_import_continues(
    server: ServerProcess, tmp_path: Path, mode: str, point: str
) -> None:
    """With SIGKILL: before a batch is sent, after it was answered, and after that was noted."""
    write_people(tmp_path / "leads.csv", 120)
    words = ["import", "leads.csv", "--json", "--mode", mode, "--map", "Name=FirstName"]
    program = (
        "import os, signal, sys\n"
        "from leadwire.sdk.transfer import journal, run\n"
        f"owner = run.LeadImport if {point!r} == '_outcomes' else journal.Journal\n"
        f"carry_out, left = getattr(owner, {point!r}), [2]\n"
        "def die(*args):\n"
        "    result = carry_out(*args)\n"
        "    result = list(result) if result else result\n"
        "    left[0] -= 1\n"
        "    if not left[0]:\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return result\n"
        f"setattr(owner, {point!r}, die)\n"
        f"sys.argv = ['leadwire', *{words!r}]\n"
        "from leadwire.command import main; main()\n"
    )
    environment = {**os.environ, **environment_of(server)}

    def started(code: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603  # our own command
            [sys.executable, "-c", code],
            cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip

    assert started(program).returncode == -signal.SIGKILL
    went_on = started(program.replace("[2]", "[0]"))
    assert went_on.returncode == 0, went_on.stderr
    counts = msgspec.json.decode(went_on.stdout)
    assert (counts["rows"], counts["rejected"]) == (120, 0)
    assert counts["resent"] == (0 if point == "note_done" else 50 if mode == "create" else 25)
    found = addresses(server)
    assert len(found) == len(set(found)) == 120


def test_outcomes_match_the_recipe(
    server: ServerProcess, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The page's second block, as it stands."""
    for name, value in environment_of(server).items():
        monkeypatch.setenv(name, value)
    code = "from leadwire import Client\n" + blocks("import-leads.md")[1]
    exec(compile(code, "import-leads.md", "exec"), {})  # noqa: S102  # our own page
    printed = capsys.readouterr().out
    assert re.match(
        r"BulkProgress\(rows=2, created=1, .*\['\S{36}', ''\]\n2 InputInvalid ", printed
    )
    (lead,) = server.api().leads()
    assert (lead["EmailAddress"], lead["mx_City"]) == ("asha@example.com", "Pune")


def test_the_sync_recipe_brings_every_change(
    server: ServerProcess,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The first run brings every lead, the next one those that changed since."""
    for name, value in environment_of(server).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    (code,) = blocks("sync-leads.md")
    names: dict[str, object] = {}
    exec(compile(code, "sync-leads.md", "exec"), names)  # noqa: S102  # our own page
    assert capsys.readouterr().out == "0 leads changed\n"
    sync = names["sync"]
    assert callable(sync)
    later = datetime.fromtimestamp(SystemClock().now_ms() // 1000, UTC) + timedelta(minutes=5)
    with client_of(server) as client:
        lead_id = client.leads.create(first_name="Asha").id
        client.leads.create(first_name="Ravi")
        assert sync(client, later) == 2
        assert sync(client, later + timedelta(minutes=5)) == 0
        client.leads.update(lead_id, mx_City="Pune")
        (tmp_path / "synced-until.txt").unlink()
        assert sync(client, later) == 2
    assert len((tmp_path / "leads.jsonl").read_text().splitlines()) == 4
