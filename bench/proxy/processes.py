"""The processes of the benchmark: a canned upstream, and the proxies before it."""

import json
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

_STOP_SECONDS: Final = 20
_START_SECONDS: Final = 30
_ANSWER: Final = (
    '{"Status":"Success","Message":{"Id":"3bb2b1ae-5b63-4b2f-9d8e-2f3c1c6a7d10","AffectedRows":1}}'
)
_NGINX: Final = """
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error;
events {{ worker_connections 512; }}
http {{
  keepalive_requests 100000000; client_max_body_size 0; client_body_buffer_size 2m;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  log_format ids '$http_x_leadwire_proxy_call_id';
  {rest}
}}
"""
_UPSTREAM: Final = """
  access_log {log};
  server {{
    listen 127.0.0.1:{port}; default_type application/json;
    location / {{ return 200 '{answer}'; }}
  }}
"""
_PROXY: Final = """
  access_log {folder}/access;
  upstream canned {{
    server 127.0.0.1:{upstream}; keepalive 64; keepalive_requests 100000000;
  }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://canned; proxy_http_version 1.1; proxy_set_header Connection "";
    }}
  }}
"""


class Server(NamedTuple):
    port: int
    process: "subprocess.Popen[str]"

    def cpu_ns(self) -> int:
        """Time on a processor of all its threads and children, so far."""
        return sum(_thread_ns(pid) for pid in _with_children(self.process.pid))

    def forget_peak(self) -> None:
        """Count from now on: a first start hashes a password, which takes much memory."""
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5", "ascii")

    def peak_mib(self) -> float:
        """The most memory that it had at once."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text("ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
        return 0.0


def missing_programs() -> list[str]:
    return [name for name in ("nginx", "wrk") if shutil.which(name) is None]


@contextmanager
def upstream(folder: Path, *, has_log: bool = False) -> Iterator[Server]:
    """Nginx that answers each call with the same. With a log: the proxy's call ids, in ``ids``."""
    log = f"{folder}/ids ids" if has_log else "off"
    port = _free_port()
    with _nginx(folder, port, _UPSTREAM.format(log=log, port=port, answer=_ANSWER)) as it:
        yield it


@contextmanager
def nginx(folder: Path, upstream_port: int) -> Iterator[Server]:
    port = _free_port()
    with _nginx(
        folder, port, _PROXY.format(folder=folder, port=port, upstream=upstream_port)
    ) as it:
        yield it


@contextmanager
def mitmproxy(program: Path, folder: Path, upstream_port: int) -> Iterator[Server]:
    """Reverse mode with a dump of all flows."""
    folder.mkdir()
    port = _free_port()
    command = [str(program), "--quiet", "--mode", f"reverse:http://127.0.0.1:{upstream_port}"]
    command += ["--listen-host", "127.0.0.1", "--listen-port", str(port)]
    command += ["--save-stream-file", f"{folder}/flows", "--set", f"confdir={folder}"]
    with _running(command) as process:
        _wait_for(port)
        yield Server(port, process)


@contextmanager
def relay(upstream_port: int) -> Iterator[Server]:
    """The relay of ``leadwire proxy`` with a recording that keeps nothing."""
    command = (sys.executable, "-m", "bench.proxy.relay", str(upstream_port))
    with _running(command) as process:
        yield Server(int(_said(process)["port"]), process)


@contextmanager
def proxy(folder: Path, upstream_port: int) -> Iterator[Server]:
    """``leadwire proxy`` as it is."""
    command = [sys.executable, "-c", "from leadwire.cli import main; main()", "proxy"]
    command += ["--data", str(folder), "--upstream", f"http://127.0.0.1:{upstream_port}"]
    command += ["--port", "0", "--console-port", "0", "--ready", "json"]
    with _running(command) as process:
        yield Server(int(_said(process)["url"].rpartition(":")[2]), process)


@contextmanager
def _nginx(folder: Path, port: int, rest: str) -> Iterator[Server]:
    folder.mkdir(exist_ok=True)
    config = folder / "nginx.conf"
    config.write_text(_NGINX.format(folder=folder, rest=rest))
    with _running(("nginx", "-c", str(config), "-e", f"{folder}/error")) as process:
        _wait_for(port)
        yield Server(port, process)


@contextmanager
def _running(command: Sequence[str]) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.wait(_STOP_SECONDS)


def _said(process: "subprocess.Popen[str]") -> dict[str, str]:
    """The line of JSON that *process* prints once it listens."""
    said: dict[str, str] = json.loads(process.stdout.readline() if process.stdout else "")
    return said


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def _wait_for(port: int) -> None:
    until = time.monotonic() + _START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return


def _with_children(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    return [pid, *(each for child in children for each in _with_children(int(child)))]


def _thread_ns(pid: int) -> int:
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text("ascii").split()[0]) for thread in threads)
