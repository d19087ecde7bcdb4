"""Where ``-o`` writes: into whole files, through devices and pipes, and to nothing else."""

import csv
import io
import os
import signal
import subprocess
import threading
from pathlib import Path
from typing import NamedTuple

import pytest
from support import LEADWIRE, InProcess, ServerProcess, leadwire

from leadwire.disk import whole_file
from leadwire.errors import LeadwireError

WAIT_SECONDS = 60


def started(
    *words: str, stdout: int = subprocess.PIPE, environment: dict[str, str] | None = None
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603  # our own command
        [*LEADWIRE, *words],
        stdout=stdout,
        stderr=subprocess.PIPE,
        env={**os.environ, **(environment or {})},
    )


@pytest.fixture(scope="module")
def server(shared_server: ServerProcess) -> ServerProcess:
    """One server with one lead for all of these tests."""
    shared_server.api().create(FirstName="Asha")
    return shared_server


@pytest.fixture(scope="module")
def data(shared_api: InProcess) -> tuple[str, str]:
    """A log of one call: the tests add none."""
    shared_api.create(FirstName="Asha")
    return ("--data", str(shared_api.folder))


class Export(NamedTuple):
    """A command that writes with ``-o``."""

    words: tuple[str, ...]
    environment: dict[str, str]

    def process(self, *words: str) -> subprocess.Popen[bytes]:
        return started(*self.words, *words, environment=self.environment)

    def run(self, *words: str) -> None:
        """Run it in this process; it must succeed."""
        result = leadwire(*self.words, *words, environment=self.environment)
        assert result.exit_code == 0, result.output


@pytest.fixture(params=["calls", "leads"])
def export(request: pytest.FixtureRequest, server: ServerProcess, data: tuple[str, str]) -> Export:
    """Both commands that write with ``-o``."""
    if request.param == "calls":
        return Export(("calls", "export", *data), {})
    environment = {
        "LEADWIRE_API_HOST": server.base,
        "LEADWIRE_ACCESS_KEY": server.keys.access_key,
        "LEADWIRE_SECRET_KEY": server.keys.secret_key,
    }
    return Export(("export", "leads", "--until", "2100-01-01"), environment)


