"""What is promised: the public names, a small installation, types for those who call."""

import os
import re
import subprocess
import sys
from ast import literal_eval
from pathlib import Path
from types import ModuleType

import pytest

import leadwire
import leadwire.errors
from leadwire import sdk
from leadwire.sdk import errors

ROOT = Path(__file__).parents[2]

_HEAVY = (
    "alembic", "anyio._backends._trio", "argon2", "click", "jinja2", "limits", "numpy",
    "pydantic", "pydantic_settings", "rich", "sqlalchemy", "starlette", "uvicorn", "zstandard",
)  # fmt: skip


def test_the_public_names_are_those_of_the_sdk() -> None:
    """Each stands once in the list, and can be imported from the SDK and from the package."""
    names = sdk.__all__
    assert len(names) == len(set(names))
    assert leadwire.__all__ == [*names, "__version__"]
    for module in (leadwire, sdk):
        assert all(getattr(module, name) is not None for name in module.__all__)
    assert set(leadwire.__all__) <= set(dir(leadwire))
    imported = {
        name
        for name, value in vars(sdk).items()
        if not name.startswith("_") and not isinstance(value, ModuleType)
    }
    assert imported == set(names)
    with pytest.raises(AttributeError):
        _ = leadwire.Nothing


def test_the_packages_for_callers_need_no_import_of_their_own() -> None:
    """``import leadwire`` is enough for ``leadwire.webhooks.verify``."""
    program = (
        "import leadwire; leadwire.webhooks.verify, leadwire.testing.Server, leadwire.sdk.Client"
    )
    finished = subprocess.run(  # noqa: S603  # our own interpreter
        [sys.executable, "-c", program], check=False, env={"PYTHONPATH": str(ROOT / "src")}
    )
    assert finished.returncode == 0


@pytest.mark.parametrize("module", [leadwire.errors, errors], ids=lambda module: module.__name__)
def test_the_drawn_exception_tree_is_complete(module: ModuleType) -> None:
    """The docstring draws each exception of the module below its base, and no other."""
    drawn: dict[str, str] = {}
    above: list[str] = []
    for line in (module.__doc__ or "").splitlines():
        found = re.match(r"((?:[│ ] {3})*(?:[├└]── )?)([A-Z]\w+)(?:  |$)", line)
        if found:
            depth = len(found[1]) // 4
            above[depth:] = [found[2]]
            drawn[found[2]] = above[depth - 1] if depth else ""
    root = next(iter(drawn))
    defined = {
        name: "" if name == root else kind.__bases__[0].__name__
        for name, kind in vars(module).items()
        if isinstance(kind, type) and kind.__module__ == module.__name__
        if issubclass(kind, Exception)
    }
    assert drawn == defined


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
        "calls", "clock", "dates", "errors", "headers", "installing", "operations", "sdk", "stores",
        "version", "visible", "webhook_signature",
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
    assert finished.stderr.strip().endswith("pip install '.[server]'")
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
