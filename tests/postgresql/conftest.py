"""A PostgreSQL server for each module, which its tests may stop, kill and set up."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from engines import PostgresServer


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    """A server that keeps what it committed."""
    # Not below pytest's own folder, which the server's user may not enter.
    server = PostgresServer(Path(tempfile.mkdtemp(prefix="leadwire-pg-")), durable=True)
    yield server
    server.close()
