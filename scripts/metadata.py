"""The parts of the package's metadata that are known only where it is built.

No address of the project is public yet, so none is written down: the release workflow knows in
which repository it runs. With an address the long description has absolute links, which a package
index needs. Without one its links to files are plain text.
"""

import os
import re
from email import message_from_string
from pathlib import Path
from typing import Any, Final

from hatchling.metadata.plugin.interface import MetadataHookInterface

_VERSION: Final = re.compile(r'^__version__ = "(.+)"$', re.MULTILINE)
_LINK: Final = re.compile(r"(!?)\[([^\]]*)\]\((?!https?://|#|mailto:)([^)\s]+)\)")


class Metadata(MetadataHookInterface):
    def update(self, metadata: dict[str, Any]) -> None:
        """Set ``urls`` and ``readme``."""
        root = Path(self.root)
        version = _VERSION.findall((root / "src/leadwire/version.py").read_text())[0]
        built = root / "PKG-INFO"  # in a source archive: what it was built with stays true
        if built.exists():
            found = message_from_string(built.read_text())
            pairs = (line.split(", ", 1) for line in found.get_all("Project-URL") or [])
            metadata["urls"] = dict(pairs)
            text = str(found.get_payload())
        else:
            address = _address()
            metadata["urls"] = project_urls(address, version) if address else {}
            text = long_description((root / "README.md").read_text(), address, version)
        metadata["readme"] = {"content-type": "text/markdown", "text": text}


def _address() -> str:
    """The address of the repository: LEADWIRE_REPOSITORY, or GitHub's variables of a workflow."""
    server, name = os.environ.get("GITHUB_SERVER_URL"), os.environ.get("GITHUB_REPOSITORY")
    default = f"{server}/{name}" if server and name else ""
    return os.environ.get("LEADWIRE_REPOSITORY", default).rstrip("/")


def project_urls(address: str, version: str) -> dict[str, str]:
    files = f"{address}/blob/v{version}"
    return {
        "Source": address,
        "Documentation": f"{files}/docs/README.md",
        "Changelog": f"{files}/CHANGELOG.md",
        "Issues": f"{address}/issues",
    }


def long_description(readme: str, address: str, version: str) -> str:
    """*readme* with absolute links; without an *address* its links to files are plain text."""

    def absolute(link: re.Match[str]) -> str:
        image, text, target = link.groups()
        if not address:
            return "" if image else text
        kind = "raw" if image else "blob"
        return f"{image}[{text}]({address}/{kind}/v{version}/{target})"

    return _LINK.sub(absolute, readme)
