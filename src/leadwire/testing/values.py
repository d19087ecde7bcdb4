"""Values as the control interface takes them."""

from collections.abc import Mapping
from pathlib import Path

import msgspec


def milliseconds(seconds: float) -> int:
    """Whole milliseconds of *seconds*."""
    return round(seconds * 1_000)


def seed_bytes(seed: str | Path | Mapping[str, object]) -> bytes:
    """The content of a seed file. Raises OSError."""
    return msgspec.json.encode(seed) if isinstance(seed, Mapping) else Path(seed).read_bytes()
