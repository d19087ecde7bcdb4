"""``leadwire call``, ``import`` and ``export``, against a real server over a socket."""

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import Result
from engines import copy_folder
from support import LEADS, ServerProcess, leadwire

from leadwire.access.accounts import FirstAccount
from leadwire.cli import main
from leadwire.installing import install_command
from leadwire.operations import CATALOGUE
from leadwire.sdk import errors
from leadwire.sdk.bulk import RowOutcome
from leadwire.sdk.transfer import run as run_module
from leadwire.sdk.transfer.journal import Journal

Run = Callable[..., Result]

HEADER = "First Name,E-mail,Telephone,mx_City"
MAPS = ("--map", "E-mail=EmailAddress", "--map", "Telephone=Phone")


@pytest.fixture(scope="module")
def running(
    prepared: tuple[Path, FirstAccount], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    """A server for all of the module's tests: each has leads of its own."""
    folder = copy_folder(prepared[0], tmp_path_factory.mktemp("running") / "data")
    process = ServerProcess(folder, prepared[1]).start()
    yield process
    process.stop()


@pytest.fixture
def environment(running: ServerProcess) -> dict[str, str]:
    return {
        "LEADWIRE_API_HOST": running.base,
        "LEADWIRE_ACCESS_KEY": running.keys.access_key,
        "LEADWIRE_SECRET_KEY": running.keys.secret_key,
    }


@pytest.fixture
def run(environment: dict[str, str]) -> Run:
    return lambda *words: leadwire(*words, environment=environment)


def people(name: str, count: int) -> str:
    lines = [f"{name} {number},{name}.{number}@example.com,,Pune" for number in range(1, count + 1)]
    return "\n".join((HEADER, *lines)) + "\n"


def imported(result: Result) -> dict[str, Any]:
    """The counts that an import printed as JSON."""
    return json.loads(result.stdout)


def named(server: ServerProcess, name: str) -> list[dict[str, Any]]:
    """The leads whose first name begins with *name*."""
    parameter = {"LookupName": "FirstName", "LookupValue": f"{name} %", "SqlOperator": "LIKE"}
    body = {"Parameter": parameter, "Paging": {"PageIndex": 1, "PageSize": 1000}}
    return server.api().post(LEADS + "Leads.Get", body).json


def test_a_call_prints_its_answer(run: Run, tmp_path: Path) -> None:
    """The body from an argument or a file; parameters by name; JSON that another program reads."""
    body = [{"Attribute": "FirstName", "Value": "Called"}]
    created = run("call", "Lead.Create", "--body", json.dumps(body))
    assert created.exit_code == 0, created.output
    lead_id = json.loads(created.stdout)["Message"]["Id"]
    (tmp_path / "body.json").write_text("\ufeff" + json.dumps(body))
    words = ("lead.update", "--body", f"@{tmp_path / 'body.json'}", "--param", f"leadId={lead_id}")
    assert json.loads(run("call", *words).stdout)["Message"] == {"AffectedRows": 1}
    path = ("LeadManagement.svc/Leads.GetById", "--param", f"id={lead_id}", "--json")
    assert json.loads(run("call", *path).stdout)[0]["FirstName"] == "Called"


def test_a_fault_names_the_call_id(run: Run, running: ServerProcess) -> None:
    """On standard error, with exit code 1; the server's log has a call of that id."""
    failed = run("call", "Lead.Update", "--body", '[{"Attribute":"FirstName","Value":"x"}]')
    assert (failed.exit_code, failed.stdout) == (1, "")
    assert "'leadId' is mandatory" in failed.stderr
    call_id = failed.stderr.split("Call id: ")[1].strip()
    found = leadwire("calls", "show", call_id, "--data", str(running.folder))
    assert "MXMandatoryAttributeMissingException" in found.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "List them with --list"),
        (("Lead.Creat",), "Did you mean Lead.Create?"),
        (("Lead.Create", "--body", "{"), "not JSON"),
        (("Lead.Create", "--body", "@nowhere.json"), "No such file"),
        (("Leads.GetById", "--param", "id"), "NAME=VALUE"),
        (("Leads.GetById", "--param", "secretKey=x"), "Keys are not parameters"),
    ],
)
def test_an_invalid_call_sends_nothing(run: Run, words: tuple[str, ...], said: str) -> None:
    """Exit code 2, and a sentence."""
    result = run("call", *words)
    assert result.exit_code == 2
    assert said in result.stderr


