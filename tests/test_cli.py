"""The command line: what each command does and prints, and its exit codes."""

import csv
import io
import json
import os
import pty
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from pyarrow import ArrowInvalid, parquet
from support import LEADS, LEADWIRE, USERS, InProcess, ServerProcess, leadwire

from leadwire.access.accounts import FirstAccount
from leadwire.calls.export import EXPORT_FIELDS

COMMANDS = ["init", "serve", "users", "keys", "calls", "doctor", "config"]
_INIT_MEMBERS = ["access_key", "secret_key", "user_email", "password", "account_id", "user_id"]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_init_sets_up_a_folder_once(tmp_path: Path) -> None:
    """The second time: exit code 1, a sentence, and not a byte changed."""
    folder = tmp_path / "new" / "data"
    first = leadwire("init", "--data", str(folder), "--json")
    assert first.exit_code == 0
    made = json.loads(first.stdout)
    assert list(made) == _INIT_MEMBERS
    assert made["access_key"].startswith("u$r")
    assert (len(made["access_key"]), len(made["secret_key"])) == (35, 40)
    before = contents(folder)
    again = leadwire("init", "--data", str(folder))
    assert again.exit_code == 1
    assert "has an account already" in again.stderr
    assert again.stdout == ""
    assert contents(folder) == before


def test_init_keeps_no_secret_in_the_folder(tmp_path: Path) -> None:
    """Keys and password are kept as hashes only."""
    made = json.loads(leadwire("init", "--data", str(tmp_path / "data"), "--json").stdout)
    kept = b"".join(contents(tmp_path / "data").values())
    for name in ("access_key", "secret_key", "password"):
        assert made[name].encode() not in kept


def test_only_the_owner_can_read_a_new_folder(tmp_path: Path) -> None:
    """It holds what the account's users see, and the secrets of its webhooks."""
    folder = tmp_path / "data"
    assert leadwire("init", "--data", str(folder)).exit_code == 0
    assert folder.stat().st_mode & 0o777 == 0o700


def test_init_says_what_is_wrong_with_a_folder(tmp_path: Path) -> None:
    """A file in its place, say."""
    (tmp_path / "file").write_text("")
    result = leadwire("init", "--data", str(tmp_path / "file" / "data"))
    assert result.exit_code == 1
    assert "Cannot use" in result.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    """And exits 0 for it."""
    result = leadwire(command, "--help")
    assert result.exit_code == 0
    assert "Usage:" in result.stdout


