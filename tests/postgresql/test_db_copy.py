"""``leadwire db``: every row goes to PostgreSQL and back, whatever kills the copy."""

import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
from amounts import each
from click.testing import Result
from engines import server
from sqlalchemy import Table
from support import ACTIVITIES, LEADS, LEADWIRE, InProcess, LoopThread, leadwire

from leadwire.access.accounts import FirstAccount
from leadwire.access.tables import METADATA as ACCESS
from leadwire.access.tables import keys as access_keys
from leadwire.crm.leads.schema import DEFAULT_SCHEMA
from leadwire.crm.tables import METADATA as CRM
from leadwire.crm.tables import leads, notes
from leadwire.database.database import transaction
from leadwire.database.places import Place
from leadwire.database.table_rows import Row, columns_of, insert_rows, tables_of
from leadwire.server.app import set_up_data_folder
from leadwire.settings import Settings

psycopg = pytest.importorskip("psycopg")
_MANY = 30_000
_FIELD = {"definition": msgspec.json.encode(DEFAULT_SCHEMA.by_name["FirstName"]).decode()}
"""The server reads the definitions of all accounts when it starts."""


@pytest.fixture(scope="module")
def filled(
    tmp_path_factory: pytest.TempPathFactory, loop_thread: LoopThread
) -> tuple[Path, FirstAccount]:
    """A folder with files of SQLite, in which every table has rows."""
    folder = tmp_path_factory.mktemp("filled") / "data"
    keys = set_up_data_folder(Place(folder), account_name="Acme", email="admin@acme.test")
    api = InProcess(loop_thread, Settings(data=folder), keys)
    try:
        lead_id = api.create(FirstName="Zoë 🦊", LastName="O'Neil\\u0041", EmailAddress="z@x.test")
        api.create(FirstName="Ravi", mx_City="Ä\tß\n")
        body = {"RelatedProspectId": lead_id, "ActivityEvent": 1, "ActivityNote": "hi"}
        assert api.post(f"{ACTIVITIES}Create", body).status == 200
    finally:
        api.close()
    _fill_empty_tables(Place(folder), keys)
    return folder, keys


def _fill_empty_tables(place: Place, keys: FirstAccount) -> None:
    """Two rows for each table without any, as odd as its columns allow."""
    engine = place.access.shared()
    with engine.connect() as connection:
        key_id = connection.execute(access_keys.select()).mappings().one()["key_id"]
    known = {"account_id": keys.account_id, "user_id": keys.user_id, "key_id": key_id}
    for database, tables, own in ((engine, ACCESS, known), (place.crm.alone(), CRM, _FIELD)):
        with transaction(database) as connection:
            for table in tables_of(tables):
                if connection.execute(table.select().limit(1)).first() is None:
                    rows = [_row(table, number, own) for number in (1, 2)]
                    # One account has one row in some tables, one key in others.
                    is_single = set(table.primary_key.columns.keys()) <= known.keys()
                    insert_rows(connection, table, rows[:1] if is_single else rows)
        database.dispose()


def _row(table: Table, number: int, known: Mapping[str, str]) -> Row:
    odd: dict[type, Any] = {
        str: f"é🦊\\N\t\n'\"{number}",
        int: 2**53 + number,
        bytes: b"\x00\xff" + bytes([number]),
    }
    return [
        None
        if column.nullable and number == 2
        else known.get(column.name, odd[column.type.python_type])
        for column in columns_of(table)
    ]


@pytest.fixture
def folder(filled: tuple[Path, FirstAccount], tmp_path: Path) -> Path:
    return shutil.copytree(filled[0], tmp_path / "data")


@pytest.fixture
def url() -> str:
    return server().create_database()


def copy(folder: Path, url: str, *flags: str) -> Result:
    environment = {"LEADWIRE_DATABASE_URL": url}
    return leadwire("db", "copy", "--data", str(folder), *flags, environment=environment)


def compare(folder: Path, url: str) -> Result:
    return leadwire("db", "check", "--data", str(folder), "--with", url)


