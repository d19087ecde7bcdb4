"""Indexes on lead fields are built while callers read and write."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from postgresql.crm import Crm
from sqlalchemy import event

from leadwire.crm.leads.field_index import bring_next_index
from leadwire.crm.leads.field_use import IndexPolicy
from leadwire.database.postgres import PostgresDatabase
from leadwire.database.writer import WriteFailed

psycopg = pytest.importorskip("psycopg")
pytestmark = pytest.mark.postgresql
_INDEXES = """
SELECT relname, indisvalid FROM pg_index JOIN pg_class ON oid = indexrelid
WHERE starts_with(relname, 'leads_field_') ORDER BY relname
"""
_CITY, _STATE = "leads_field_text_mx_City", "leads_field_text_mx_State"


@pytest.fixture
def crm(loop_thread: object, url: str) -> Iterator[Crm]:
    """A store that wants an index on two fields."""
    crm = Crm(loop_thread, url, index_policy=IndexPolicy(names=("mx_City", "mx_State")))
    crm.create("Asha")
    yield crm
    crm.close()


def indexes(url: str) -> list[tuple[str, bool]]:
    with psycopg.connect(url) as connection:
        return connection.execute(_INDEXES).fetchall()


def wait_for(what: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def in_thread(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_writes_go_on_while_an_index_is_built(crm: Crm, url: str) -> None:
    """An old transaction holds the build up, and no caller."""
    with psycopg.connect(url) as old:
        old.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        old.execute("SELECT count(*) FROM leads")
        building = in_thread(crm.keep_up)
        wait_for(lambda: indexes(url))
        assert indexes(url) == [(_CITY, False)]
        crm.create("Ravi")
        assert crm.names() == ["Asha", "Ravi"]
    building.join(30)
    assert indexes(url) == [(_CITY, True), (_STATE, True)]


def test_an_index_that_was_left_unfinished_is_made_again(crm: Crm, url: str) -> None:
    """Its build was ended by the server; the next one finishes."""
    with psycopg.connect(url) as old:
        old.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        old.execute("SELECT count(*) FROM leads")

        def fails() -> None:
            with pytest.raises(WriteFailed):
                crm.keep_up()

        building = in_thread(fails)
        wait_for(lambda: indexes(url))
        with psycopg.connect(url, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_progress_create_index")
        building.join(30)
    assert indexes(url) == [(_CITY, False)]
    crm.keep_up()
    assert indexes(url) == [(_CITY, True), (_STATE, True)]


def test_two_processes_build_each_index_once(crm: Crm, url: str, loop_thread: object) -> None:
    """The second one waits for the first, and finds what it made."""
    other = Crm(loop_thread, url, index_policy=IndexPolicy(names=("mx_City", "mx_State")))
    try:
        with psycopg.connect(url) as old:
            old.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            old.execute("SELECT count(*) FROM leads")
            first = in_thread(crm.keep_up)
            wait_for(lambda: indexes(url))
            second = in_thread(other.keep_up)
        first.join(30)
        second.join(30)
    finally:
        other.close()
    assert indexes(url) == [(_CITY, True), (_STATE, True)]


def test_an_index_that_another_process_drops_meanwhile_is_made_again(url: str) -> None:
    """Between the statement that makes it and the one that notes how it was made."""
    engine = PostgresDatabase(url).builder()
    dropped = []

    def drop(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("COMMENT") and not dropped:
            dropped.append(statement)
            with psycopg.connect(url, autocommit=True) as other:
                other.execute(f'DROP INDEX "{_CITY}"')

    event.listen(engine, "before_cursor_execute", drop)
    with engine.connect() as connection:
        while bring_next_index(connection, ("mx_City",)):
            pass
    engine.dispose()
    assert (len(dropped), indexes(url)) == (1, [(_CITY, True)])


def test_a_store_closes_while_an_index_is_built(loop_thread: object, url: str) -> None:
    """It does not wait for the build, which another start does again."""
    crm = Crm(loop_thread, url, index_policy=IndexPolicy(names=("mx_City",)))
    with psycopg.connect(url) as old:
        old.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        old.execute("SELECT count(*) FROM leads")

        def fails() -> None:
            with pytest.raises(WriteFailed):
                crm.keep_up()

        building = in_thread(fails)
        wait_for(lambda: indexes(url))
        began = time.monotonic()
        crm.close()
        building.join(30)
        assert time.monotonic() - began < 10
