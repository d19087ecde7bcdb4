"""A clock that a test can stop and move. The machine's own clock stays as it is."""

from typing import Final

from leadwire.clock import Clock

_MS_NS: Final = 1_000_000


class ControlledClock:
    """The machine's clock until it is moved. Durations are always real.

    ``windows`` is the same time for limits: an advance of five seconds frees a window of five
    seconds, and a frozen clock frees none. Any thread may read; one thread moves it.
    """

    def __init__(self, real: Clock) -> None:
        self._real = real
        self._ahead_ms = 0
        self._frozen_ms: int | None = None
        self.windows: Final = _Windows(self)

    def now_ms(self) -> int:
        frozen_ms = self._frozen_ms
        return self._real.now_ms() + self._ahead_ms if frozen_ms is None else frozen_ms

    def elapsed_ns(self) -> int:
        return self._real.elapsed_ns()

    @property
    def is_frozen(self) -> bool:
        return self._frozen_ms is not None

    def freeze(self, at_ms: int) -> None:
        """Stand still at *at_ms*."""
        self._frozen_ms = at_ms

    def run(self) -> None:
        """Go on from the current time."""
        self._ahead_ms = self.now_ms() - self._real.now_ms()
        self._frozen_ms = None

    def set(self, to_ms: int) -> None:
        """Show *to_ms* now. A frozen clock stays frozen, a running one goes on from there."""
        if self._frozen_ms is None:
            self._ahead_ms += to_ms - self.now_ms()
        else:
            self._frozen_ms = to_ms

    def reset(self) -> None:
        """Show the machine's time, and run."""
        self._ahead_ms, self._frozen_ms = 0, None


class _Windows:
    def __init__(self, clock: ControlledClock) -> None:
        self._clock = clock

    def now_ms(self) -> int:
        return self._clock.now_ms()

    def elapsed_ns(self) -> int:
        return self._clock.now_ms() * _MS_NS