def test_every_row_goes_to_postgresql_and_back(folder: Path, url: str) -> None:
    """The files that come back hold the same rows, and a second run finds nothing to do."""
    done = copy(folder, url, "--to-database")
    assert done.exit_code == 0, done.output
    assert compare(folder, url).exit_code == 0
    again = copy(folder, url, "--to-database")
    assert (again.exit_code, "Copied now: 0." in again.stdout) == (0, True), again.output

    kept = folder.parent / "kept"
    kept.mkdir()
    for name in ("access.sqlite", "crm.sqlite"):
        (folder / name).rename(kept / name)
    back = copy(folder, url, "--from-database")
    assert back.exit_code == 0, back.output
    assert compare(folder, url).exit_code == 0
    assert leadwire("doctor", "--data", str(folder)).exit_code == 0


def test_a_folder_knows_where_its_leads_are(folder: Path, url: str) -> None:
    """A wrong or missing address is refused: an empty or an old leadwire would look like success.

    Before the copy, after it, and for the old files that the copy left.
    """
    on_server, empty = {"LEADWIRE_DATABASE_URL": url}, server().create_database()
    users = ("users", "list", "--data", str(folder))
    refused = leadwire(*users, environment=on_server)
    assert (refused.exit_code, "db copy --to-database" in refused.output) == (1, True)
    assert copy(folder, url, "--to-database").exit_code == 0
    assert leadwire(*users, environment=on_server).exit_code == 0
    refused = leadwire(*users)
    assert (refused.exit_code, "Set LEADWIRE_DATABASE_URL" in refused.output) == (1, True)
    for program in (users, ("doctor", "--data", str(folder))):
        refused = leadwire(*program, environment={"LEADWIRE_DATABASE_URL": empty})
        assert (refused.exit_code, "no tables" in refused.output) == (1, True), refused.output
    refused = copy(folder, empty, "--to-database")
    assert (refused.exit_code, "its files are older" in refused.output) == (1, True)


def test_a_server_goes_on_with_the_copy(
    folder: Path, url: str, filled: tuple[Path, FirstAccount], loop_thread: LoopThread
) -> None:
    """The keys work, numbers count on from the last one, and new deliveries get new numbers."""
    assert copy(folder, url, "--to-database").exit_code == 0
    api = InProcess(loop_thread, Settings(data=folder, database_url=url), filled[1])
    try:
        api.create(FirstName="Next")
        numbers = [lead["ProspectAutoId"] for lead in api.leads()]
        found = api.get(f"{LEADS}Leads.GetByQuickSearch", key="Zoë")
    finally:
        api.close()
    assert numbers == ["1", "2", "3"]
    assert "z@x.test" in found.body.decode()
    with psycopg.connect(url) as connection:
        for table, column in (("webhook_deliveries", "sequence"), ("async_calls", "sequence")):
            [last] = connection.execute(f"SELECT max({column}) FROM {table}").fetchone()  # noqa: S608
            [following] = connection.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, %s))", (table, column)
            ).fetchone()
            assert following == last + 1


