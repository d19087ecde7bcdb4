"""Servers of two versions share a database while the older ones are replaced."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from engines import PostgresServer
from postgresql.crm import Crm
from support import LoopThread, leadwire
from unit.test_migrations import second_version

from leadwire.access.tables import SCHEMA as ACCESS
from leadwire.crm.tables import SCHEMA
from leadwire.data_folder.server_database import prepare_server_database
from leadwire.database.migrate import upgrade
from leadwire.database.places import Place
from leadwire.errors import SetupError
from leadwire.folder_identity import Identity
from leadwire.server.app import set_up_data_folder

psycopg = pytest.importorskip("psycopg")
pytestmark = pytest.mark.postgresql
_IDENTITY = Identity(folder_id="folder", made_at="", state="ready")


@pytest.fixture
def crm(loop_thread: LoopThread, url: str) -> Iterator[Crm]:
    crm = Crm(loop_thread, url)
    yield crm
    crm.close()


def upgraded(url: str, folder: Path, *, readable_since: str) -> None:
    """As the first start of a newer leadwire leaves the database."""
    engine = Place(folder, url).crm.alone()
    try:
        upgrade(engine, second_version(SCHEMA, folder, readable_since=readable_since))
    finally:
        engine.dispose()


def test_an_older_server_goes_on_beside_a_newer_one(
    crm: Crm, url: str, tmp_path: Path, loop_thread: LoopThread
) -> None:
    """It writes before, during and after the revision, which only adds; and it may start again."""
    stop = threading.Event()
    written = []

    def write() -> None:
        while not stop.is_set():
            crm.create(f"n{len(written):04}")
            written.append(f"n{len(written):04}")

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        time.sleep(0.5)
        before = len(written)
        upgraded(url, tmp_path, readable_since="0001")
        during = len(written)
        time.sleep(0.5)
        stop.set()
        writing.result(30)
    assert 0 < before <= during < len(written)
    prepare_server_database(Place(tmp_path, url), _IDENTITY)
    again = Crm(loop_thread, url)
    try:
        again.create("z")
        assert again.names() == [*written, "z"]
    finally:
        again.close()
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT * FROM crm_version").fetchall() == [("0002", "0001")]
        assert connection.execute("SELECT DISTINCT mood FROM counters").fetchall() == [("good",)]


def test_a_database_that_only_a_newer_leadwire_reads_is_refused(url: str, tmp_path: Path) -> None:
    """The sentence has both versions, and nothing is changed."""
    upgraded(url, tmp_path, readable_since="0002")
    with pytest.raises(SetupError, match=r"version 0002, this one reads 0001\): install that"):
        prepare_server_database(Place(tmp_path, url), _IDENTITY)
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT * FROM crm_version").fetchall() == [("0002", "0002")]


def test_doctor_tells_a_newer_database_that_may_be_used_from_one_that_may_not(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    """A note for the first, a fault for the second."""
    for number, (readable_since, exit_code) in enumerate((("0001", 0), ("0002", 1))):
        place = Place(tmp_path / str(number) / "data", postgres.create_database())
        set_up_data_folder(place, account_name="Acme", email="a@acme.test")
        upgraded(place.database_url, place.folder.parent, readable_since=readable_since)
        environment = {
            "LEADWIRE_DATABASE_URL": place.database_url,
            "LEADWIRE_DATA": str(place.folder),
        }
        found = leadwire("doctor", environment=environment)
        assert found.exit_code == exit_code, found.output
        assert "0002" in found.output


def test_servers_that_start_at_once_make_the_tables_once(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    """One makes them, and the others wait for it."""
    place = Place(tmp_path, postgres.create_database())
    with ThreadPoolExecutor(6) as pool:
        for started in [pool.submit(prepare_server_database, place, _IDENTITY) for _ in range(6)]:
            started.result(60)
    with psycopg.connect(place.database_url) as connection:
        for schema in (ACCESS, SCHEMA):
            rows = connection.execute(
                f"SELECT version_num FROM {schema.version_table}"  # noqa: S608
            ).fetchall()
            assert rows == [(schema.version,)]
