"""Check what ``scripts/package`` built: sizes, contents, metadata, links of the description.

usage: scripts/check_package.py FOLDER
"""

import re
import sys
import tarfile
import zipfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path

WHEEL_BYTES_MAX = 1_700_000
"""840 modules take 1.5 MB: a wheel that grows by a tenth is looked at."""
OURS = re.compile(r"leadwire(/|-[^/]+\.dist-info/)")
NOT_PACKED = re.compile(r"(^|/)(\.venv|build|dist|__pycache__|\.[a-z]+_cache)(/|$)|\.pyc$")
LINK = re.compile(r"\]\(([^)\s]+)\)")


def faults(folder: Path) -> list[str]:
    (wheel,) = folder.glob("*.whl")
    (archive,) = folder.glob("*.tar.gz")
    found = []
    if wheel.stat().st_size > WHEEL_BYTES_MAX:
        found.append(f"{wheel.name} has {wheel.stat().st_size:,} bytes of {WHEEL_BYTES_MAX:,}.")
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
        (metadata,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        described = message_from_bytes(packed.read(metadata))
    found += [f"{wheel.name} has {name}." for name in names if not OURS.match(name)]
    found += _of_metadata(described)
    with tarfile.open(archive) as packed_source:
        sources = [name.partition("/")[2] for name in packed_source.getnames()]
    found += [f"{archive.name} has {name}." for name in sources if NOT_PACKED.search(name)]
    needed = ("src/leadwire/py.typed", "tests/lowest.py", "scripts/metadata.py", "LICENSE")
    found += [f"{archive.name} lacks {name}." for name in needed if name not in sources]
    sys.stdout.write(f"{wheel.name}: {wheel.stat().st_size:,} bytes, {len(names)} files.\n")
    return found


def _of_metadata(described: Message) -> list[str]:
    text = str(described.get_payload())
    found = [f"The long description links to {link}." for link in LINK.findall(text)
             if not re.match(r"https?://|#|mailto:", link)]  # fmt: skip
    wanted = ("Author", "License-Expression", "Requires-Python", "Keywords", "Classifier")
    return found + [f"The metadata has no {name}." for name in wanted if not described[name]]


if __name__ == "__main__":
    wrong = faults(Path(sys.argv[1]))
    sys.exit("\n".join(wrong) or 0)
