"""Doctor, readiness, backup and erasing of a folder whose leads are on a server."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from engines import PostgresServer
from support import InProcess, LoopThread, leadwire

from leadwire.access.store import FirstAccount
from leadwire.database.places import Place
from leadwire.server.app import set_up_data_folder
from leadwire.settings import Settings

psycopg = pytest.importorskip("psycopg")


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    """A server that flushes, and may be stopped."""
    server = PostgresServer(Path(tempfile.mkdtemp(prefix="leadwire-pg-")), durable=True)
    yield server
    server.close()


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