def test_operations_are_listed() -> None:
    """Every one of the catalogue."""
    listed = leadwire("call", "--list").stdout
    assert all(operation.name in listed for operation in CATALOGUE)
    known = json.loads(leadwire("call", "--list", "--json").stdout)["operations"]
    assert len(known) == len(CATALOGUE)


def test_no_option_takes_a_key() -> None:
    """A command line can be read by every process of the machine."""
    for words in (("call",), ("import",), ("export", "leads")):
        text = leadwire(*words, "--help").stdout
        assert "--secret-key" not in text
        assert "--access-key" not in text
        assert "LEADWIRE_SECRET_KEY" in text


def test_keys_come_from_a_profile_that_only_its_owner_can_read(
    running: ServerProcess, tmp_path: Path
) -> None:
    """A file that others may read is refused, and what it holds is not repeated."""
    file = tmp_path / "leadwire" / "profiles.toml"
    file.parent.mkdir()
    keys = running.keys
    file.write_text(
        f'[local]\nhost = "{running.base}"\naccess_key = "{keys.access_key}"\n'
        f'secret_key = "{keys.secret_key}"\n[odd]\nkey = "x"\n[half]\naccess_key = "x"\n'
    )
    file.chmod(0o600)
    environment = {"XDG_CONFIG_HOME": str(tmp_path)}
    words = ("call", "Users.Get", "--profile")
    assert leadwire(*words, "local", environment=environment).exit_code == 0
    assert "no profile" in leadwire(*words, "other", environment=environment).stderr
    half = leadwire(*words, "half", environment=environment | {"LEADWIRE_SECRET_KEY": "y"})
    assert "needs access_key and secret_key" in half.stderr
    assert "allows only host, access_key" in leadwire(*words, "odd", environment=environment).stderr
    file.chmod(0o640)
    refused = leadwire(*words, "local", environment=environment)
    assert refused.exit_code == 1
    assert "chmod 600" in refused.stderr
    assert keys.secret_key not in refused.output


def test_without_keys_a_call_says_where_they_come_from() -> None:
    """Where there is no terminal to ask at."""
    result = leadwire("call", "Users.Get", "--api-host", "http://127.0.0.1:9")
    assert result.exit_code == 1
    assert "LEADWIRE_ACCESS_KEY" in result.stderr


def test_a_dry_run_reports_and_sends_nothing(
    run: Run, running: ServerProcess, tmp_path: Path
) -> None:
    """Which column is which field, and every cell that is not right, with its row."""
    file = tmp_path / "leads.csv"
    file.write_bytes(
        "\ufeffFirst Name;E-mail;Telephone;Score;Date of Birth;CreatedOn\r\n"
        "Dry 1;dry.1@example.com;'+91-9000000001;12;1990-05-06;2020-01-01\r\n"
        "Dry 2;nobody;12;many;06/05/1990;\r\n".encode()
    )
    maps = ("--map", "Score=", "--map", "Date of Birth=mx_DOB")
    unmapped = run("import", str(file), "--dry-run", "--map", "Date of Birth=mx_DOB")
    assert unmapped.exit_code == 1
    assert "--map 'Telephone'=" in unmapped.stdout
    assert "EmailAddress (Email), by display name" in unmapped.stdout
    result = run("import", str(file), "--dry-run", *MAPS, *maps)
    assert result.exit_code == 1
    assert "2 rows, utf-8-sig, semicolon" in result.stdout
    assert "EmailAddress (Email), as mapped" in result.stdout
    assert "FirstName (Text), by schema name" in result.stdout
    assert "maintained by the system" in result.stdout
    assert "row 2: mx_DOB: '06/05/1990' is not a date" in result.stdout
    assert "row 2: EmailAddress: 'nobody' is not an address" in result.stdout
    assert '"Phone":"+91-9000000001"' in result.stdout
    found = json.loads(run("import", str(file), "--dry-run", "--json", *MAPS, *maps).stdout)
    assert (found["rows"], found["sendable"], found["columns"]["Score"]) == (2, 1, "")
    assert named(running, "Dry") == []
    assert list(tmp_path.iterdir()) == [file]


