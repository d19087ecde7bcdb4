"""A start loads only what its settings need."""

import subprocess
import sys

_LOADED = "import sys, leadwire.server.app; print(*sorted(sys.modules))"


def test_a_server_on_files_loads_nothing_of_postgresql() -> None:
    """Neither the driver nor SQLAlchemy's dialect."""
    done = subprocess.run(  # noqa: S603  # our own command
        [sys.executable, "-c", _LOADED], check=True, capture_output=True, text=True
    )
    loaded = set(done.stdout.split())
    assert "leadwire.server.app" in loaded
    assert loaded.isdisjoint({"psycopg", "sqlalchemy.dialects.postgresql"})
