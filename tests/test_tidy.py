"""House rules that no linter knows: sizes, docstrings of tests, and words that must not be here."""

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from leadwire.operations import CATALOGUE

ROOT = Path(__file__).parents[1]
LINES_OF_A_FUNCTION_MAX = 60
LINES_OF_A_MODULE_MAX = 600
_FOLDERS = ("src", "tests", "bench", "scripts", "docs")
_TEXT_SUFFIXES = {".py", ".md", ".toml", ".json", ".html", ".css", ".js", ".sh", ""}
_FOR_CALLERS = ("sdk/", "testing/", "webhooks/")
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_MODULES = sorted((ROOT / "src").rglob("*.py"))

_UNFINISHED = re.compile(
    r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" * 3, "HA" + "CK")) + r")\b"
)

_NAMED_FILE = re.compile(r"`((?:src|tests|scripts|bench|docs|templates)/[\w./-]+)`")
_NAMED_MODULE = re.compile(
    r"(?:from |import |`)(leadwire\.(?:calls|sdk|stores|testing|webhooks|server)(?:\.\w+)*)"
)


def texts() -> list[Path]:
    """Every text file of the project that people read or run."""
    top = [path for path in ROOT.iterdir() if path.is_file() and path.suffix in _TEXT_SUFFIXES]
    below = [path for folder in _FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()]
    return [
        path
        for path in top + below
        if path.suffix in _TEXT_SUFFIXES
        and "__pycache__" not in path.parts
        and path.name != ".git"  # a file in a linked work tree
    ]


def trees(folder: str) -> dict[str, ast.Module]:
    """The modules below *folder* by their names in it."""
    top = ROOT / folder
    paths = sorted(top.rglob("*.py"))
    return {path.relative_to(top).as_posix(): ast.parse(path.read_text()) for path in paths}


def test_modules_and_functions_are_short() -> None:
    """A module has at most 600 lines, a function at most 60."""
    found = [
        f"{name}: {node.name}"
        for name, tree in trees("src").items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and last_line(node) - node.lineno >= LINES_OF_A_FUNCTION_MAX
    ]
    found += [
        name
        for name, tree in trees("src").items()
        if tree.body and last_line(tree.body[-1]) > LINES_OF_A_MODULE_MAX
    ]
    assert found == []


def last_line(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno


def test_every_test_states_its_guarantee() -> None:
    """In a docstring, beside its name."""
    found = [
        f"{name}: {node.name}"
        for name, tree in trees("tests").items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ]
    assert found == []


def test_what_callers_use_has_docstrings() -> None:
    """Every public class, function, method and property of the SDK and of what goes with it."""
    found = [
        f"{name}: {node.name}"
        for name, tree in trees("src/leadwire").items()
        if name.startswith(_FOR_CALLERS)
        for node in public_definitions(tree)
        if not ast.get_docstring(node)
    ]
    assert found == []


def public_definitions(body: ast.Module | ast.ClassDef) -> Iterator[ast.ClassDef | _Function]:
    """Classes and functions below *body*, methods included. The setter of a property shares its."""
    for node in body.body:
        if isinstance(node, ast.ClassDef | _Function) and not node.name.startswith("_"):
            decorators = [ast.unparse(each) for each in node.decorator_list]
            if not any(each == "overload" or each.endswith(".setter") for each in decorators):
                yield node
            if isinstance(node, ast.ClassDef):
                yield from public_definitions(node)


def test_nothing_is_left_for_later() -> None:
    """What is not done is an issue, not a comment."""
    marked = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in texts()
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if _UNFINISHED.search(line)
    ]
    assert marked == []


def test_no_machine_path_is_committed() -> None:
    """No path of a home or work folder, in any text."""
    own = re.compile(r"(/home/|/Users/|/work/|/root/)\w")
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in texts()
        if (match := own.search(path.read_text(errors="replace"))) and path != Path(__file__)
    ]
    assert found == []


def test_the_files_and_modules_that_pages_name_exist() -> None:
    """A page keeps up when a file moves. Templates are named below the console's folder."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    folders = (ROOT, ROOT / "src/leadwire/console")
    missing = [
        f"{page.relative_to(ROOT)}: {name}"
        for page in pages
        for name in _NAMED_FILE.findall(page.read_text())
        if not any((folder / name).exists() for folder in folders)
    ]
    missing += [
        f"{page.relative_to(ROOT)}: {name}"
        for page in pages
        for name in sorted(set(_NAMED_MODULE.findall(page.read_text())))
        if not _exists(name)
    ]
    assert missing == []


def _exists(name: str) -> bool:
    """Whether a dotted name is a module, or a name in one."""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        try:
            found: object = import_module(".".join(parts[:count]))
        except ModuleNotFoundError:
            continue
        for part in parts[count:]:
            if not hasattr(found, part):
                return False
            found = getattr(found, part)
        return True
    return False


def test_only_storage_imports_a_driver() -> None:
    """``database`` and the call stores; the rest speaks to them. One exception names its fault."""
    allowed = (
        "database",
        "backup/copying.py",
        "data_folder/checks.py",
        "data_folder/erasing.py",
        "stores",
        "cli/doctor.py",
        "crm/leads/writes.py",
    )
    importing = [
        name
        for path in _MODULES
        if re.search(r"^(import|from) sqlite3\b", path.read_text(), re.MULTILINE)
        and not (name := path.relative_to(ROOT / "src" / "leadwire").as_posix()).startswith(allowed)
    ]
    assert importing == []


def test_the_readme_says_about_how_many_operations_there_are() -> None:
    """Not more than the catalogue has, and at most fifty fewer; and it is short enough to read."""
    readme = (ROOT / "README.md").read_text()
    (more_than,) = re.findall(r"more than (\d+) operations", readme)
    assert int(more_than) < len(CATALOGUE) <= int(more_than) + 50
    assert len(readme.split()) <= 550