@pytest.mark.parametrize(
    "words",
    [
        ("nothing",),
        ("serve", "--port", "x"),
        ("serve", "--plan", "free"),
        ("calls", "show"),
        ("calls", "export", "--format", "xml"),
        ("keys", "revoke"),
        ("init", "--nothing"),
        ("serve", "--port", "99999"),
        ("serve", "--record-policy", "perhaps"),
        ("config", "show", "--calls-retention-days", "-1"),
        ("calls", "search", "--limit", "0"),
        ("calls", "search", "--limit", "x"),
        ("calls", "search", "--status", "bad"),
        ("calls", "search", "--from", "yesterdayish"),
        ("calls", "search", "--to", "x"),
        ("calls", "search", "--last", "9 moons"),
        ("calls", "search", "--api-type", "Nope"),
        ("calls", "search", "--q", "(open"),
        ("calls", "stats", "--api-type", "Nope"),
        ("calls", "export", "--from", "x"),
        ("keys", "rotate", "key_1", "--old-works-hours", "-1"),
        ("call", "Users.Get", "--api-host", "ftp://x"),
        ("call", "Users.Get", "--pace", "gold"),
        ("export", "leads", "--api-host", "a b"),
        ("export", "leads", "--since", "yesterday"),
        ("export", "leads", "--until", "x"),
        ("import", "nowhere.csv"),
        ("login", "--profile", "a b"),
        ("calls", "verify", "--anchor", "junk"),
        ("calls", "erase", "--q", "(open"),
        ("calls", "erase", "--q", "x", "--from", "yesterdayish"),
        ("calls", "tail", "--file", "calls.jsonl"),
        ("import", __file__, "--encoding", "klingon"),
        ("db", "check", "--with", "nonsense"),
        ("db", "check", "--with", "mysql://x/y"),
        ("account", "create", "x", "--email", "nobody"),
        ("init", "--email", "nobody"),
        ("proxy", "--upstream", "ftp://x"),
        ("proxy", "--upstream", "https://x.example", "--pace", "never"),
        ("config", "set", "plan", "gold"),
        ("top", "--last", "9 moons"),
        ("login", "--from-stdin", "--api-host", "ftp://x"),
        ("login",),
        ("logout", "--profile", "a/b"),
    ],
)
def test_a_usage_error_exits_with_2(
    words: tuple[str, ...], data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And says how it is used."""
    (data_folder / "calls").mkdir(exist_ok=True)
    keys = {"LEADWIRE_ACCESS_KEY": "access", "LEADWIRE_SECRET_KEY": "secret"}
    places = {"LEADWIRE_DATA": str(data_folder), "LEADWIRE_API_HOST": "mumbai"}
    for name, value in (keys | places).items():
        monkeypatch.setenv(name, value)
    result = leadwire(*words)
    assert result.exit_code == 2
    assert "Usage:" in result.stderr
    as_json = leadwire(*words, "--json")  # which serve does not have, nor an export to a terminal
    assert (as_json.exit_code, as_json.stdout) == (2, "")
    error = json.loads(as_json.stderr)["error"]
    assert error["exit_code"] == 2
    assert error["message"]


@pytest.mark.parametrize(
    "words",
    [
        ("keys", "list"),
        ("keys", "create"),
        ("calls", "search"),
        ("calls", "show", "x"),
        ("calls", "export"),
        ("calls", "tail"),
    ],
)
def test_a_missing_folder_exits_with_1(tmp_path: Path, words: tuple[str, ...]) -> None:
    """It is not made on the way, and the text says what to do."""
    folder = tmp_path / "nowhere"
    result = leadwire(*words, "--data", str(folder))
    assert result.exit_code == 1
    assert str(folder) in result.stderr
    assert not folder.exists()


def test_keys_work_and_stop_working_on_a_running_server(api: InProcess) -> None:
    """A new pair at once, a revoked one within the key cache's second."""
    data = ("--data", str(api.folder))
    pair = json.loads(leadwire("keys", "create", "--json", *data).stdout)
    headers = {"x-LSQ-AccessKey": pair["access_key"], "x-LSQ-SecretKey": pair["secret_key"]}

    def status() -> int:
        return api.call("GET", USERS, headers=headers, keys="none").status

    assert status() == 200
    assert leadwire("keys", "revoke", pair["key_id"], *data).exit_code == 0
    api.clock.advance(1_000)
    assert status() == 401
    assert api.get(USERS).status == 200
    assert leadwire("keys", "revoke", pair["key_id"], *data).exit_code == 1
    assert leadwire("keys", "revoke", "key_nobody", *data).exit_code == 1


def test_an_unknown_user_gets_no_keys(data_folder: Path) -> None:
    """Exit code 1 names the address."""
    result = leadwire("keys", "create", "--user", "nobody@x.test", "--data", str(data_folder))
    assert result.exit_code == 1
    assert "nobody@x.test" in result.stderr


def test_keys_list_shows_no_key(data_folder: Path, keys: FirstAccount) -> None:
    """Its id, its last letters, whose it is and since when."""
    data = ("--data", str(data_folder))
    (row,) = json.loads(leadwire("keys", "list", "--json", *data).stdout)["keys"]
    assert list(row) == ["key_id", "name", "access_key", "user_email", "created_on",
        "ends_on", "revoked_on", "secrets",
    ]  # fmt: skip
    (secret,) = row["secrets"]
    assert list(secret) == ["is_old", "created_on", "used_on", "ends_on"]
    assert keys.secret_key not in repr(row)
    assert row["access_key"].endswith(keys.access_key[-4:])
    assert keys.access_key not in leadwire("keys", "list", *data).stdout
    leadwire("keys", "revoke", row["key_id"], *data)
    assert "revoked" in leadwire("keys", "list", *data).stdout


@pytest.fixture
def log(api: InProcess) -> InProcess:
    """Three calls: a success, a fault, and one with wrong keys."""
    api.create(FirstName="=cmd()", EmailAddress="asha@example.com")
    api.post(LEADS + "Lead.Update", [])
    api.call("GET", USERS, keys="none")
    return api


@pytest.mark.parametrize(
    ("filters", "operations"),
    [
        ((), ["Users.Get", "Lead.Update", "Lead.Create"]),
        (("--q", "ASHA@example"), ["Lead.Create"]),
        (("--status", "success"), ["Lead.Create"]),
        (("--status", "401"), ["Users.Get"]),
        (("--status", "error"), ["Users.Get", "Lead.Update"]),
        (("--api-type", "User"), ["Users.Get"]),
        (("--from", "2026-03-04 05:06:08"), []),
        (("--to", "2026-03-04 05:06:06"), []),
        (
            ("--from", "2026-03-04T05:06:07.000Z", "--to", "2026-03-04"),
            ["Users.Get", "Lead.Update", "Lead.Create"],
        ),
        (("--last", "1h"), []),
        (("--q", "user:Admin@acme.test"), ["Lead.Update", "Lead.Create"]),
        (("--q", "user:ADMIN*"), ["Lead.Update", "Lead.Create"]),
        (("--q", "user:nobody"), []),
        (("--limit", "1"), ["Users.Get"]),
    ],
)
def test_calls_search_finds_by_every_filter(
    log: InProcess, filters: tuple[str, ...], operations: list[str]
) -> None:
    """Newest first, of every account and those that were refused."""
    result = leadwire("calls", "search", "--json", *filters, "--data", str(log.folder))
    document = json.loads(result.stdout)
    assert [call["operation"] for call in document["calls"]] == operations
    assert all(list(call) == [*EXPORT_FIELDS, "sequence"] for call in document["calls"])
    assert ("next" in document) is ("--limit" in filters)


@pytest.mark.parametrize(
    "words", [("--from", "yesterdayish"), ("--status", "bad"), ("--limit", "0")]
)
def test_calls_search_says_what_is_wrong_with_a_filter(
    log: InProcess, words: tuple[str, str]
) -> None:
    """Exit code 2 and the value."""
    result = leadwire("calls", "search", *words, "--data", str(log.folder))
    assert result.exit_code == 2
    assert words[1] in result.stderr


def test_calls_lint_reports_what_the_log_shows(log: InProcess) -> None:
    """As text and as JSON: the rule, the name that is meant, and the call."""
    log.get(LEADS + "Leads.GetByEmailaddress?emailadress=asha%40example.com")
    data = ("--data", str(log.folder))
    document = json.loads(leadwire("calls", "lint", "--json", *data).stdout)
    [finding] = document["findings"]
    assert (finding["rule"], finding["calls"], document["calls"]) == ("unknown_name", 1, 4)
    text = leadwire("calls", "lint", *data)
    assert text.exit_code == 0
    assert "query.emailadress, perhaps emailaddress" in text.stdout
    assert finding["examples"][0]["call_ids"][0] in text.stdout
    assert "No call matches." in leadwire("calls", "lint", "--q", "nothing-has-this", *data).stdout


def test_calls_search_continues_where_it_ended(log: InProcess) -> None:
    """The line on standard error has the option that does; every call is printed once."""
    data = ("--data", str(log.folder))
    seen: list[str] = []
    more: list[str] = []
    for _ in range(3):
        result = leadwire("calls", "search", "--limit", "1", *more, *data)
        seen += result.stdout.splitlines()[1:]
        more = result.stderr.strip().rpartition("add: ")[2].split()
    assert len(set(seen)) == 3
    assert more == []
    assert leadwire("calls", "search", "--cursor", "x", *data).exit_code == 2


def test_calls_show_prints_one_call(log: InProcess) -> None:
    """Everything that is known of it; exit code 1 for an id that is none's."""
    answer = log.post(LEADS + "Lead.Update", [])
    data = ("--data", str(log.folder))
    shown = json.loads(leadwire("calls", "show", answer.call_id, "--json", *data).stdout)
    assert set(shown) == {*EXPORT_FIELDS, "sequence", "traceback"}
    assert shown["exception_message"] == "'leadId' is mandatory for updating lead"
    assert "'leadId' is mandatory" in leadwire("calls", "show", answer.call_id, *data).stdout
    missing = leadwire("calls", "show", "nothing", *data)
    assert (missing.exit_code, missing.stdout) == (1, "")


def test_calls_export_writes_parquet_that_reads_back(log: InProcess, tmp_path: Path) -> None:
    """Every field of every call, with its type; a file that was cut short cannot be read."""
    path = tmp_path / "calls.parquet"
    data = ("--data", str(log.folder))
    assert leadwire("calls", "export", "--format", "parquet", "-o", str(path), *data).exit_code == 0
    table = parquet.read_table(path)
    assert table.column_names == list(EXPORT_FIELDS)
    lines = leadwire("calls", "export", "--format", "jsonl", *data).stdout.splitlines()
    assert table.to_pylist() == [json.loads(line) for line in lines]
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ArrowInvalid):
        parquet.read_table(path)


