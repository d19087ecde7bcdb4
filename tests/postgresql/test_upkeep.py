"""Doctor, readiness, backup and erasing of a folder whose leads are on a server."""

import time
from pathlib import Path

import msgspec
import pytest
from engines import PostgresServer
from support import LEADS, InProcess, LoopThread, leadwire

from leadwire.access.accounts import FirstAccount
from leadwire.access.tables import METADATA as ACCESS
from leadwire.crm.tables import METADATA as CRM
from leadwire.database.places import Place
from leadwire.database.table_rows import tables_of
from leadwire.server.app import set_up_data_folder
from leadwire.settings import Settings

psycopg = pytest.importorskip("psycopg")


@pytest.fixture
def place(tmp_path: Path, postgres: PostgresServer) -> Place:
    return Place(tmp_path / "data", postgres.create_database())


@pytest.fixture
def keys(place: Place) -> FirstAccount:
    return set_up_data_folder(place, account_name="Acme", email="a@acme.test")


@pytest.fixture
def environment(place: Place) -> dict[str, str]:
    return {"LEADWIRE_DATABASE_URL": place.database_url, "LEADWIRE_DATA": str(place.folder)}


def _findings(environment: dict[str, str]) -> dict[str, tuple[str, str]]:
    shown = leadwire("doctor", "--json", environment=environment).stdout
    return {f["what"]: (f["state"], f["detail"]) for f in msgspec.json.decode(shown)["findings"]}


@pytest.mark.usefixtures("keys")
def test_doctor_reports_the_server(
    place: Place, environment: dict[str, str], postgres: PostgresServer
) -> None:
    """What is good, what loses answered writes, and a server that is away."""
    found = _findings(environment)
    assert leadwire("doctor", environment=environment).exit_code == 0
    for what in ("database", "PostgreSQL", "access_version", "crm_version", "fsync"):
        assert found[what][0] == "ok", found
    assert "access.sqlite" not in found
    name = place.database_url.partition("?")[0].rpartition("/")[2]
    postgres.sql(f"ALTER DATABASE {name} SET synchronous_commit = off")
    found = _findings(environment)
    assert found["synchronous_commit"][0] == "wrong"
    postgres.stop()
    try:
        found = _findings(environment)
    finally:
        postgres.start()
    assert found["database"][0] == "wrong"


def test_an_unreachable_database_is_a_reason_not_to_be_ready(
    place: Place, keys: FirstAccount, postgres: PostgresServer, loop_thread: LoopThread
) -> None:
    """503 with one sentence; ready again once the server is back."""
    settings = Settings(data=place.folder, database_url=place.database_url)
    api = InProcess(loop_thread, settings, keys)
    try:
        assert api.get("/readyz").status == 200
        postgres.stop()
        try:
            away = api.get("/readyz")
        finally:
            postgres.start()
        assert away.status == 503
        [reason] = away.json["reasons"]
        assert reason.startswith("The database cannot be used")
        assert api.get("/readyz").status == 200
    finally:
        api.close()


def test_a_backup_holds_the_folder_and_says_where_the_leads_are(
    place: Place,
    keys: FirstAccount,
    environment: dict[str, str],
    tmp_path: Path,
    loop_thread: LoopThread,
) -> None:
    """A folder that is restored serves the calls and, from the database, the leads."""
    settings = Settings(data=place.folder, database_url=place.database_url)
    api = InProcess(loop_thread, settings, keys)
    lead_id = api.create(FirstName="Asha")
    api.close()
    (place.folder / "crm.sqlite").write_bytes(b"a file that was left behind")
    backup = str(tmp_path / "backup")
    taken = leadwire("backup", backup, environment=environment)
    assert (taken.exit_code, "pg_dump" in taken.stdout) == (0, True), taken.output
    assert leadwire("backup", backup, "--check", environment=environment).exit_code == 0
    folder = tmp_path / "restored"
    done = leadwire("restore", backup, "--data", str(folder))
    assert (done.exit_code, "dump" in done.stdout) == (0, True), done.output
    assert not (folder / "crm.sqlite").exists()
    api = InProcess(loop_thread, Settings(data=folder, database_url=place.database_url), keys)
    try:
        assert api.lead(lead_id)["FirstName"] == "Asha"
    finally:
        api.close()


