# Made by scripts/sdk from leadwire/testing/aio/clock.py: change that file instead.
"""The clock of a server under test."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from leadwire.testing.blocking.controls import Controls
from leadwire.testing.shapes import Moved
from leadwire.testing.values import milliseconds, moment_text


class Clock:
    """The clock of the whole server: of all its accounts."""

    def __init__(self, controls: Controls) -> None:
        self._controls = controls

    def now(self) -> datetime:
        """What it shows, in UTC."""
        answer = self._controls.ask("GET", "clock")
        return datetime.fromisoformat(answer["now"]).replace(tzinfo=UTC)

    def freeze(self, at: str | datetime = "now") -> Moved:
        """Stop it. Raises ControlRefused for an earlier time than it shows."""
        return self._move({"freeze": moment_text(at)})

    def set(self, to: str | datetime) -> Moved:
        """Move it forwards, from due time to due time."""
        return self._move({"set": moment_text(to)})

    def advance(
        self,
        *,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
        seconds: float = 0,
        within: float = 10,
        retention: bool = False,
    ) -> Moved:
        """Move it on. Everything that falls due on the way happens in order, before this returns.

        *within* bounds it in seconds; then ``complete`` is false. *retention* also drops what is
        past its retention by then.
        """
        span = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        return self._move(
            {
                "advance": milliseconds(span.total_seconds()),
                "within_ms": milliseconds(within),
                "retention": retention,
            }
        )

    def run(self) -> Moved:
        """Let it go on from where it stands."""
        return self._move({"run": True})

    def reset(self) -> Moved:
        """Let it show the machine's time again."""
        return self._move({"reset": True})

    def _move(self, order: dict[str, Any]) -> Moved:
        return msgspec.convert(self._controls.ask("POST", "clock", order), Moved)
