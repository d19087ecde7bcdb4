"""What holds a call up ends with 503: locks, limits of the role, a full disk, no right to write."""

import os
import pwd
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from engines import PostgresServer
from support import LEADS, InProcess, LoopThread, attributes

from leadwire.database.places import Place
from leadwire.database.postgres import PostgresDatabase
from leadwire.server.app import set_up_data_folder
from leadwire.settings import Settings

psycopg = pytest.importorskip("psycopg")
pytestmark = pytest.mark.postgresql


class Guarded:
    """A server of leadwire whose role has limits of its own."""

    def __init__(self, api: InProcess, lead_id: str, url: str) -> None:
        self.api = api
        self.lead_id = lead_id
        self.url = url

    def assert_refused_and_recorded(self) -> None:
        """A write is answered with 503 and Retry-After, is in the log, and changes nothing."""
        answer = self.api.post(f"{LEADS}Lead.Create", attributes({"FirstName": "Ravi"}))
        assert answer.status == 503, answer.body
        assert "retry-after" in answer.headers
        assert self.api.record(answer).status_code == 503
        assert len(self.api.leads()) == 1

    def assert_works(self) -> None:
        self.api.create(FirstName="Ravi")
        assert len(self.api.leads()) == 2


@pytest.fixture
def start(
    tmp_path: Path, loop_thread: LoopThread, postgres: PostgresServer
) -> Iterator[Callable[..., Guarded]]:
    """Start leadwire on a new database for which *settings* of PostgreSQL are set."""
    with ExitStack() as closing:

        def started(
            *, tablespace: str = "pg_default", pooled: bool = True, **settings: str
        ) -> Guarded:
            url = postgres.create_database(tablespace=tablespace)
            name = url.partition("?")[0].rpartition("/")[2]
            for setting, value in settings.items():
                postgres.sql(f"ALTER DATABASE {name} SET {setting} = '{value}'")
            # With *pooled*, leadwire sets no limits of its own.
            place = Place(tmp_path / "data", url, pooled)
            keys = set_up_data_folder(place, account_name="Acme", email="a@acme.test")
            own = Settings(data=place.folder, database_url=url, database_pooled=pooled)
            api = InProcess(loop_thread, own, keys)
            closing.callback(api.close)
            return Guarded(api, api.create(FirstName="Asha"), url)

        yield started


@pytest.mark.parametrize("limit", ["lock_timeout", "statement_timeout"])
def test_a_long_lock_ends_with_503_by_the_limits_of_the_role(
    start: Callable[..., Guarded], limit: str
) -> None:
    """Another session holds the account's row for longer than the limit."""
    server = start(**{limit: "500ms"})
    with psycopg.connect(server.url) as other:
        other.execute("SELECT 1 FROM counters FOR UPDATE")
        server.assert_refused_and_recorded()
    server.assert_works()


def test_a_long_lock_ends_with_503_by_the_limit_of_leadwire(
    start: Callable[..., Guarded], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a pooler leadwire sets it. Here it is shorter than outside of tests."""
    monkeypatch.setitem(PostgresDatabase._engine.__kwdefaults__, "lock_ms", 500)
    server = start(pooled=False)
    with psycopg.connect(server.url) as other:
        other.execute("SELECT 1 FROM counters FOR UPDATE")
        server.assert_refused_and_recorded()
    server.assert_works()


def test_a_server_that_takes_no_writes_any_more_is_answered_with_503(
    start: Callable[..., Guarded], postgres: PostgresServer
) -> None:
    """As after a failover to a standby: calls that read still work."""
    server = start()
    name = server.url.partition("?")[0].rpartition("/")[2]
    _set_read_only(postgres, name, "on")
    server.assert_refused_and_recorded()
    _set_read_only(postgres, name, "off")
    server.assert_works()


def _set_read_only(postgres: PostgresServer, name: str, value: str) -> None:
    postgres.sql(f"ALTER DATABASE {name} SET default_transaction_read_only = {value}")
    ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
    postgres.sql(f"{ended}'{name}'")


@pytest.fixture
def small_disk(postgres: PostgresServer) -> Iterator[Path]:
    """The tablespace ``small`` on a disk of its own, which only root can make."""
    folder = Path(tempfile.mkdtemp(prefix="leadwire-disk-"))
    made = subprocess.run(  # noqa: S603
        ["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", folder],  # noqa: S607
        check=False,
        capture_output=True,
    )
    if made.returncode:
        folder.rmdir()
        pytest.skip("this user cannot mount a small disk")
    user = pwd.getpwnam("nobody")
    os.chown(folder, user.pw_uid, user.pw_gid)
    postgres.sql(f"CREATE TABLESPACE small LOCATION '{folder}'")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)  # noqa: S603, S607
    folder.rmdir()


def test_a_full_disk_is_answered_with_503_and_loses_nothing(
    start: Callable[..., Guarded], small_disk: Path
) -> None:
    """Another table fills it. Once there is room, the next call works."""
    server = start(tablespace="small")
    kept = len(server.api.leads())
    big = "x" * 100_000
    with psycopg.connect(server.url, autocommit=True) as other:
        other.execute("CREATE TABLE filler (kept text)")
        other.execute("ALTER TABLE filler ALTER kept SET STORAGE EXTERNAL")
        for rows in (10, 1):
            with suppress(psycopg.errors.DiskFull):
                while True:
                    other.execute(
                        "INSERT INTO filler SELECT %s FROM generate_series(1, %s)", [big, rows]
                    )
        refused = 0
        for number in range(2_000):
            answer = server.api.post(
                f"{LEADS}Lead.Create",
                attributes({"FirstName": f"n{number}", "mx_Street1": "y" * 200}),
            )
            if answer.status == 503:
                refused += 1
                assert "retry-after" in answer.headers
                assert server.api.record(answer).status_code == 503
                break
            assert answer.status == 200
            kept += 1
        assert refused
        # A read may need the disk, too: PostgreSQL writes pages to make room in its memory.
        remount = ["mount", "-o", "remount,size=96m", small_disk]
        subprocess.run(remount, check=True)  # noqa: S603
        server.api.create(FirstName="room")
    assert len(server.api.leads()) == kept + 1