def test_a_dump_and_a_backup_bring_everything_back(
    place: Place,
    keys: FirstAccount,
    postgres: PostgresServer,
    environment: dict[str, str],
    tmp_path: Path,
    loop_thread: LoopThread,
) -> None:
    """Taken while the server runs; restored to an empty database and a new folder.

    Rows, indexes of fields and of quick search, numbers, key pairs and calls.
    """
    settings = {"lead_field_indexes": "mx_City,Score"}
    own = Settings(data=place.folder, database_url=place.database_url, **settings)
    api = InProcess(loop_thread, own, keys)
    dumped, backup = postgres.folder / "leads.dump", str(tmp_path / "backup")
    try:
        for number in range(40):
            answer = api.write("Lead.Create", {"FirstName": f"Asha{number:02}", "mx_City": "Hull"})
        _wait_for_words(place.database_url)
        postgres.dump(place.database_url, dumped)
        assert leadwire("backup", backup, environment=environment).exit_code == 0
    finally:
        api.close()
    restored = Place(tmp_path / "restored", postgres.create_database())
    postgres.restore(dumped, restored.database_url)
    assert leadwire("restore", backup, "--data", str(restored.folder)).exit_code == 0
    compared = leadwire(
        "db", "check", "--with", restored.database_url, "--json", environment=environment
    )
    assert compared.stdout, compared.output
    # After the dump, the backup was noted in the audit trail, and the last use of the key.
    assert set(msgspec.json.decode(compared.stdout)["differing"]) <= {"audit", "secrets"}
    assert _indexes(restored.database_url) == _indexes(place.database_url)
    own = Settings(data=restored.folder, database_url=restored.database_url, **settings)
    api = InProcess(loop_thread, own, keys)
    try:
        found = api.get(f"{LEADS}Leads.GetByQuickSearch", key="sha17")
        assert [lead["FirstName"] for lead in found.json] == ["Asha17"]
        assert api.record(answer.call_id).status_code == 200
        assert api.lead(api.create(FirstName="Next"))["ProspectAutoId"] == "41"
    finally:
        api.close()


def _indexes(url: str) -> list[tuple[str]]:
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT indexdef FROM pg_indexes ORDER BY 1").fetchall()


def test_an_erased_account_leaves_no_row(
    place: Place, keys: FirstAccount, environment: dict[str, str], loop_thread: LoopThread
) -> None:
    """Its entries of quick search go as well; another account's rows stay. No server may run."""
    api = InProcess(loop_thread, Settings(data=place.folder, database_url=place.database_url), keys)
    try:
        for number in range(40):
            api.create(FirstName=f"Asha{number}")
        _wait_for_words(place.database_url)
        refused = leadwire("account", "erase", keys.account_id, "--yes", environment=environment)
        assert "A leadwire runs on the database" in refused.output
    finally:
        api.close()
    old = place.folder / "crm.sqlite"
    old.write_bytes(b"of before the copy")
    refused = leadwire("account", "erase", keys.account_id, "--yes", environment=environment)
    assert (refused.exit_code, "remove them first" in refused.output) == (1, True)
    old.unlink()
    with psycopg.connect(place.database_url) as connection:
        connection.execute(
            "INSERT INTO lead_words SELECT words_id + 1000, 'other', first_auto_id, last_auto_id "
            "FROM lead_words"
        )
        connection.execute("INSERT INTO lead_grams SELECT words_id + 1000, texts FROM lead_grams")
    done = leadwire("account", "erase", keys.account_id, "--yes", environment=environment)
    assert done.exit_code == 0, done.output
    with psycopg.connect(place.database_url) as connection:
        for table in tables_of(ACCESS) + tables_of(CRM):
            if "account_id" in table.c:
                left = connection.execute(
                    f"SELECT count(*) FROM {table.name} WHERE account_id = %s",  # noqa: S608
                    [keys.account_id],
                ).fetchone()
                kept = 1 if table.name == "audit" else 0  # that it was erased
                assert left == (kept,), table.name
        words, grams = (
            connection.execute(f"SELECT words_id FROM {name} ORDER BY 1").fetchall()  # noqa: S608
            for name in ("lead_words", "lead_grams")
        )
    assert words == grams
    assert words


def _wait_for_words(url: str) -> None:
    deadline = time.monotonic() + 30
    with psycopg.connect(url, autocommit=True) as connection:
        while connection.execute("SELECT to_regclass('lead_grams')").fetchone() == (None,) or (
            connection.execute("SELECT 1 FROM lead_grams LIMIT 1").fetchone() is None
        ):
            assert time.monotonic() < deadline
            time.sleep(0.1)
