"""What texts and messages say about installing is true before a first release."""

import re
import tomllib
from pathlib import Path

from leadwire.installing import how_to_install, install_command

ROOT = Path(__file__).parents[2]
_TEXTS = [
    path
    for folder in ("src", "docs", ".github")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in (".py", ".md", ".html", ".yml")
] + [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]


def test_nothing_says_to_install_leadwire_from_an_index() -> None:
    """Whoever took the name there would get the installs."""
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in _TEXTS
        for match in re.finditer(
            r"install ['\"]?leadwire\b.*|(?<!\S)'?leadwire\[.*", path.read_text()
        )
    ]
    assert found == []


def test_every_extra_that_a_text_names_exists() -> None:
    """In pages and in messages."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    known = set(project["optional-dependencies"])
    named = {
        extra
        for path in _TEXTS
        for extras in re.findall(
            r"'\.\[([a-z,]+)\]'|how_to_install\(['\"]([a-z,]+)", path.read_text()
        )
        for extra in "".join(extras).split(",")
    }
    assert {"cli", "server", "postgres", "clickhouse", "parquet"} <= named <= known
    assert how_to_install("cli").endswith(install_command("cli"))