def test_an_import_writes_good_rows_and_reports_the_others(
    run: Run, running: ServerProcess, tmp_path: Path
) -> None:
    """In a file of the same columns, which is mended and imported again."""
    file = tmp_path / "leads.csv"
    bad = "Good 61,not an address,,Pune\nGood 62,good.62@example.com,,Pune,too many\n"
    file.write_text(people("Good", 60) + bad)
    first = run("import", str(file), "--json", *MAPS)
    counts = imported(first)
    assert first.exit_code == 1
    assert (counts["rows"], counts["created"], counts["rejected"]) == (62, 60, 2)
    rejected = Path(counts["rejected_file"])
    rows = list(csv.DictReader(io.StringIO(rejected.read_text())))
    assert [row["leadwire_row"] for row in rows] == ["61", "62"]
    assert "is not an address" in rows[0]["leadwire_reason"]
    assert "5 cells" in rows[1]["leadwire_reason"]
    mended = rejected.read_text().replace("not an address", "good.61@example.com", 1)
    rejected.write_text(mended)
    second = run("import", str(rejected), "--json", *MAPS)
    assert (second.exit_code, imported(second)["created"]) == (0, 2), second.output
    assert len(named(running, "Good")) == 62


def test_a_finished_import_is_not_repeated(run: Run, tmp_path: Path) -> None:
    """The journal knows; another file, other options or another journal start anew."""
    file = tmp_path / "leads.csv"
    file.write_text(people("Done", 30))
    assert imported(run("import", str(file), "--json", *MAPS))["created"] == 30
    again = run("import", str(file), *MAPS)
    assert "settled by an earlier run" in again.stdout
    other = run("import", str(file), "--clear-empty", *MAPS)
    assert other.exit_code == 1
    assert "belongs to another import" in other.stderr
    journal = ("--journal", str(tmp_path / "second"))
    assert imported(run("import", str(file), "--json", *journal, *MAPS))["updated"] == 30


def test_a_plain_create_refuses_existing_leads(run: Run, tmp_path: Path) -> None:
    """And an update creates nobody."""
    file = tmp_path / "leads.csv"
    file.write_text(people("Plain", 3))
    words = ("import", str(file), "--json", *MAPS)
    nobody = run(
        *words, "--mode", "update", "--search-by", "EmailAddress", "--journal", str(tmp_path / "0")
    )
    assert imported(nobody)["rejected"] == 3
    assert (
        imported(run(*words, "--mode", "create", "--journal", str(tmp_path / "1")))["created"] == 3
    )
    again = run(*words, "--mode", "create", "--journal", str(tmp_path / "2"))
    assert imported(again)["rejected"] == 3
    assert "MXDuplicateEntryException" in (tmp_path / "leads.rejected.csv").read_text()
    updated = run(
        *words, "--mode", "update", "--search-by", "EmailAddress", "--journal", str(tmp_path / "3")
    )
    assert imported(updated)["updated"] == 3


@pytest.mark.parametrize("mode", ["upsert", "create"])
@pytest.mark.parametrize("was_applied", [True, False])
def test_a_batch_with_an_unknown_outcome_makes_no_duplicate(
    run: Run,
    running: ServerProcess,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    mode: str,
    *,
    was_applied: bool,
) -> None:
    """Killed before or after the API wrote it: run again, every row is there once, or told apart.

    A row without a value of its own is not sent a second time.
    """
    name = f"Torn{mode}{int(was_applied)}"
    file = tmp_path / "leads.csv"
    file.write_text(people(name, 30) + f"{name} nobody,,,Pune\n")
    words = ("import", str(file), "--json", "--mode", mode, *MAPS)
    outcomes = run_module.LeadImport._outcomes

    def die(job: Any, rows: Any) -> Any:
        if was_applied:
            list(outcomes(job, rows))
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(run_module.LeadImport, "_outcomes", die)
        killed = run(*words)
    assert killed.exit_code == 130
    assert "Run the same command again" in killed.stderr
    counts = imported(run(*words))
    assert (counts["rows"], counts["rejected"]) == (31, 1)
    assert counts["resent"] == (30 if mode == "create" else 25)
    assert counts["present"] == (30 if mode == "create" and was_applied else 0)
    reason = (tmp_path / "leads.rejected.csv").read_text()
    assert ("Check for the lead" if mode == "create" else "needs one of EmailAddress") in reason
    found = named(running, name)
    addresses = [lead["EmailAddress"] for lead in found if lead["EmailAddress"]]
    assert len(addresses) == len(set(addresses)) == 30
    assert len(found) - 30 == int(mode == "create" and was_applied)


