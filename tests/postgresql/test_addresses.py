"""Addresses of databases are read as psql reads them, and shown without their secrets."""

import pytest
from engines import PostgresServer

from leadwire.database.database import reason_of
from leadwire.errors import SetupError

psycopg = pytest.importorskip("psycopg")
from leadwire.database.address import read_address  # noqa: E402  # they need psycopg
from leadwire.database.postgres import PostgresDatabase  # noqa: E402

pytestmark = pytest.mark.postgresql
_SECRET = "hunter2"  # noqa: S105
_SHOWN = {
    "postgresql://u:hunter2@db:5432/leads": "postgresql://u:***@db:5432/leads",
    "postgres://u@db/leads": "postgresql://u@db/leads",
    "postgresql://u:p%40:%2F%25hunter2@db/leads": "postgresql://u:***@db/leads",
    "postgresql://u@db/leads?password=hunter2": "postgresql://u:***@db/leads",
    "postgresql://u@[::1]:5432/leads": "postgresql://u@[::1]:5432/leads",
    "postgresql://a:1,[::2]:3/leads": "postgresql://a:1,[::2]:3/leads",
    "postgresql://a,b:5/leads": "postgresql://a,b:5/leads",
    "postgresql://u@%2Ftmp%2Fpg:5433/leads": "postgresql://u@/leads?host=/tmp/pg&port=5433",
    "postgresql:///leads?host=/tmp/pg": "postgresql:///leads?host=/tmp/pg",
    "postgresql:///leads?host=/a,/b&port=1,2": "postgresql:///leads?host=/a,/b&port=1,2",
    "postgresql:///?service=crm": "postgresql:///?service=crm",
    "postgresql://db/leads?sslmode=verify-full&sslpassword=hunter2": (
        "postgresql://db/leads?sslmode=verify-full"
    ),
    "postgresql://db/leads?options=-csearch_path%3Dcrm": (
        "postgresql://db/leads?options=-csearch_path%3Dcrm"
    ),
}
_REFUSED = (
    "", "leads", "host=db password=hunter2", "mysql://u:hunter2@db/leads",
    "postgresql+psycopg://u:hunter2@db/leads", "postgresql://u:hunter2@db",
    "postgresql://u:hunter2@db:port/leads", "postgresql://u:a@hunter2@db/leads",
    "postgresql://u:a/hunter2@db/leads", "postgresql://u:1/hunter2@db/leads",
    "postgresql://u:%hunter2@db/leads", "postgresql://u:a hunter2@db/leads",
    "postgresql://u:hunter2@[::1/leads", "postgresql://u:hunter2@db/leads?colour=red",
    "postgresql://u:hunter2\udc80@db/leads",
)  # fmt: skip


def test_an_address_is_shown_without_its_secrets() -> None:
    """Whatever form it has; the form that is shown leads to the same database."""
    for url, shown in _SHOWN.items():
        address = read_address(url)
        assert (address.shown, _SECRET in address.shown) == (shown, False), url
        assert address.has_password == (":***" in shown), url
        public = {n: v for n, v in address.parameters.items() if _SECRET not in v}
        again = read_address(shown.replace(":***", "")).parameters
        assert {n: v.split(",") for n, v in again.items()} == {
            n: v.split(",") for n, v in public.items()
        }, url


def test_what_is_no_address_is_refused_without_being_quoted() -> None:
    """Any part of it may be a part of the password."""
    for url in _REFUSED:
        with pytest.raises(SetupError) as refused:
            read_address(url)
        assert _SECRET not in str(refused.value), url
        assert "write postgresql://user:password@host:port/name" in str(refused.value)
        assert refused.value.__cause__ is None


def test_the_options_of_an_address_hold_beside_leadwires_own(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A schema of its own stays one: in the address, or in PGOPTIONS."""
    url = postgres.create_database()
    for address in (f"{url}&options=-csearch_path%3Dcrm&application_name=acme", url):
        engine = PostgresDatabase(address).shared()
        with engine.connect() as connection:
            shown = [
                connection.exec_driver_sql(f"SHOW {name}").scalar()
                for name in ("search_path", "lock_timeout", "statement_timeout", "application_name")
            ]
        engine.dispose()
        assert shown == ["crm", "10s", "30s", "acme" if address != url else "leadwire"]
        monkeypatch.setenv("PGOPTIONS", "-c search_path=crm")


def test_a_reason_of_the_database_quotes_no_row(postgres: PostgresServer) -> None:
    """PostgreSQL has the row in the details of its message."""
    with psycopg.connect(postgres.url("postgres")) as connection:
        connection.execute("CREATE TEMP TABLE kept (email text PRIMARY KEY)")
        connection.execute("INSERT INTO kept VALUES ('asha@x.test')")
        with pytest.raises(psycopg.Error) as failed:
            connection.execute("INSERT INTO kept VALUES ('asha@x.test')")
        connection.rollback()
    assert "asha@x.test" in str(failed.value)
    assert reason_of(failed.value) == ('duplicate key value violates unique constraint "kept_pkey"')
