"""Make the packages ``blocking`` from ``aio``: the same code without its waiting.

usage: scripts/sdk [--check]
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCES = (ROOT / "src" / "leadwire" / "sdk" / "aio", ROOT / "src" / "leadwire" / "testing" / "aio")
HEADER = "# Made by scripts/sdk from leadwire/{room}/aio/{name}: change that file instead.\n"

_WORDS = {
    r".*  # async only\n": "",
    r"async (def|with|for) ": r"\1 ",
    r"await ": "",
    r"Callable\[(\[[^\]]*\]), Awaitable\[((?:[^\[\]]|\[[^\]]*\])*)\]\]": r"Callable[\1, \2]",
    r"Awaitable, ": "",
    r"\bhttpx2\.AsyncByteStream\b": "httpx2.SyncByteStream",
    r"\bAsync(?=[A-Z])": "",
    r"\banyio\.Lock\b": "threading.Lock",
    r"\banyio\.sleep\b": "time.sleep",
    r"\bimport anyio\n": "import threading\nimport time\n",
    r"__a(enter|exit|iter|next)__": r"__\1__",
    r"\baclose\b": "close",
    r"\bnotify_waiting\b": "notify",
    r"\bhandle_async_request\b": "handle_request",
    r"\bleadwire\.(sdk|testing)\.aio\b": r"leadwire.\1.blocking",
    r"\basynchronous client\b": "blocking client",
    r"between tasks of one event loop": "between threads",
    r"  # noqa: ASYNC109.*": "",
}


def blocking(path: Path, used: set[str]) -> str:
    """The blocking form of an asynchronous module. Adds the patterns that matched to *used*."""
    source = path.read_text()
    for pattern, replacement in _WORDS.items():
        source, count = re.subn(pattern, replacement, source)
        if count:
            used.add(pattern)
    return HEADER.format(room=path.parents[1].name, name=path.name) + source


def make(source: Path, folder: Path, used: set[str]) -> None:
    """Write every module of *source* to *folder*, formatted."""
    folder.mkdir(exist_ok=True)
    for path in sorted(source.glob("*.py")):
        (folder / path.name).write_text(blocking(path, used))
    (folder / "__init__.py").write_text(
        '"""The blocking classes: made from the asynchronous ones."""\n'
    )
    ruff = str(Path(sys.executable).with_name("ruff"))
    config = ["--quiet", "--config", str(ROOT / "pyproject.toml"), str(folder)]
    fix = ["check", "--fix", "--exit-zero", "--fixable", "I,F401,RUF100"]
    for command in ([ruff, *fix, *config], [ruff, "format", *config]):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603  # a tool of the project


def main() -> int:
    used: set[str] = set()
    old: list[Path] = []
    for source in SOURCES:
        made = source.with_name("blocking")
        if "--check" in sys.argv[1:]:
            with tempfile.TemporaryDirectory() as folder:
                fresh = Path(folder) / "blocking"
                make(source, fresh, used)
                names = {path.name for path in (*fresh.glob("*.py"), *made.glob("*.py"))}
                old += [made / name for name in sorted(names)
                        if _text(fresh / name) != _text(made / name)]  # fmt: skip
        else:
            for path in made.glob("*.py"):
                path.unlink()
            make(source, made, used)
    if unused := _WORDS.keys() - used:
        raise SystemExit(f"scripts/sdk: remove the substitutions that match nothing: {unused}")
    for path in old:
        print(f"{path.relative_to(ROOT)} is out of date: run scripts/sdk")  # noqa: T201
    return 1 if old else 0


def _text(path: Path) -> str:
    return path.read_text() if path.is_file() else ""


if __name__ == "__main__":
    raise SystemExit(main())
