"""What texts and messages say about installing is true before a first release."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from hatchling.metadata.core import ProjectMetadata
from hatchling.plugin.manager import PluginManager

from leadwire import __version__
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


def test_links_of_the_long_description_are_absolute(monkeypatch: pytest.MonkeyPatch) -> None:
    """They lead to the tag, in the repository that builds. Without one, no link is broken."""
    for name in ("LEADWIRE_REPOSITORY", "GITHUB_SERVER_URL", "GITHUB_REPOSITORY"):
        monkeypatch.delenv(name, raising=False)
    bare = ProjectMetadata(str(ROOT), PluginManager()).core
    assert bare.urls == {}
    assert re.findall(r"\]\((?!https?://)", bare.readme) == []
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://git.example")
    monkeypatch.setenv("GITHUB_REPOSITORY", "o/leadwire")
    core = ProjectMetadata(str(ROOT), PluginManager()).core
    place = f"https://git.example/o/leadwire/{{}}/v{__version__}/"
    links = re.findall(r"\]\(([^)]+)\)", core.readme)
    assert len(links) > 10
    for link in links:
        file = link.removeprefix(place.format("blob")).removeprefix(place.format("raw"))
        assert (ROOT / file.partition("#")[0]).exists(), link
    assert set(core.urls) == {"Source", "Documentation", "Changelog", "Issues"}
    assert core.urls["Changelog"].startswith(place.format("blob"))


def test_the_oldest_versions_are_those_of_the_lower_bounds() -> None:
    """``scripts/package --lock`` was run after the last change of one."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    bounds = [*project["dependencies"], *project["optional-dependencies"]["cli"]]
    pins = dict(
        re.findall(r"^(\S+)==(\S+)", (ROOT / "requirements-lowest.lock").read_text(), re.MULTILINE)
    )
    for bound in bounds:
        name, least = re.match(r"(\S+?)>=([\d.]+)", bound).groups()  # type: ignore[union-attr]
        assert (pins[name] + ".0.0").startswith(least + "."), bound


def test_the_release_workflow_finds_the_version() -> None:
    """Else no tag would be right."""
    workflow = (ROOT / ".github/workflows/release.yml").read_text()
    (script,) = re.findall(r"version=\$\((sed .*)\)$", workflow, re.MULTILINE)
    found = subprocess.run(  # noqa: S602  # our own file
        script, shell=True, cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == __version__
