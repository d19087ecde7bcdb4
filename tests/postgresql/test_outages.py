"""PostgreSQL goes away, comes back, or takes long: no acknowledged write is lost or made twice."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from engines import PostgresServer
from postgresql.crm import COUNTER, Crm, lead_of
from support import LEADS, InProcess, LoopThread, attributes

from leadwire.crm.leads.attributes import LeadWrite
from leadwire.crm.leads.writes import create_lead, update_lead
from leadwire.crm.unit import Unit
from leadwire.database.database import UNAVAILABLE, OutcomeUnknown
from leadwire.database.places import Place
from leadwire.database.postgres import PostgresDatabase
from leadwire.database.writer import WriteFailed
from leadwire.errors import SetupError
from leadwire.server.app import set_up_data_folder
from leadwire.settings import Settings

psycopg = pytest.importorskip("psycopg")
pytestmark = pytest.mark.postgresql


@pytest.fixture
def crm(loop_thread: LoopThread, url: str) -> Iterator[Crm]:
    crm = Crm(loop_thread, url)
    yield crm
    crm.close()


def test_a_server_that_was_started_again_takes_the_next_write(
    crm: Crm, postgres: PostgresServer
) -> None:
    """The connection that broke meanwhile is made again, and nobody sees it."""
    crm.create("before")
    for mode in ("fast", "immediate"):
        postgres.stop(mode)
        postgres.start()
        crm.create(mode)
    assert crm.names() == ["before", "fast", "immediate"]


def test_a_read_that_outlives_a_stop_leaves_no_connection_open(url: str) -> None:
    """Its connection comes back to a pool that is closed, and is closed, too."""
    reader = PostgresDatabase(url).reader(connections=1)
    connection = reader.connect()
    driver = connection.connection.driver_connection
    reader.dispose()
    connection.close()
    assert driver.closed


def test_a_write_while_the_server_is_away_fails_and_changes_nothing(
    crm: Crm, postgres: PostgresServer
) -> None:
    """The next write after the outage works."""
    postgres.stop()
    try:
        with pytest.raises((WriteFailed, *UNAVAILABLE)):
            crm.create("lost")
    finally:
        postgres.start()
    crm.create("after")
    assert crm.names() == ["after"]


def test_a_server_that_is_killed_under_load_keeps_what_was_acknowledged_once(
    crm: Crm, postgres: PostgresServer
) -> None:
    """Each name is there once if its write returned, and at most once if it did not."""
    with crm.load(threads=8) as load:
        for _ in range(3):
            load.run(0.5)
            postgres.kill()
            postgres.start()
        load.run(0.3)
    load.check(crm)


@pytest.mark.parametrize(
    ("committed", "is_another"), [(True, False), (False, False), (True, True), (False, True)]
)
def test_the_server_is_asked_what_became_of_a_commit_without_an_answer(
    crm: Crm, url: str, *, committed: bool, is_another: bool
) -> None:
    """The connection breaks while the writer waits for COMMIT's answer.

    Another server, such as a standby that took over, knows nothing of this server's transactions.
    """
    group: Any = crm.store._writer._group
    run = group._run

    def broken(statement: str, *parameters: object) -> Any:  # noqa: ANN401  # a cursor
        if statement == "COMMIT":
            group._run = run
            if committed:
                run("COMMIT")
            if is_another:
                group._server = (*group._server[:1], "00000009")
            backend = group._driver.info.backend_pid
            with psycopg.connect(url, autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(%s)", [backend])
            return run("SELECT 1")
        return run(statement, *parameters)

    group._run = broken
    if is_another:
        with pytest.raises(OutcomeUnknown):
            crm.create("once")
    elif committed:
        crm.create("once")
    else:
        with pytest.raises(WriteFailed):
            crm.create("once")
    crm.create("after")
    assert crm.names() == (["after", "once"] if committed else ["after"])


def test_sixteen_writers_in_two_processes_keep_every_update_of_one_lead(crm: Crm, url: str) -> None:
    """Each adds one to a number that it reads: no update is made on what is old."""
    lead_id = crm.create("Asha")
    writers = [
        subprocess.Popen([sys.executable, "-c", COUNTER, url, lead_id, "20"])  # noqa: S603
        for _ in range(2)
    ]
    assert [writer.wait(120) for writer in writers] == [0, 0]
    lead = crm.write(lambda unit: lead_of(unit, lead_id))
    assert lead.values["mx_Street1"] == str(2 * 8 * 20)


def test_a_lock_that_another_program_holds_is_waited_for(crm: Crm, url: str) -> None:
    """The write goes on once the other program lets go."""
    lead_id = crm.create("Asha")
    with psycopg.connect(url) as other:
        other.execute("SELECT 1 FROM counters FOR UPDATE")
        release = threading.Timer(1.0, other.rollback)
        release.start()
        crm.write(lambda unit: update_lead(unit, lead_of(unit, lead_id), {"mx_City": "Hull"}))
        release.join()
    assert crm.write(lambda unit: lead_of(unit, lead_id)).values["mx_City"] == "Hull"


@pytest.mark.parametrize("phase", ["before", "between", "after"])
@pytest.mark.parametrize("times", [1, 9])
def test_a_connection_that_the_server_ends_within_a_unit_leaves_all_or_nothing(
    crm: Crm, url: str, phase: str, times: int
) -> None:
    """Before its first statement, between two, or before COMMIT; once, or at each attempt."""
    ended = []

    def end(unit: Unit) -> None:
        if len(ended) < times:
            driver: Any = unit.connection.connection.driver_connection
            ended.append(driver.info.backend_pid)
            with psycopg.connect(url, autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(%s, 5000)", [ended[-1]])

    def work(unit: Unit) -> None:
        if phase == "before":
            end(unit)
        create_lead(unit, LeadWrite({"FirstName": "one"}))
        if phase == "between":
            end(unit)
        create_lead(unit, LeadWrite({"FirstName": "two"}))
        if phase == "after":
            end(unit)

    kept = ["one", "two"]
    try:
        crm.write(work)
    except WriteFailed:
        kept = []
    crm.create("zz")
    assert ended
    assert crm.names() == [*kept, "zz"]
    if times == 1 and phase != "after":
        assert kept  # nothing was sent yet that may have been carried out, so it ran again


def test_connections_that_the_server_ends_under_load_lose_and_double_nothing(
    crm: Crm, url: str
) -> None:
    """At whatever point of a unit each of them is."""
    with crm.load(threads=8) as load, psycopg.connect(url, autocommit=True) as other:
        for _ in range(60):
            time.sleep(0.03)
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        load.run(0.3)
    load.check(crm)


def test_an_outage_is_answered_with_503_and_recorded(
    tmp_path: Path,
    loop_thread: LoopThread,
    postgres: PostgresServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Reads and writes alike; the caller is told when to come back.

    The log says where the database is, and callers do not learn it.
    """
    place = Place(tmp_path / "data", postgres.create_database())
    keys = set_up_data_folder(place, account_name="Acme", email="a@acme.test")
    settings = Settings(data=place.folder, database_url=place.database_url)
    api = InProcess(loop_thread, settings, keys)
    try:
        lead_id = api.create(FirstName="Asha")
        postgres.stop()
        try:
            answers = [
                api.post(f"{LEADS}Lead.Create", attributes({"FirstName": "Ravi"})),
                api.get(f"{LEADS}Leads.GetById", id=lead_id),
            ]
        finally:
            postgres.start()
        for answer in answers:
            assert answer.status == 503, answer.body
            assert "retry-after" in answer.headers
            assert api.record(answer).status_code == 503
            assert str(postgres.folder) not in answer.body.decode()
            [line] = [m for m in caplog.messages if answer.call_id in m]
            assert str(postgres.folder) in line
        assert len(api.leads()) == 1
    finally:
        api.close()


def test_a_folder_with_another_key_is_refused(tmp_path: Path, postgres: PostgresServer) -> None:
    """Its key pairs would all be unknown, and nobody would know why."""
    url = postgres.create_database()
    set_up_data_folder(Place(tmp_path / "one", url), account_name="Acme", email="a@acme.test")
    with pytest.raises(SetupError, match=r"secret\.key"):
        set_up_data_folder(Place(tmp_path / "two", url), account_name="Acme", email="a@acme.test")