def test_calls_export_writes_csv_and_json_lines(log: InProcess, tmp_path: Path) -> None:
    """To a file that appears whole; a cell of the CSV never starts a formula."""
    data = ("--data", str(log.folder))
    path = tmp_path / "calls.csv"
    result = leadwire("calls", "export", "-o", str(path), *data)
    assert result.exit_code == 0
    assert "3 calls written" in result.stderr
    rows = list(csv.reader(io.StringIO(path.read_text("utf-8-sig"), newline="")))
    assert rows[0] == list(EXPORT_FIELDS)
    assert len(rows) == 4
    assert not [cell for row in rows for cell in row if cell[:1] in ("=", "+", "-", "@")]
    assert list(tmp_path.glob("*.partial")) == []
    lines = leadwire("calls", "export", "--format", "jsonl", *data).stdout.splitlines()
    place = rows[0].index("operation")
    assert [json.loads(line)["operation"] for line in lines] == [row[place] for row in rows[1:]]
    unwritable = leadwire("calls", "export", "-o", str(tmp_path / "no" / "x.csv"), *data)
    assert unwritable.exit_code == 1


@pytest.mark.parametrize("clickhouse", [False, True])
def test_calls_tail_prints_calls_as_they_are_recorded(
    server: ServerProcess, clickhouse: bool
) -> None:
    """Beside the running server, one line of JSON each; with --local also where the settings name
    a ClickHouse, be it there or not."""
    options = ["--local"] if clickhouse else []
    address = {"LEADWIRE_CALLS_CLICKHOUSE_URL": "http://127.0.0.1:9"} if clickhouse else {}
    tail = subprocess.Popen(  # noqa: S603  # our own command
        [*LEADWIRE, "calls", "tail", "--json", *options, "--data", str(server.folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **address},
        text=True,
    )
    assert tail.stdout is not None
    lines: list[str] = []
    first = threading.Event()

    def read() -> None:
        assert tail.stdout is not None
        lines.append(tail.stdout.readline())
        first.set()

    server.api().get(USERS)  # so that there is a log to follow
    reader = threading.Thread(target=read)
    reader.start()
    while not first.wait(0.1) and tail.poll() is None:
        server.api().get(USERS)
    tail.terminate()
    reader.join()
    with tail.stdout:
        tail.wait()
    assert json.loads(lines[0])["operation"] == "Users.Get"


def test_doctor_tells_an_intact_folder_from_a_damaged_one(log: InProcess) -> None:
    """Exit code 0 and 1; each finding says what was looked at."""
    data = ("--data", str(log.folder))
    log.close()
    sound = leadwire("doctor", "--json", *data)
    findings = json.loads(sound.stdout)["findings"]
    assert sound.exit_code == 0, sound.stdout
    assert {"leadwire", "Python", "SQLite", "data folder", "crm.sqlite"} <= {
        finding["what"] for finding in findings
    }
    damaged = log.folder / "crm.sqlite"
    damaged.write_bytes(b"x" * 8192)
    wrong = leadwire("doctor", *data)
    assert wrong.exit_code == 1
    assert "crm.sqlite" in wrong.stdout


def test_serve_prints_everything_a_first_caller_needs(tmp_path: Path) -> None:
    """On the first start an account is made, and its keys work; on the second none is shown."""
    folder = tmp_path / "data"
    nobody = FirstAccount("", "", "", "", "", "")
    server = ServerProcess(folder, nobody).start()
    server.stop()
    printed = server.output.read_text()
    for words in ("API base URL", "Console", "Sign-in", "Password", "Access key", "curl '"):
        assert words in printed
    again = ServerProcess(folder, nobody)
    again.output.unlink()
    again.start()
    again.stop()
    assert "Access key" not in again.output.read_text()
    assert again.errors.read_text() == ""


def test_serve_stops_gracefully(server: ServerProcess) -> None:
    """After SIGTERM: exit code 0 or the signal's, and every call recorded."""
    answer = server.api().get(USERS)
    assert server.stop() in (0, -15)
    shown = leadwire("calls", "show", answer.call_id, "--data", str(server.folder))
    assert shown.exit_code == 0


def test_a_second_server_on_the_folder_is_refused(
    make_api: Callable[..., InProcess], data_folder: Path
) -> None:
    """One process writes; the other says why it does not start, with exit code 1."""
    make_api()
    second = subprocess.run(  # noqa: S603  # our own command
        [*LEADWIRE, "serve", "--data", str(data_folder), "--port", "0"],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert second.returncode == 1
    assert "one writer" in second.stderr
    assert "Traceback" not in second.stderr


def serve(folder: Path, port: int = 0, **streams: int) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603  # our own command
        [*LEADWIRE, "serve", "--data", str(folder), "--port", str(port)],
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams},
        text=True,
    )


