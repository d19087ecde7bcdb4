"""Programs of other languages on this machine, and the files of their pages."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "testing"
_FENCE = re.compile(r"```(?:js|php|ruby|java)\n(.*?)```", re.DOTALL)
_FILE = re.compile(r"(?:<\?php )?(?://|#) ([\w.-]+)\n")
_SECONDS = 300


def files_of(page: str, folder: Path) -> list[str]:
    """Write the files of a page to *folder*. Each of its blocks names one."""
    names = []
    for block in _FENCE.findall((PAGES / f"{page}.md").read_text()):
        named = _FILE.match(block)
        assert named, block
        (folder / named[1]).write_text(block)
        names.append(named[1])
    return names


Run = Callable[[Sequence[str]], str]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a program in the test's folder, with ``leadwire`` on its path. It must succeed."""
    programs = tmp_path / "programs"
    programs.mkdir()
    leadwire = programs / "leadwire"
    leadwire.write_text(
        f"#!{sys.executable}\nfrom leadwire.command import main\nmain()\n", encoding="utf-8"
    )
    leadwire.chmod(0o755)
    path = os.pathsep.join((str(programs), os.environ["PATH"]))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LEADWIRE_")}

    def run_one(command: Sequence[str]) -> str:
        found = shutil.which(command[0])
        if found is None:
            pytest.skip(
                f"{command[0]} is not installed: as root on Debian, scripts/test installs it"
            )
        done = subprocess.run(  # noqa: S603  # our own pages and suites
            [found, *command[1:]],
            cwd=tmp_path,
            env={**kept, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run_one