def test_an_unreachable_server_stops_the_import(
    run: Run, running: ServerProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what to do; a batch that never left is not in doubt, and is sent by the next run."""
    file = tmp_path / "leads.csv"
    file.write_text(people("Gone", 30))
    words = ("import", str(file), "--json", *MAPS)

    def fail(_: Any, rows: Any) -> Any:
        return [
            RowOutcome(number=1, row=row, status="failed", error=errors.ConnectFailed("refused"))
            for row in rows
        ]

    with monkeypatch.context() as patch:
        patch.setattr(run_module.LeadImport, "_outcomes", fail)
        stopped = run(*words)
    assert stopped.exit_code == 1
    assert "Stopped after 0 rows. Run the same command again" in stopped.stderr
    counts = imported(run(*words))
    assert (counts["created"], counts["resent"]) == (30, 0)
    assert len(named(running, "Gone")) == 30


@pytest.mark.parametrize(
    ("content", "words", "said"),
    [
        (b"", (), "is empty"),
        (b"FirstName\nJos\xe9\n", (), "--encoding"),
        (b'FirstName,EmailAddress\n"Asha,x\n', (), "invalid CSV"),
        (b"FirstName,FirstName\na,b\n", (), "Two columns have the name"),
        (b"FirstName,mx_City\na,b\n", ("--map", "City=mx_City"), "no column 'City'"),
        (b"FirstName\na\n", ("--search-by", "EmailAddress"), "No column maps to EmailAddress"),
        (
            b"FirstName\na\n",
            ("--mode", "create", "--search-by", "Phone"),
            "does not search for leads",
        ),
    ],
)
def test_an_invalid_file_is_refused_before_anything_is_sent(
    run: Run, tmp_path: Path, content: bytes, words: tuple[str, ...], said: str
) -> None:
    """With a sentence that says what to do, and without a journal."""
    file = tmp_path / "leads.csv"
    file.write_bytes(content)
    result = run("import", str(file), *words)
    assert result.exit_code == 1
    assert said in result.stderr
    assert list(tmp_path.iterdir()) == [file]


def test_encodings_and_delimiters_are_detected(
    run: Run, running: ServerProcess, tmp_path: Path
) -> None:
    """UTF-16 by its mark, and a tab; cp1252 when it is told."""
    wide = tmp_path / "wide.csv"
    wide.write_bytes("FirstName\tEmailAddress\nWide Zoë\twide@example.com\n".encode("utf-16"))
    assert run("import", str(wide)).exit_code == 0
    narrow = tmp_path / "narrow.csv"
    narrow.write_bytes("FirstName|EmailAddress\nNarrow Zoë|n@example.com\n".encode("cp1252"))
    assert run("import", str(narrow), "--encoding", "cp1252").exit_code == 0
    assert [lead["FirstName"] for lead in named(running, "Wide")] == ["Wide Zoë"]
    assert [lead["FirstName"] for lead in named(running, "Narrow")] == ["Narrow Zoë"]


def test_excels_delimiter_line_is_not_the_header(
    run: Run, running: ServerProcess, tmp_path: Path
) -> None:
    """``sep=;`` decides, also where another would fit as well; rows are counted below it."""
    for number, first in enumerate(("sep=;", '"sep=;"', "\ufeffSEP=;")):
        file = tmp_path / f"excel{number}.csv"
        row = f"Sep {number};a,b,c;sep.{number}@example.com"
        file.write_text(f"{first}\r\nFirstName;mx_City;EmailAddress\r\n{row}\r\n", encoding="utf-8")
        result = run("import", str(file), "--json")
        assert imported(result)["created"] == 1, result.output
    assert next(lead["mx_City"] for lead in named(running, "Sep")).startswith("a,b,c")
    broken = tmp_path / "broken.csv"
    broken.write_text('sep=,\nFirstName,mx_City\n"x,y\n')
    assert "line 3: invalid CSV" in run("import", str(broken)).stderr


def test_an_export_reads_back_as_an_import(
    run: Run, running: ServerProcess, tmp_path: Path
) -> None:
    """What begins like a formula is guarded in the file, and whole again afterwards."""
    file = tmp_path / "leads.csv"
    file.write_text("FirstName,Phone\n'=Round 1,+91-9000011111\n")
    assert run("import", str(file)).exit_code == 0
    out = tmp_path / "out.csv"
    words = ("export", "leads", "--until", "2100-01-01", "--columns", "FirstName,Phone,ProspectID")
    assert run(*words, "-o", str(out)).exit_code == 0
    rows = csv.DictReader(io.StringIO(out.read_text("utf-8-sig")))
    (row,) = (row for row in rows if "Round" in row["FirstName"])
    assert (row["FirstName"], row["Phone"]) == ("'=Round 1", "'+91-9000011111")
    assert list(row) == ["FirstName", "Phone", "ProspectID"]
    with out.open("w", newline="") as text:
        writer = csv.DictWriter(text, row)
        writer.writeheader()
        writer.writerow(row)
    again = run("import", str(out), "--json", "--mode", "update")
    assert imported(again)["updated"] == 1
    assert [lead["Phone"] for lead in named(running, "=Round")] == ["+91-9000011111"]


def test_an_export_is_complete_or_absent(run: Run, tmp_path: Path) -> None:
    """JSON Lines have every field; a fault leaves no file behind."""
    out = tmp_path / "out.jsonl"
    assert run("export", "leads", "--format", "jsonl", "-o", str(out)).exit_code == 0
    for line in out.read_bytes().splitlines():
        assert "ProspectID" in msgspec.json.decode(line)
    missing = run("export", "leads", "--columns", "mx_Nowhere", "-o", str(tmp_path / "x.csv"))
    assert missing.exit_code == 1
    assert "mx_Nowhere" in missing.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]
    wrong = run("export", "leads", "--since", "yesterday")
    assert wrong.exit_code == 2
    assert "yyyy-MM-dd" in wrong.stderr


def test_a_truncated_journal_is_read_up_to_its_last_line(tmp_path: Path) -> None:
    """And two imports never share one."""
    path = tmp_path / "journal"
    with Journal(path, "a") as journal:
        journal.note_sent(1)
        with pytest.raises(errors.Misuse, match="using the journal"):
            Journal(path, "a")
    with path.open("ab") as file:
        file.write(b'{"note":"done","bat')
    with Journal(path, "a") as journal:
        assert (journal.under_way, journal.done) == ({1}, {})
        journal.note_unsent(1)
    with Journal(path, "a") as journal:
        assert not journal.under_way
    path.write_text("something else\n")
    with pytest.raises(errors.Misuse, match="not an import journal"):
        Journal(path, "a")


def test_the_command_line_says_what_to_install(tmp_path: Path) -> None:
    """Without click: the extra's name. Without the server's libraries: the SDK's commands work."""
    hide = (
        "import sys\n"
        "sys.modules |= dict.fromkeys({names})\n"  # as if they were not installed
        "sys.argv = ['leadwire', *{words}]\n"
        "from leadwire.command import main; main()\n"
    )

    def started(names: list[str], *words: str) -> subprocess.CompletedProcess[str]:
        code = hide.format(names=names, words=list(words))
        return subprocess.run(  # noqa: S603  # our own command
            [sys.executable, "-c", code], capture_output=True, text=True, check=False
        )

    bare = started(["click", "rich"])
    assert bare.returncode == 1
    assert install_command("cli") in bare.stderr
    server = ["pydantic", "pydantic_settings", "sqlalchemy", "starlette", "uvicorn", "numpy"]
    small = started(server, "--help")
    assert small.returncode == 0
    assert f"Not installed: {install_command('server')}" in " ".join(small.stdout.split())
    assert started(server, "call", "--list").returncode == 0
    assert started(server, "import", "--help").returncode == 0
    log = tmp_path / "calls.jsonl"
    log.touch()
    assert started(server, "calls", "search", "--file", str(log)).returncode == 0
    assert started(server, "top", "--file", str(log)).returncode == 0
    folder = started(server, "calls", "search", "--data", str(tmp_path))
    assert (folder.returncode, install_command("server") in folder.stderr) == (1, True)
    refused = started(server, "serve", "--port", "1")
    assert refused.returncode == 1
    assert install_command("server") in refused.stderr


def test_every_command_is_loaded_by_its_name() -> None:
    """The group's table has no stray entry."""
    context = main.make_context("leadwire", ["--help"], resilient_parsing=True)
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        assert command is not None
        assert command.name == name