def has_account(folder: Path) -> bool:
    with closing(sqlite3.connect(folder / "access.sqlite")) as connection:
        (tables,) = connection.execute(
            "SELECT count(*) FROM sqlite_master WHERE name = 'accounts'"
        ).fetchone()
        return bool(tables) and bool(connection.execute("SELECT 1 FROM accounts").fetchall())


def test_a_taken_port_keeps_the_first_credentials(tmp_path: Path, server: ServerProcess) -> None:
    """Exit code 1 and the reason; the next start on the folder makes the account and shows it."""
    folder = tmp_path / "other"
    second = serve(folder, server.address[1])
    output, reason = second.communicate(timeout=30)
    assert second.returncode == 1
    assert reason == (
        f"Error: Cannot listen on 127.0.0.1:{server.address[1]}: another program uses this port. "
        "Choose another with --port, or stop that program.\n"
    )
    assert "Secret key" not in output
    third = ServerProcess(folder, FirstAccount("", "", "", "", "", "")).start()
    third.stop()
    for words in ("Sign-in", "Password", "Access key", "Secret key"):
        assert words in third.output.read_text()


def test_credentials_that_cannot_be_shown_are_not_kept(tmp_path: Path) -> None:
    """Standard output is full: no command keeps an account, a pair or a key that nobody saw."""
    folder = tmp_path / "data"
    data = ("--data", str(folder))

    def failing(*words: str) -> None:
        with Path("/dev/full").open("w") as full:
            result = subprocess.run(  # noqa: S603  # our own command
                [*LEADWIRE, *words, *data],
                stdout=full,
                stderr=subprocess.PIPE,
                check=False,
                timeout=30,
            )
        assert result.returncode == 1

    failing("init")
    assert not has_account(folder)
    failing("serve", "--port", "0")
    assert not has_account(folder)
    assert leadwire("init", *data).exit_code == 0
    before = (folder / "access.sqlite").read_bytes()
    key_id = json.loads(leadwire("keys", "list", "--json", *data).stdout)["keys"][0]["key_id"]
    for words in (
        ("init",),
        ("keys", "create"),
        ("keys", "async"),
        ("keys", "rotate", key_id),
        ("users", "create", "a@example.com"),
        ("users", "password", "admin@leadwire.local"),
    ):
        failing(*words)
    assert (folder / "access.sqlite").read_bytes() == before


