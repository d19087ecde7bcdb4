"""A PostgreSQL server for each module, which its tests may stop, kill and set up."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from engines import PostgresServer

from leadwire.data_folder.server_database import prepare_server_database
from leadwire.database.places import Place
from leadwire.folder_identity import Identity


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    """A server that keeps what it committed."""
    # Not below pytest's own folder, which the server's user may not enter.
    server = PostgresServer(Path(tempfile.mkdtemp(prefix="leadwire-pg-")), durable=True)
    yield server
    server.close()


@pytest.fixture
def url(postgres: PostgresServer) -> str:
    made = postgres.create_database()
    identity = Identity(folder_id="folder", made_at="", state="ready")
    prepare_server_database(Place(Path(), made), identity)
    return made
