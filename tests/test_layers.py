"""Imports point down: the layers of pyproject.toml are the architecture."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
_LINT = "from importlinter.cli import lint_imports_command as command; command()"


def test_imports_flow_one_way() -> None:
    """As import-linter reads the contracts of pyproject.toml."""
    finished = subprocess.run(  # noqa: S603  # a tool of the project
        [sys.executable, "-c", _LINT, "--no-cache"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
