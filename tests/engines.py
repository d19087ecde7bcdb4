"""The databases of tests: files of SQLite, or a PostgreSQL server that the tests start.

``LEADWIRE_TEST_ENGINE=postgresql`` runs the tests on PostgreSQL. Each data folder of a test then
has a database of its own, copied from the one of the folder that it is a copy of.
"""

import atexit
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from leadwire.crm.tables import SCHEMA
from leadwire.data_folder.server_database import prepare_server_database
from leadwire.database.migrate import make_database
from leadwire.database.places import Place
from leadwire.folder_identity import CRM_NAME, Identity
from leadwire.settings import Settings

ON_POSTGRESQL: Final = os.environ.get("LEADWIRE_TEST_ENGINE", "sqlite") == "postgresql"
sqlite_only: Final = pytest.mark.skipif(ON_POSTGRESQL, reason="about SQLite's own files or plans")
_urls: dict[Path, str] = {}
_START_SECONDS: Final = 60


def place(folder: Path) -> Place:
    """Where the data of *folder* is: a database is made for a folder that has none."""
    if not ON_POSTGRESQL:
        return Place(folder)
    if folder not in _urls:
        _urls[folder] = server().create_database()
    return Place(folder, _urls[folder])


def make_crm(folder: Path) -> None:
    """Make the tables of leads for *folder*, which has no other part of a data folder."""
    if ON_POSTGRESQL:
        identity = Identity(folder_id="folder", made_at="", state="ready")
        prepare_server_database(place(folder), identity)
    else:
        make_database(folder / CRM_NAME, Place(folder).crm.alone(), SCHEMA, "folder")


def settings(folder: Path, **values: Any) -> Settings:  # noqa: ANN401  # each setting has its type
    """Settings of a server on *folder*."""
    values.setdefault("database_url", place(folder).database_url)
    return Settings(data=folder, **values)


def environment(folder: Path) -> Mapping[str, str]:
    """What a process needs to know to find the data of *folder*."""
    return {"LEADWIRE_DATABASE_URL": _urls[folder]} if folder in _urls else {}


def copy_folder(source: Path, target: Path) -> Path:
    """A copy of a data folder, with a copy of its database. No server may run on *source*."""
    shutil.copytree(source, target)
    if source in _urls:
        _urls[target] = server().create_database(copy_of=_urls[source])
    return target


@cache
def server() -> "PostgresServer":
    """The server of this test process. It ends with the process."""
    started = PostgresServer(Path(tempfile.mkdtemp(prefix="leadwire-pg-")))
    atexit.register(started.close)
    return started


class PostgresServer:
    """A new server on a Unix socket, without flushes to the disk. Debian's binaries, as ``nobody``.

    With *replica_of*, a standby that follows that server.
    Fails the test when there is no PostgreSQL on the machine.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 5432,
        durable: bool = False,
        replica_of: "PostgresServer | None" = None,
    ) -> None:
        self.folder = folder
        self._data = folder / "data"
        self._binaries = _binaries()
        self.port = port
        self._made = 0
        self._user = _user()
        if self._user is not None:
            os.chown(folder, self._user.pw_uid, self._user.pw_gid)
        options = [] if durable else ["--no-sync"]
        if replica_of is None:
            self._run("initdb", "-D", self._data, "-A", "trust", "-U", "leadwire", "-E", "UTF8",
                      "--locale=C.UTF-8", *options)  # fmt: skip
        else:
            self._run("pg_basebackup", "-D", self._data, "-R", "-X", "stream", "-c", "fast",
                      *options, "-d", replica_of.url("postgres"))  # fmt: skip
        flush = "on" if durable else "off"
        self._options = (
            f"-c listen_addresses= -c unix_socket_directories={folder} -c port={port} "
            f"-c fsync={flush} -c max_connections=200 -c shared_buffers=64MB"
        )
        self.start()

    def start(self) -> None:
        self._run("pg_ctl", "-D", self._data, "-o", self._options, "-w", "-t", "60",
                  "-l", self.folder / "log", "start")  # fmt: skip

    def stop(self, mode: str = "fast") -> None:
        """*mode* ``immediate`` is a crash."""
        self._run("pg_ctl", "-D", self._data, "-m", mode, "-w", "stop")

    def kill(self) -> None:
        """End every process of the server at once, as a machine without power does."""
        postmaster = int((self._data / "postmaster.pid").read_text().split()[0])
        children = [
            int(stat.parent.name)
            for stat in Path("/proc").glob("[0-9]*/stat")
            if _parent(stat) == postmaster
        ]
        for process in (postmaster, *children):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        # Where nobody waits for them, killed processes count as alive.
        (self._data / "postmaster.pid").unlink()
        (self.folder / f".s.PGSQL.{self.port}.lock").unlink()

    def create_database(self, *, copy_of: str = "", tablespace: str = "pg_default") -> str:
        """The address of a new database."""
        self._made += 1
        name = f"test_{self._made}"
        template = f" TEMPLATE {copy_of.partition('?')[0].rpartition('/')[2]}" if copy_of else ""
        self.sql(f"CREATE DATABASE {name}{template} TABLESPACE {tablespace}")
        return self.url(name)

    def url(self, name: str) -> str:
        return f"postgresql://leadwire@/{name}?host={self.folder}&port={self.port}"

    def sql(self, statement: str, *, database: str = "postgres") -> None:
        import psycopg  # noqa: PLC0415  # only here

        with psycopg.connect(
            host=str(self.folder), port=self.port, user="leadwire", dbname=database,
            autocommit=True,
        ) as connection:  # fmt: skip
            connection.execute(statement.encode())

    def close(self) -> None:
        with suppress(subprocess.CalledProcessError):  # a test may have stopped it
            self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def dump(self, url: str, file: Path) -> None:
        """As docs/postgresql.md says."""
        self._run("pg_dump", "--format=custom", f"--file={file}", url)

    def restore(self, file: Path, url: str) -> None:
        """Into an empty database."""
        self._run("pg_restore", "--exit-on-error", "--no-owner", f"--dbname={url}", file)

    def _run(self, program: str, *arguments: object) -> None:
        uid = self._user.pw_uid if self._user else None
        subprocess.run(  # noqa: S603  # our own command
            [self._binaries / program, *map(str, arguments)],
            user=uid, check=True, timeout=_START_SECONDS, cwd=self.folder,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip


def _binaries() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    if found:
        return found[-1].parent
    if on_path:
        return Path(on_path).resolve().parent
    pytest.fail("There is no PostgreSQL here: install Debian's package 'postgresql'.")


def _parent(stat: Path) -> int:
    """The parent of the process; 0 for one that has just ended."""
    try:
        return int(stat.read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _user() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root: as ``nobody`` then."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None
