"""Pytest fixtures. Set ``pytest_plugins = ["leadwire.testing.fixtures"]`` in the root conftest."""

from collections.abc import Iterator

import pytest

from leadwire.sdk import Client
from leadwire.testing.server import Server


@pytest.fixture(scope="session")
def leadwire_server() -> Iterator[Server]:
    """One server for the whole test run. Its data is shared by all tests."""
    with Server() as server:
        yield server


@pytest.fixture
def leadwire_client(leadwire_server: Server) -> Iterator[Client]:
    """A client of the server, closed after the test."""
    with leadwire_server.client() as client:
        yield client
