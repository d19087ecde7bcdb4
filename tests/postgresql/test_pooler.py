"""leadwire behind PgBouncer, which gives each transaction another connection."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from engines import PostgresServer
from postgresql.crm import COUNTER, Crm, lead_of
from support import LEADS, InProcess, LoopThread, attributes, leadwire

from leadwire.crm.leads.field_use import IndexPolicy
from leadwire.database.places import Place
from leadwire.server.app import set_up_data_folder
from leadwire.settings import Settings

psycopg = pytest.importorskip("psycopg")
from postgresql.pgbouncer import PgBouncer  # noqa: E402  # it needs psycopg

pytestmark = pytest.mark.postgresql


@pytest.fixture
def make_pooler(postgres: PostgresServer) -> Iterator[Callable[..., PgBouncer]]:
    with ExitStack() as closing:

        def made(**options: object) -> PgBouncer:
            pooler = PgBouncer(postgres, **options)
            closing.callback(pooler.close)
            return pooler

        yield made


def test_sixteen_writers_through_a_pooler_keep_every_update_of_one_lead(
    make_pooler: Callable[..., PgBouncer], url: str, loop_thread: LoopThread
) -> None:
    """In two processes, over four connections to the server."""
    pooled = make_pooler().through(url)
    crm = Crm(loop_thread, pooled, pooled=True)
    try:
        lead_id = crm.create("Asha")
        writers = [
            subprocess.Popen([sys.executable, "-c", COUNTER, pooled, lead_id, "20", "pooled"])  # noqa: S603
            for _ in range(2)
        ]
        assert [writer.wait(120) for writer in writers] == [0, 0]
        lead = crm.write(lambda unit: lead_of(unit, lead_id))
        assert lead.values["mx_Street1"] == str(2 * 8 * 20)
    finally:
        crm.close()


def test_indexes_are_built_through_a_pooler(
    make_pooler: Callable[..., PgBouncer], url: str, loop_thread: LoopThread
) -> None:
    """Those of fields and of quick search; leads are then found by them."""
    pooled = make_pooler().through(url)
    policy = IndexPolicy(names=("mx_City",))
    crm = Crm(loop_thread, pooled, pooled=True, index_policy=policy)
    try:
        for number in range(40):
            crm.create(f"Asha{number:02}")
        crm.keep_up()
        assert len(crm.names()) == 40
    finally:
        crm.close()
    with psycopg.connect(url) as connection:
        valid = connection.execute(
            "SELECT indisvalid FROM pg_index JOIN pg_class ON oid = indexrelid "
            "WHERE relname = 'leads_field_text_mx_City'"
        )
        assert valid.fetchone() == (True,)
        assert connection.execute("SELECT count(*) FROM lead_grams").fetchone() == (2,)


def test_a_pooler_that_is_killed_under_load_loses_and_doubles_nothing(
    make_pooler: Callable[..., PgBouncer], url: str, loop_thread: LoopThread
) -> None:
    """The server is asked about each commit without an answer, by a new pooler."""
    pooler = make_pooler()
    crm = Crm(loop_thread, pooler.through(url), pooled=True)
    try:
        with crm.load(threads=8) as load:
            for _ in range(3):
                load.run(0.5)
                pooler.kill()
                pooler.start()
            load.run(0.3)
        load.check(crm)
    finally:
        crm.close()


def test_an_exhausted_pool_is_answered_with_503_and_recorded(
    make_pooler: Callable[..., PgBouncer],
    postgres: PostgresServer,
    tmp_path: Path,
    loop_thread: LoopThread,
) -> None:
    """Another program holds the only connection. Nothing is written, and the next call works."""
    pooler = make_pooler(default_pool_size=1, query_wait_timeout=2)
    pooled = pooler.through(postgres.create_database())
    place = Place(tmp_path / "data", pooled, pooled=True)
    keys = set_up_data_folder(place, account_name="Acme", email="a@acme.test")
    settings = Settings(data=place.folder, database_url=pooled, database_pooled=True)
    api = InProcess(loop_thread, settings, keys)
    try:
        lead_id = api.create(FirstName="Asha")
        with psycopg.connect(pooled, prepare_threshold=None) as other:
            other.execute("SELECT 1")
            answers = [
                api.post(f"{LEADS}Lead.Create", attributes({"FirstName": "Ravi"})),
                api.get(f"{LEADS}Leads.GetById", id=lead_id),
            ]
        for answer in answers:
            assert answer.status == 503, answer.body
            assert "retry-after" in answer.headers
            assert api.record(answer).status_code == 503
        assert len(api.leads()) == 1
    finally:
        api.close()


def test_commands_work_through_a_pooler(
    make_pooler: Callable[..., PgBouncer],
    postgres: PostgresServer,
    tmp_path: Path,
    loop_thread: LoopThread,
) -> None:
    """The pooler's connections outlive a server: only one that runs keeps a copy from it."""
    pooled = make_pooler().through(postgres.create_database())
    place = Place(tmp_path / "data", pooled, pooled=True)
    keys = set_up_data_folder(place, account_name="Acme", email="a@acme.test")
    environment = {
        "LEADWIRE_DATABASE_URL": pooled,
        "LEADWIRE_DATABASE_POOLED": "true",
        "LEADWIRE_DATA": str(place.folder),
    }
    settings = Settings(data=place.folder, database_url=pooled, database_pooled=True)
    api = InProcess(loop_thread, settings, keys)
    try:
        api.create(FirstName="Asha")
        assert leadwire("keys", "create", environment=environment).exit_code == 0
        other = shutil.copytree(place.folder, tmp_path / "other")
        copy = ("db", "copy", "--data", str(other), "--from-database")
        direct = {"LEADWIRE_DATABASE_URL": pooled}
        assert "LEADWIRE_DATABASE_POOLED=true" in leadwire(*copy, environment=direct).output
        refused = leadwire(*copy, environment=environment)
        assert "A leadwire runs on the database" in refused.output
    finally:
        api.close()
    for arguments in (
        ("doctor",),
        ("users", "list"),
        ("db", "copy", "--from-database"),
        ("db", "check", "--with", "folder"),
    ):
        done = leadwire(*arguments, environment=environment)
        assert done.exit_code == 0, done.output
