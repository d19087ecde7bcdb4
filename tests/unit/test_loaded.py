"""A start loads only what its settings need."""

import subprocess
import sys

import pytest

_LOADED = "import sys, leadwire.server.app; print(*sorted(sys.modules))"


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    """The names of the modules that a server imports before it opens."""
    done = subprocess.run(  # noqa: S603  # our own command
        [sys.executable, "-c", _LOADED], check=True, capture_output=True, text=True
    )
    return set(done.stdout.split())


def test_a_server_on_files_loads_nothing_of_postgresql(loaded: set[str]) -> None:
    """Neither the driver nor SQLAlchemy's dialect."""
    assert "leadwire.server.app" in loaded
    assert loaded.isdisjoint({"psycopg", "sqlalchemy.dialects.postgresql"})


def test_a_start_loads_no_page(loaded: set[str]) -> None:
    """Pages come with the first request for one: most servers of tests get none."""
    assert loaded.isdisjoint({"jinja2", "leadwire.console", "leadwire.explain", "leadwire.lint"})