@pytest.mark.parametrize("direction", each(["--to-database", "--from-database"], every=2))
def test_a_copy_that_is_killed_continues_and_ends_equal(
    folder: Path, url: str, direction: str
) -> None:
    """Killed twice, at different rows. No server starts on what is unfinished."""
    _add_leads(folder, _MANY)
    if direction == "--from-database":
        assert copy(folder, url, "--to-database").exit_code == 0
        for name in ("access.sqlite", "crm.sqlite"):
            (folder / name).unlink()
    target = Place(folder, url if direction == "--to-database" else "")
    for rows in (100, 12_000):
        run = subprocess.Popen(  # noqa: S603  # our own command
            [*LEADWIRE, "db", "copy", "--data", str(folder), direction],
            env={**os.environ, "LEADWIRE_DATABASE_URL": url},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            while _leads_in(target) < rows:
                assert run.poll() is None, "the copy ended first"
                time.sleep(0.005)
        finally:
            run.kill()
            run.wait()
        assert rows <= _leads_in(target) < _MANY
        refused = leadwire(
            "users", "list", "--data", str(folder),
            environment={"LEADWIRE_DATABASE_URL": target.database_url},
        )  # fmt: skip
        assert refused.exit_code == 1
        assert "The leads, users and keys of" in refused.output
    done = copy(folder, url, direction, "--json")
    assert done.exit_code == 0, done.output
    assert 0 < msgspec.json.decode(done.stdout)["copied_now"] < _MANY - 12_000 + 100
    assert compare(folder, url).exit_code == 0


def test_a_target_with_other_rows_is_refused(folder: Path, url: str, tmp_path: Path) -> None:
    """Another leadwire's accounts, or leads that the source does not have, stay as they are."""
    set_up_data_folder(Place(tmp_path / "other", url), account_name="B", email="b@b.test")
    assert "is not the key" in copy(folder, url, "--to-database").output
    own = server().create_database()
    assert copy(folder, own, "--to-database").exit_code == 0
    with psycopg.connect(own) as connection:
        connection.execute("UPDATE leads SET fields = '{}'")
    refused = copy(folder, own, "--to-database")
    assert (refused.exit_code, "other accounts or leads" in refused.output) == (1, True)
    compared = compare(folder, own)
    assert (compared.exit_code, "1 table(s) differ." in compared.output) == (1, True)
    with psycopg.connect(own) as connection:
        first = connection.execute("SELECT account_id, lead_id FROM leads ORDER BY 1, 2").fetchone()
    assert f"first at the key {', '.join(map(repr, first))}" in compared.output.replace("\n", " ")
    assert "other accounts or leads" in copy(folder, own, "--from-database").output


@pytest.mark.parametrize("text", ["a\0b", '{"mx_City":"a\\u0000b"}', '{"mx_City":"\\ud800"}'])
def test_what_postgresql_cannot_keep_is_named_before_anything_is_copied(
    folder: Path, url: str, text: str
) -> None:
    """The message has the table and the key, and not the text."""
    engine = Place(folder).crm.alone()
    with transaction(engine) as connection:
        connection.execute(notes.update().values(text=text))
        [key] = connection.execute(notes.select().limit(1)).mappings().all()
    engine.dispose()
    refused = copy(folder, url, "--to-database")
    assert refused.exit_code == 1
    assert f"notes {key['account_id']}, {key['note_id'].split(chr(9))[0]}" in refused.output
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM accounts").fetchone() == (0,)


def test_texts_that_only_look_like_escapes_are_copied(folder: Path, url: str) -> None:
    """A backslash before ``u0000`` in a text is a backslash."""
    engine = Place(folder).crm.alone()
    with transaction(engine) as connection:
        connection.execute(notes.update().values(text='{"a":"\\\\u0000"}'))
    engine.dispose()
    assert copy(folder, url, "--to-database").exit_code == 0


def test_a_copy_waits_for_no_server(
    folder: Path, url: str, filled: tuple[Path, FirstAccount], loop_thread: LoopThread
) -> None:
    """While one runs on the folder or on the database, the copy is refused."""
    api = InProcess(loop_thread, Settings(data=folder), filled[1])
    try:
        assert "A server runs on" in copy(folder, url, "--to-database").output
    finally:
        api.close()
    assert copy(folder, url, "--to-database").exit_code == 0
    other = shutil.copytree(folder, folder.parent / "other")
    api = InProcess(loop_thread, Settings(data=other, database_url=url), filled[1])
    try:
        assert "A leadwire runs on the database" in copy(folder, url, "--from-database").output
    finally:
        api.close()


def _add_leads(folder: Path, count: int) -> None:
    engine = Place(folder).crm.alone()
    columns = columns_of(leads)
    with transaction(engine) as connection:
        first = dict(connection.execute(leads.select().limit(1)).mappings().one())
        rows = []
        for number in range(count):
            own = {"lead_id": f"{number:032}", "auto_id": 1_000 + number, "email_key": None}
            rows.append([{**first, **own}[column.name] for column in columns])
        insert_rows(connection, leads, rows)
    engine.dispose()


def _leads_in(place: Place) -> int:
    """0 before the table is there."""
    with suppress(Exception):
        engine = place.crm.reader(connections=1)
        try:
            with engine.connect() as connection:
                return int(connection.exec_driver_sql("SELECT count(*) FROM leads").scalar() or 0)
        finally:
            engine.dispose()
    return 0