def rows_of(content: bytes) -> int:
    """Rows of a CSV file with its heading: a cell with headers has several lines."""
    return sum(1 for _ in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def ended(process: subprocess.Popen[bytes]) -> tuple[int, bytes, str]:
    output, errors = process.communicate(timeout=WAIT_SECONDS)
    return process.returncode, output or b"", errors.decode()


def test_output_to_a_device_does_not_replace_it(export: Export) -> None:
    """A full one is one sentence and exit code 1; /dev/null and /dev/stdout take everything."""
    code, _, said = ended(export.process("-o", "/dev/full"))
    assert (code, said.count("\n")) == (1, 1)
    assert "Cannot write /dev/full: No space left on device." in said
    assert Path("/dev/full").is_char_device()
    assert ended(export.process("-o", "/dev/null"))[0] == 0
    assert Path("/dev/null").is_char_device()
    for name in ("-", "/dev/stdout"):
        code, output, _ = ended(export.process("-o", name))
        assert (code, rows_of(output)) == (0, 2)
    assert not Path("-").exists()


def test_output_to_a_pipe_does_not_replace_it(export: Export, tmp_path: Path) -> None:
    """Its reader gets everything."""
    fifo = tmp_path / "calls.csv"
    os.mkfifo(fifo)
    process = export.process("-o", str(fifo))
    assert rows_of(fifo.read_bytes()) == 2
    assert ended(process)[0] == 0
    assert fifo.is_fifo()
    assert list(tmp_path.glob("*.partial")) == []


def test_a_link_is_followed(export: Export, tmp_path: Path) -> None:
    """Also one whose file is not there yet, and one into another folder."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    for name, content in (("old.csv", "old"), ("new.csv", None)):
        target, link = folder / name, tmp_path / f"link-{name}"
        if content is not None:
            target.write_text(content)
        link.symlink_to(target)
        export.run("-o", str(link))
        assert link.is_symlink()
        assert rows_of(target.read_bytes()) == 2


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_a_file_that_is_replaced_keeps_its_mode(export: Export, tmp_path: Path, mode: int) -> None:
    """And a new one is for its owner alone, whatever the umask is."""
    old, new = tmp_path / "old.csv", tmp_path / "new.csv"
    old.write_text("old")
    old.chmod(mode)
    export.run("-o", str(old))
    assert old.stat().st_mode & 0o7777 == mode
    assert rows_of(old.read_bytes()) == 2
    export.run("-o", str(new))
    assert new.stat().st_mode & 0o7777 == 0o600


@pytest.mark.parametrize("format_", ["csv", "jsonl", "parquet"])
def test_output_that_is_appended_to_is_not_replaced(
    data: tuple[str, str], tmp_path: Path, format_: str
) -> None:
    """``-o /dev/stdout >> file`` adds to the file; a pipe takes every format."""
    path = tmp_path / "all.txt"
    path.write_text("before\n")
    words = ("calls", "export", *data, "--format", format_)
    with path.open("ab") as file:
        assert ended(started(*words, "-o", "/dev/stdout", stdout=file.fileno()))[0] == 0
    assert path.read_bytes().startswith(b"before\n")
    code, output, said = ended(started(*words))
    assert (code, said) == (0, "1 calls written.\n")
    assert output == path.read_bytes().removeprefix(b"before\n")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, data: tuple[str, str], number: signal.Signals
) -> None:
    """In the middle of an export; the exit code is the one that a shell expects."""
    target = tmp_path / "calls.csv"
    target.write_text("old")
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from leadwire.cli import calls\n"
        "from leadwire.cli import main\n"
        "def slowly(records, file, format_):\n"
        "    file.write(b'half'); file.flush(); print('writing', flush=True); time.sleep(60)\n"
        "calls._write = slowly\n"
        "main()\n"
    )
    words = ("calls", "export", *data, "-o", str(target))
    process = subprocess.Popen(  # noqa: S603  # our own command
        [LEADWIRE[0], "-c", code, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"writing\n"
    assert len(list(tmp_path.glob("calls.csv.*.partial"))) == 1
    process.send_signal(number)
    process.communicate(timeout=WAIT_SECONDS)
    assert process.returncode == 128 + number
    assert target.read_text() == "old"
    assert list(tmp_path.glob("*.partial")) == []


def test_nohup_keeps_an_export_alive(tmp_path: Path, data: tuple[str, str]) -> None:
    """A signal that was ignored before the command started stays ignored."""
    script = "trap '' HUP; kill -HUP $$; exec \"$@\""
    command = ["sh", "-c", script, "sh", *LEADWIRE, "calls", "export", *data]
    target = tmp_path / "calls.csv"
    finished = subprocess.run(  # noqa: S603  # our own command
        [*command, "-o", str(target)], check=False, capture_output=True, timeout=WAIT_SECONDS
    )
    assert finished.returncode == 0
    assert target.exists()


def test_an_impossible_output_file_is_refused_before_writing(tmp_path: Path) -> None:
    """A folder, a folder that is not there, a circle of links: one sentence that names it."""
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    for path, said in (
        (tmp_path, "is a folder"),
        (tmp_path / "no" / "x.csv", "No such file"),
        (loop, "links"),
    ):
        with pytest.raises(LeadwireError, match=said), whole_file(path) as file:
            file.write(b"x")
    assert list(tmp_path.iterdir()) == [loop]


def test_two_writers_of_one_file_do_not_mix(tmp_path: Path) -> None:
    """Each writes a file of its own; the last one to finish gives the name its content."""
    target = tmp_path / "calls.csv"
    barrier = threading.Barrier(2)

    def write(letter: bytes) -> None:
        with whole_file(target) as file:
            file.write(letter * 100_000)
            barrier.wait(WAIT_SECONDS)
            file.write(letter * 100_000)

    threads = [threading.Thread(target=write, args=(letter,)) for letter in (b"a", b"b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert target.read_bytes() in (b"a" * 200_000, b"b" * 200_000)
    assert list(tmp_path.iterdir()) == [target]


def test_rejected_rows_go_through_a_link_too(server: ServerProcess, tmp_path: Path) -> None:
    """They are written as exports are."""
    table, real = tmp_path / "leads.csv", tmp_path / "real.csv"
    table.write_text("FirstName,EmailAddress\nAsha,nobody\n")
    real.write_text("old")
    real.chmod(0o640)
    link = tmp_path / "rejected.csv"
    link.symlink_to(real)
    result = leadwire(
        *("import", str(table), "--rejected", str(link)),
        environment={
            "LEADWIRE_API_HOST": server.base,
            "LEADWIRE_ACCESS_KEY": server.keys.access_key,
            "LEADWIRE_SECRET_KEY": server.keys.secret_key,
        },
    )
    assert result.exit_code == 1
    assert link.is_symlink()
    assert (real.read_text().count("\n"), real.stat().st_mode & 0o777) == (2, 0o640)
