"""PgBouncer, Debian's pooler, in transaction mode in front of a server of a test."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Final

import psycopg
import pytest
from engines import PostgresServer

_PORT: Final = 6432
_START_SECONDS: Final = 20


class PgBouncer:
    """*options* are lines of its settings. Skips the test if the program is not installed."""

    def __init__(self, server: PostgresServer, **options: object) -> None:
        self._program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
        if self._program is None:
            pytest.skip("there is no pgbouncer: install Debian's package")
        self._folder = Path(tempfile.mkdtemp(prefix="leadwire-pool-"))
        (self._folder / "users").write_text('"leadwire" ""\n')
        lines = {
            "listen_addr": "",
            "listen_port": _PORT,
            "unix_socket_dir": self._folder,
            "auth_type": "trust",
            "auth_file": self._folder / "users",
            "pool_mode": "transaction",
            "default_pool_size": 4,
            "server_reset_query": "DISCARD ALL",
            **options,
        }
        settings = "".join(f"{name} = {value}\n" for name, value in lines.items())
        self._file = self._folder / "pgbouncer.ini"
        self._file.write_text(
            f"[databases]\n* = host={server.folder} port={server.port}\n[pgbouncer]\n{settings}"
        )
        if os.geteuid() == 0:  # it refuses to run as root
            user = pwd.getpwnam("nobody")
            for path in (self._folder, *self._folder.iterdir()):
                os.chown(path, user.pw_uid, user.pw_gid)
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603  # our own command
            [str(self._program), "-q", str(self._file)],
            user="nobody" if os.geteuid() == 0 else None,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                psycopg.connect(self.url("postgres")).close()
            except psycopg.OperationalError:
                assert time.monotonic() < deadline
                assert self._process.poll() is None
                time.sleep(0.05)
            else:
                return

    def url(self, name: str) -> str:
        return f"postgresql://leadwire@/{name}?host={self._folder}&port={_PORT}"

    def through(self, url: str) -> str:
        """The address of the database of *url*, through the pooler."""
        return self.url(url.partition("?")[0].rpartition("/")[2])

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        (self._folder / f".s.PGSQL.{_PORT}").unlink(missing_ok=True)

    def close(self) -> None:
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)
