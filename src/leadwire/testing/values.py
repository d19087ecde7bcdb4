"""Values as the control interface takes them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import msgspec

from leadwire.testing.errors import ControlRefused

Reply = int | Mapping[str, object]
"""A status, or the members of an answer."""


def milliseconds(seconds: float) -> int:
    """Whole milliseconds of *seconds*."""
    return round(seconds * 1_000)


def segment(name: str) -> str:
    """*name* as one part of a path."""
    return quote(name, safe="")


def moment_text(moment: object) -> str:
    """A time for the clock. Raises ControlRefused for a naive datetime, and for anything else."""
    if isinstance(moment, str):
        return moment
    if not isinstance(moment, datetime) or moment.utcoffset() is None:
        raise ControlRefused(
            "A time is text, such as '2030-01-01 09:00:00' in UTC, or an aware datetime."
        )
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def seed_bytes(seed: str | Path | Mapping[str, object]) -> bytes:
    """The content of a seed file. Raises OSError, and ControlRefused for what is no seed."""
    if isinstance(seed, Mapping):
        return msgspec.json.encode(seed)
    if not isinstance(seed, str | Path):
        raise ControlRefused(f"A seed is a file's path or a dict, not {type(seed).__name__}.")
    return Path(seed).read_bytes()


def reply_of(reply: object) -> dict[str, object]:
    """What a receiver answers. Raises ControlRefused for what is no Reply."""
    if isinstance(reply, Mapping):
        return dict(reply)
    if not isinstance(reply, int):
        raise ControlRefused(
            "A receiver answers a status, such as 500, or a dict, such as "
            f"{{'status': 500, 'delay_ms': 50}}, not {reply!r}."
        )
    return {"status": reply}
