"""A server that leadwire cannot work with is refused at the start, in words that say what to do."""

import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from engines import PostgresServer
from support import leadwire

from leadwire.data_folder import server_checks
from leadwire.database.places import Place
from leadwire.errors import SetupError
from leadwire.server.app import set_up_data_folder

pytestmark = pytest.mark.postgresql
_ROLES = """
local all asker  scram-sha-256
local all stranger reject
local all all    trust
local replication all trust
"""


@pytest.fixture(scope="module")
def guarded(postgres: PostgresServer) -> PostgresServer:
    """The server with a role that needs a password, and one that is kept out."""
    postgres.sql("CREATE ROLE asker LOGIN PASSWORD 'right'")
    postgres.sql("CREATE ROLE stranger LOGIN")
    (postgres.folder / "data" / "pg_hba.conf").write_text(_ROLES)
    postgres.sql("SELECT pg_reload_conf()")
    return postgres


def refusal(folder: Path, url: str) -> str:
    """What the first start on that database says."""
    with pytest.raises(SetupError) as refused:
        set_up_data_folder(Place(folder / "data", url), account_name="Acme", email="a@b.test")
    return str(refused.value)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("asker:hunter2@/postgres?{at}", "Correct the user or the password"),
        ("asker@/postgres?{at}&password=hunter2", "Correct the user or the password"),
        ("asker@/postgres?{at}", "Give a password"),
        ("stranger:hunter2@/postgres?{at}", "pg_hba.conf"),
        ("nobody_here:hunter2@/postgres?{at}", "createuser"),
        ("leadwire:hunter2@/missing?{at}", "createdb"),
        ("u:hunter2@host.invalid/leads", "Correct the host"),
        ("u:hunter2@127.0.0.1:1/leads", "Start the server"),
        ("u:hunter2@127.0.0.1:99999/leads", "correct the host and the port"),
        ("u:hunter2@127.0.0.1:port/leads", "not the address of a PostgreSQL database"),
        ("u:hunter2@[::1/leads", "not the address of a PostgreSQL database"),
        ("u:pass@hunter2@db/leads", "write @ as %40"),
        ("u:pass/hunter2@db/leads", "/ as %2F"),
        ("u:pass%hunter2@db/leads", "% as %25"),
        ("u:hunter2@%2Fnowhere/leads", "Start the server"),
        ("u:hunter2@127.0.0.1:1,127.0.0.1:2/leads", "Start the server"),
        ("/leads?service=missing&password=hunter2", "the service file"),
        ("leadwire:hunter2@/postgres?{at}&sslmode=perhaps", "options after the ?"),
        ("leadwire:hunter2@/postgres?{at}&target_session_attrs=standby", "Start the server that"),
        ("leadwire:hunter2@/postgres?{at}&options=-cwork%3D1", "options after the ?"),
        ("leadwire:hunter2@/postgres?{at}&colour=red", "not the address of a PostgreSQL database"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_with_a_remedy(
    tmp_path: Path, guarded: PostgresServer, address: str, said: str
) -> None:
    """The message says what to do and never shows the password, whatever its place."""
    at = f"host={guarded.folder}&port={guarded.port}"
    message = refusal(tmp_path, "postgresql://" + address.format(at=at))
    assert said in message
    assert "hunter2" not in message
    assert len(message.splitlines()) == 1


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_database_of_another_encoding_is_refused(
    tmp_path: Path, postgres: PostgresServer, encoding: str
) -> None:
    """It would keep a part of the texts, or none of their letters."""
    name = f"in_{encoding.lower()}"
    postgres.sql(f"CREATE DATABASE {name} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0")
    assert f"{encoding} cannot hold every text" in refusal(tmp_path, postgres.url(name))


def test_an_old_server_is_refused(
    tmp_path: Path, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server here counts as an old one, since only one version is installed."""
    monkeypatch.setattr(server_checks, "_OLDEST_VERSION", 990_000)
    assert "install 14 or newer" in refusal(tmp_path, postgres.create_database())


def test_a_role_that_may_not_make_tables_is_refused(
    tmp_path: Path, guarded: PostgresServer
) -> None:
    """The message has the statement that an administrator should run."""
    guarded.create_database()
    url = guarded.create_database().replace("leadwire@", "asker:right@")
    assert "'GRANT CREATE ON SCHEMA public TO asker'" in refusal(tmp_path, url)


def test_a_database_without_trigrams_serves_and_says_so(
    tmp_path: Path, guarded: PostgresServer, caplog: pytest.LogCaptureFixture
) -> None:
    """A role that may make tables and no extension: quick search reads every lead."""
    url = guarded.create_database()
    name = url.partition("?")[0].rpartition("/")[2]
    guarded.sql(f"REVOKE CREATE ON DATABASE {name} FROM PUBLIC")
    guarded.sql("GRANT CREATE ON SCHEMA public TO asker", database=name)
    url = url.replace("leadwire@", "asker:right@")
    with caplog.at_level(logging.WARNING, "leadwire"):
        set_up_data_folder(Place(tmp_path / "data", url), account_name="Acme", email="a@b.test")
    assert "CREATE EXTENSION pg_trgm" in caplog.text


@pytest.fixture
def replica(postgres: PostgresServer) -> Iterator[PostgresServer]:
    folder = Path(tempfile.mkdtemp(prefix="leadwire-pg-"))
    standby = PostgresServer(folder, port=5433, replica_of=postgres)
    yield standby
    standby.close()


def test_a_standby_is_refused_and_an_asynchronous_one_is_warned_of(
    tmp_path: Path,
    postgres: PostgresServer,
    replica: PostgresServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The first has no place for a write, and a failover to the second loses answered ones."""
    url = postgres.create_database()
    place = Place(tmp_path / "data", url)
    with caplog.at_level(logging.WARNING, "leadwire"):
        set_up_data_folder(place, account_name="Acme", email="a@b.test")
    assert "a failover may lose the last answered writes" in caplog.text
    assert "it is a standby" in refusal(tmp_path / "other", replica.url("postgres"))


def test_commits_that_do_not_wait_for_the_disk_are_warned_of_at_the_start(
    tmp_path: Path, postgres: PostgresServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Doctor says the same, and fails."""
    url = postgres.create_database()
    name = url.partition("?")[0].rpartition("/")[2]
    postgres.sql(f"ALTER DATABASE {name} SET synchronous_commit = off")
    place = Place(tmp_path / "data", url)
    with caplog.at_level(logging.WARNING, "leadwire"):
        set_up_data_folder(place, account_name="Acme", email="a@b.test")
    assert "synchronous_commit: off: a crash loses answered writes" in caplog.text
    environment = {"LEADWIRE_DATABASE_URL": url, "LEADWIRE_DATA": str(place.folder)}
    shown = leadwire("doctor", "--json", environment=environment)
    found = {f["what"]: f["state"] for f in msgspec.json.decode(shown.stdout)["findings"]}
    assert (shown.exit_code, found["synchronous_commit"]) == (1, "wrong")