def test_a_killed_start_keeps_no_account_that_was_not_shown(tmp_path: Path) -> None:
    """Whenever the kill comes: either the secrets were printed, or the next start prints some."""
    for turn in range(6):
        folder = tmp_path / f"data{turn}"
        started = serve(folder, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while not (folder / "access.sqlite").exists() and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(turn * 0.15)
        started.kill()
        output, _ = started.communicate(timeout=30)
        made = (folder / "access.sqlite").exists() and has_account(folder)
        assert "Secret key" in output or not made


def test_an_invalid_environment_value_is_not_a_usage_error(data_folder: Path) -> None:
    """Exit code 1, with its source."""
    data = ("--data", str(data_folder))
    result = leadwire("keys", "list", *data, environment={"LEADWIRE_PORT": "99999"})
    assert result.exit_code == 1
    assert "environment" in result.stderr


@pytest.mark.parametrize("command", ["tail", "serve"])
def test_ctrl_c_exits_with_130_and_one_sentence(
    command: str, server: ServerProcess, tmp_path: Path
) -> None:
    """Whatever the command was doing."""
    words = {
        "tail": ("calls", "tail", "--data", str(server.folder)),
        "serve": ("serve", "--port", "0", "--data", str(tmp_path / "new")),
    }[command]
    server.api().get(USERS)
    process = subprocess.Popen(  # noqa: S603  # our own command
        [*LEADWIRE, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    if command == "serve":
        while b"Data folder" not in process.stdout.readline():
            pass
    else:
        reader = threading.Thread(target=process.stdout.readline)
        reader.start()
        while reader.is_alive():
            server.api().get(USERS)
            reader.join(0.1)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.decode().count("\n") == 1
    assert errors.decode().endswith("Interrupted.\n")


def test_a_full_disk_is_one_sentence_and_a_closed_pipe_is_quiet(log: InProcess) -> None:
    """On standard error, for each command that prints; the exit code says which."""
    data = ("--data", str(log.folder))
    commands = (
        ("calls", "search"),
        ("calls", "search", "--json"),
        ("calls", "stats"),
        ("calls", "export"),
        ("calls", "export", "--format", "parquet"),
        ("keys", "list"),
        ("doctor",),
    )
    for words in commands:
        with Path("/dev/full").open("w") as full:
            finished = subprocess.run(  # noqa: S603  # our own command
                [*LEADWIRE, *words, *data],
                stdout=full, stderr=subprocess.PIPE, text=True, check=False,
            )  # fmt: skip
        assert finished.returncode == 1, (words, finished.stderr)
        assert finished.stderr.count("\n") == 1, finished.stderr
        assert "No space left on device" in finished.stderr
        as_json = "--json" in words
        assert (finished.stderr[:11] == '{"error":{"') is as_json
    ours, theirs = os.pipe()
    os.close(ours)
    finished = subprocess.run(  # noqa: S603  # our own command
        [*LEADWIRE, "calls", "search", *data],
        stdout=theirs, stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    os.close(theirs)
    assert (finished.returncode, finished.stderr) == (141, "")


def test_help_needs_its_output_like_every_command() -> None:
    """On a full disk, into a closed pipe, and without any standard output."""
    for words, where, code, said in [
        ("--help", ">/dev/full", 1, "Standard output: No space left on device.\n"),
        ("--version", ">&-", 1, "Standard output: Bad file descriptor.\n"),
        ("call --list", ">&-", 1, "Standard output: Bad file descriptor.\n"),
    ]:
        finished = subprocess.run(  # noqa: S603  # our own command
            ["/bin/sh", "-c", f'exec "$0" -m leadwire {words} {where}', sys.executable],
            stderr=subprocess.PIPE, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert (finished.returncode, finished.stderr) == (code, said), words


def test_an_export_is_searched_like_its_log(log: InProcess, tmp_path: Path) -> None:
    """JSON Lines have the same fields and times, from a server and from an SDK's log."""
    path = tmp_path / "calls.jsonl"
    data = ("--data", str(log.folder))
    assert leadwire("calls", "export", "--format", "jsonl", "-o", str(path), *data).exit_code == 0
    for words in (("--q", "asha"), ("--status", "401"), ()):
        own = json.loads(leadwire("calls", "search", "--json", *words, *data).stdout)["calls"]
        read = json.loads(
            leadwire("calls", "search", "--json", *words, "--file", str(path)).stdout
        )["calls"]
        assert [{name: call[name] for name in EXPORT_FIELDS} for call in read] == [
            {name: call[name] for name in EXPORT_FIELDS} for call in own
        ]
    again = leadwire("calls", "export", "--format", "jsonl", "--file", str(path))
    assert sorted(again.stdout.splitlines()) == sorted(path.read_text().splitlines())


def test_a_body_that_excel_cuts_is_reported(api: InProcess) -> None:
    """The file has all of it."""
    api.post(LEADS + "Lead.Update", [{"Attribute": "x" * 40_000, "Value": ""}])
    result = leadwire("calls", "export", "--data", str(api.folder))
    assert "x" * 40_000 in result.stdout
    assert "more than 32,767 characters" in result.stderr


def on_terminal(columns: int, *words: str, **environment: str) -> str:
    """What a command prints on a terminal so wide."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(  # noqa: S603  # our own command
        [*LEADWIRE, *words],
        stdout=theirs,
        env={**os.environ, "COLUMNS": str(columns), "TERM": "xterm", **environment},
    )
    os.close(theirs)
    output = b""
    try:
        while block := os.read(ours, 65_536):
            output += block
    except OSError:
        pass  # how Linux says that the other side is closed
    os.close(ours)
    assert process.wait(60) == 0
    return output.decode()


def test_a_row_is_one_line_of_the_terminal(log: InProcess) -> None:
    """With a header row, at any width. Elsewhere nothing is cut, and nothing is coloured."""
    words = ("calls", "search", "--data", str(log.folder))
    for columns in (10, 40, 80, 200):
        lines = on_terminal(columns, *words, NO_COLOR="1").splitlines()
        assert len(lines) == 4
        assert max(map(len, lines)) <= columns
        assert "Status" in lines[0]
    plain = leadwire(*words)
    assert "…" not in plain.stdout
    assert plain.stdout.startswith("Time (UTC)")
    assert "\x1b" not in plain.stdout
    assert "\x1b[" in on_terminal(80, *words)
    assert "\x1b" not in on_terminal(80, *words, TERM="dumb")
    assert "\x1b[" in leadwire(*words, environment={"FORCE_COLOR": "1"}).stdout
    both = {"FORCE_COLOR": "1", "NO_COLOR": "1"}
    assert "\x1b" not in leadwire(*words, environment=both).stdout
