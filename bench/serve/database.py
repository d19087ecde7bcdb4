"""A PostgreSQL server for the variants that need one, and the CPU time that it took."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bench.serve.process import cpu_seconds
from tests.engines import PostgresServer


class MeasuredServer:
    """Debian's PostgreSQL, which flushes each commit to the disk."""

    def __init__(self, folder: Path) -> None:
        self._server = PostgresServer(folder, durable=True)
        self._pid = int((folder / "data/postmaster.pid").read_text("ascii").split()[0])

    def create_database(self) -> str:
        """The address of a new database."""
        return self._server.create_database()

    def cpu_seconds(self) -> float:
        """User and system time of all its processes so far, ended ones too."""
        children = Path(f"/proc/{self._pid}/task/{self._pid}/children").read_text("ascii")
        total = cpu_seconds(self._pid, with_ended_children=True)
        for pid in map(int, children.split()):
            with suppress(FileNotFoundError):  # ended meanwhile, so it counts as ended next time
                total += cpu_seconds(pid)
        return total

    def close(self) -> None:
        self._server.close()


@contextmanager
def database_server() -> Iterator[MeasuredServer]:
    # In the system's folder for temporary files, which the server's user may enter.
    server = MeasuredServer(Path(tempfile.mkdtemp(prefix="leadwire-bench-pg-")))
    try:
        yield server
    finally:
        server.close()
