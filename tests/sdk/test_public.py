"""What is promised: the public names, a small installation, types for those who call."""

import os
import subprocess
import sys
from ast import literal_eval
from pathlib import Path

import pytest
from sdk.public_names import NAMES

import leadwire
from leadwire import sdk
from leadwire.sdk import errors

ROOT = Path(__file__).parents[2]

_HEAVY = (
    "alembic", "anyio._backends._trio", "argon2", "click", "jinja2", "limits", "numpy",
    "pydantic", "pydantic_settings", "rich", "sqlalchemy", "starlette", "uvicorn", "zstandard",
)  # fmt: skip


def test_the_public_names_are_pinned() -> None:
    """Sorted, each can be had, and the package has those of the SDK and its version."""
    assert sdk.__all__ == NAMES
    assert leadwire.__all__ == [name for name in NAMES if name != "errors"] + ["__version__"]
    for module in (leadwire, sdk):
        assert all(getattr(module, name) is not None for name in module.__all__)
    assert set(leadwire.__all__) <= set(dir(leadwire))
    with pytest.raises(AttributeError):
        _ = leadwire.Nothing


def test_the_exception_tree_is_the_one_that_is_drawn() -> None:
    """Each public exception stands in the docstring, as deep as it is derived."""
    drawn = {
        line.strip("│├└─ ").split()[0]: (len(line) - len(line.lstrip("│├└─ "))) // 4
        for line in (errors.__doc__ or "").splitlines()
        if line.startswith(("SdkError", "├", "│", "└", "    ├", "    └", "    │"))
    }
    for name, kind in vars(errors).items():
        own = isinstance(kind, type) and issubclass(kind, errors.SdkError)
        if own and kind is not errors.Answered:
            depth = [parent for parent in kind.mro() if parent is not errors.Answered].index(
                errors.SdkError
            )
            assert drawn[name] == depth, name


def test_the_sdk_is_small_and_the_package_smaller() -> None:
    """Nothing of the server's is imported, and ``import leadwire`` alone imports no HTTP."""
    program = (
        "import sys, leadwire\n"
        "assert 'httpx2' not in sys.modules and 'msgspec' not in sys.modules\n"
        "leadwire.Client, leadwire.SqliteSink\n"
        f"print([name for name in {_HEAVY!r} if name in sys.modules])\n"
        "print(sorted({name.split('.')[1] for name in sys.modules if name[:9] == 'leadwire.'}))\n"
    )
    finished = subprocess.run(  # noqa: S603  # our own interpreter
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )
    heavy, own = finished.stdout.splitlines()
    assert heavy == "[]"
    assert set(literal_eval(own)) == {
        "access", "calls", "clock", "dates", "errors", "operations", "sdk", "visible"
    }  # fmt: skip


def test_the_command_line_says_what_it_needs() -> None:
    """Where the SDK alone is installed: one line, and no traceback."""
    program = "import sys; sys.modules['click'] = None\nfrom leadwire.command import main; main()"
    finished = subprocess.run(  # noqa: S603  # our own interpreter
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )
    assert finished.returncode == 1
    assert finished.stderr.strip().endswith("or 'leadwire[server]'")
    assert len(finished.stderr.splitlines()) == 1


@pytest.mark.parametrize("name", ["typed.py", "mistyped.py"])
def test_callers_are_typed(name: str) -> None:
    """Strict mypy finds nothing in what is right, and each mistake of what is wrong."""
    path = ROOT / "tests" / "typing" / name
    finished = subprocess.run(  # noqa: S603  # a tool of the project
        [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--config-file=",
         "--show-error-codes", str(path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "MYPYPATH": str(ROOT / "src")},
    )  # fmt: skip
    lines = path.read_text().splitlines()
    expected = {number for number, line in enumerate(lines, 1) if "# wrong" in line}
    found = {int(line.split(":")[1]) for line in finished.stdout.splitlines() if ": error:" in line}
    assert found == expected, finished.stdout
