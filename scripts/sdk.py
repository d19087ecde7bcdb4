"""Make ``leadwire.sdk.blocking`` from ``leadwire.sdk.aio``: the same code without its waiting.

usage: scripts/sdk [--check]
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "leadwire" / "sdk" / "aio"
MADE = SOURCE.with_name("blocking")
HEADER = "# Made by scripts/sdk from leadwire/sdk/aio/{name}: change that file instead.\n"

_WORDS = {
    r".*  # async only\n": "",
    r"async (def|with|for) ": r"\1 ",
    r"await ": "",
    r"Callable\[(\[[^\]]*\]), Awaitable\[((?:[^\[\]]|\[[^\]]*\])*)\]\]": r"Callable[\1, \2]",
    r"Awaitable, ": "",
    r"\bAsync(?=[A-Z])": "",
    r"\banyio\.Lock\b": "threading.Lock",
    r"\banyio\.sleep\b": "time.sleep",
    r"\bimport anyio\n": "import threading\nimport time\n",
    r"__a(enter|exit|iter|next)__": r"__\1__",
    r"\baclose\b": "close",
    r"\baiter_bytes\b": "iter_bytes",
    r"\bhandle_async_request\b": "handle_request",
    r"\bleadwire\.sdk\.aio\b": "leadwire.sdk.blocking",
    r"\basynchronous client\b": "blocking client",
    r"between tasks of one event loop": "between threads",
    r"  # noqa: ASYNC109.*": "",
}


def blocking(source: str, name: str, used: set[str]) -> str:
    """The blocking form of an asynchronous module. Adds the patterns that matched to *used*."""
    for pattern, replacement in _WORDS.items():
        source, count = re.subn(pattern, replacement, source)
        if count:
            used.add(pattern)
    return HEADER.format(name=name) + source


def make(folder: Path) -> None:
    """Write every module to *folder*, formatted. Exits if a substitution has no use any more."""
    folder.mkdir(exist_ok=True)
    used: set[str] = set()
    for path in sorted(SOURCE.glob("*.py")):
        (folder / path.name).write_text(blocking(path.read_text(), path.name, used))
    if unused := _WORDS.keys() - used:
        raise SystemExit(f"scripts/sdk: remove the substitutions that match nothing: {unused}")
    (folder / "__init__.py").write_text(
        '"""The blocking client and its resources: made from the asynchronous ones."""\n'
    )
    ruff = str(Path(sys.executable).with_name("ruff"))
    config = ["--quiet", "--config", str(ROOT / "pyproject.toml"), str(folder)]
    fix = ["check", "--fix", "--exit-zero", "--fixable", "I,F401,RUF100"]
    for command in ([ruff, *fix, *config], [ruff, "format", *config]):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603  # a tool of the project


def main() -> int:
    if "--check" not in sys.argv[1:]:
        for path in MADE.glob("*.py"):
            path.unlink()
        make(MADE)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / "blocking"
        make(fresh)
        names = {path.name for path in (*fresh.glob("*.py"), *MADE.glob("*.py"))}
        old = [name for name in sorted(names) if _text(fresh / name) != _text(MADE / name)]
    for name in old:
        print(f"src/leadwire/sdk/blocking/{name} is out of date: run scripts/sdk")  # noqa: T201
    return 1 if old else 0


def _text(path: Path) -> str:
    return path.read_text() if path.is_file() else ""


if __name__ == "__main__":
    raise SystemExit(main())
