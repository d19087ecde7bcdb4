"""The servers that are measured, and the process that each of them runs in.

``python -m bench.serve.variants NAME DIR URL`` serves one until it is terminated. URL is the
address of its database on PostgreSQL, or empty. The first line that it prints is a JSON object with
the port and the key pair.
"""

import json
import socket
import sqlite3
import sys
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

import psycopg
import uvicorn
from pydantic import SecretStr
from starlette.types import ASGIApp

from bench.serve.load import KeyPair
from bench.serve.off import NoCallStore
from bench.serve.peers.no_crm import open_no_crm
from bench.serve.peers.plain import plain_app
from leadwire.calls.query import CallQuery
from leadwire.clock import SystemClock
from leadwire.database.places import place_of
from leadwire.folder_identity import CALLS_FOLDER, CRM_NAME
from leadwire.server.app import App, set_up_data_folder
from leadwire.server.bounds import BoundsMet
from leadwire.server.connections import Connections
from leadwire.server.forwarded import TrustedProxies
from leadwire.server.open_log import CallLog
from leadwire.server.parts import Parts
from leadwire.server.serving import server_config
from leadwire.settings import Settings
from leadwire.stores.sqlite import SqliteCallReader


class Stored(NamedTuple):
    leads: int
    calls: int


class Variant(NamedTuple):
    """One server. *keeps_leads* and *keeps_calls* say what must be there after a round."""

    name: str
    title: str
    keeps_leads: bool = True
    keeps_calls: bool = True
    on_postgresql: bool = False


LEADWIRE: Final = Variant("leadwire", "leadwire as it is served")
CEILING: Final = Variant("ceiling", "(a) both stores no-ops", keeps_leads=False, keeps_calls=False)
PLAIN: Final = Variant("plain", "(b) FastAPI + async ORM")
UNRECORDED: Final = Variant("unrecorded", "(c) recording off", keeps_calls=False)
POSTGRESQL: Final = Variant("postgresql", "leadwire on PostgreSQL", on_postgresql=True)
PLAIN_POSTGRESQL: Final = Variant("plain_postgresql", "(d) FastAPI + asyncpg", on_postgresql=True)
_UNRECORDED_PARTS: Final = Parts(open_call_log=lambda *_, **__: CallLog(NoCallStore(), tuple))
PARTS: Final = {
    LEADWIRE.name: Parts(),
    POSTGRESQL.name: Parts(),
    UNRECORDED.name: _UNRECORDED_PARTS,
    CEILING.name: replace(_UNRECORDED_PARTS, open_crm=open_no_crm),
}
VARIANTS: Final = (LEADWIRE, CEILING, PLAIN, UNRECORDED, POSTGRESQL, PLAIN_POSTGRESQL)


def stored(variant: Variant, folder: Path, url: str) -> Stored:
    """What stands in the variant's databases, read beside the running server."""
    if variant is PLAIN:
        database = folder / "plain.sqlite"
        return Stored(_count(database, "leads"), _count(database, "calls"))
    if variant is PLAIN_POSTGRESQL:
        return Stored(_count_on_server(url, "leads"), _count_on_server(url, "calls"))
    reader = SqliteCallReader(folder / CALLS_FOLDER)
    try:
        calls = reader.statistics(CallQuery(account_id=None)).calls
    finally:
        reader.close()
    leads = _count_on_server(url, "leads") if url else _count(folder / CRM_NAME, "leads")
    return Stored(leads, calls)


def _count(database: Path, table: str) -> int:
    connection = sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)
    try:
        row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608
    finally:
        connection.close()
    return int(row[0])


def _count_on_server(url: str, table: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()  # noqa: S608
    return int(row[0]) if row else 0


def _serve(name: str, folder: Path, url: str) -> None:
    settings = Settings(data=folder, port=0, database_url=SecretStr(url))
    if name in (PLAIN.name, PLAIN_POSTGRESQL.name):
        keys = KeyPair("u$rbench", "secret")
        # The same server and options; only the application differs.
        config = server_config(
            _plain(name, settings, keys),
            settings,
            Connections(settings, met=BoundsMet(SystemClock()).met, proxies=TrustedProxies(())),
        )
    else:
        place = place_of(settings)
        first = set_up_data_folder(place, account_name="bench", email="bench@example.com")
        keys = KeyPair(first.access_key, first.secret_key)
        app = App(settings, parts=PARTS[name])
        config = server_config(app, settings, app.connections)
    listener = socket.create_server((settings.host, 0), backlog=64)
    print(json.dumps({"port": listener.getsockname()[1], "keys": keys}), flush=True)
    uvicorn.Server(config).run([listener])


def _plain(name: str, settings: Settings, keys: KeyPair) -> ASGIApp:
    if name == PLAIN.name:
        return plain_app(settings.data, keys)
    # Only an environment for benchmarks has asyncpg; the tests start the other variants.
    from bench.serve.peers.plain_postgresql import plain_postgresql_app  # noqa: PLC0415

    return plain_postgresql_app(settings.database_url.get_secret_value(), keys)


if __name__ == "__main__":
    _serve(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
