"""How long and how much the relay waits for and holds. Each is a setting."""

from dataclasses import dataclass
from typing import Self

from leadwire.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Times are seconds, sizes are bytes."""

    head_bytes: int = 65_536
    head_seconds: float = 10
    keep_alive_seconds: float = 120
    """A caller's connection without a call is closed after this long."""
    connections: int = 1_000
    """Most open connections of callers."""
    connect_seconds: float = 10
    """For the name, the connection and TLS together."""
    first_byte_seconds: float = 300
    """From the request's last byte to the first of its answer."""
    idle_seconds: float = 60
    """Between two bytes, of either side."""
    reuse_seconds: float = 15
    """An idle connection to an upstream is not used again after this long."""
    gone_seconds: float = 60
    """An answer whose caller has left is read on for this long."""
    gone_bytes: int = 10_485_760
    """The same, in bytes."""

    @property
    def sweep_seconds(self) -> float:
        """How often the time limits are checked. Each may be exceeded by this much."""
        return min(
            1.0,
            self.head_seconds / 4,
            self.keep_alive_seconds / 4,
            self.first_byte_seconds / 4,
            self.idle_seconds / 4,
            self.gone_seconds / 4,
        )

    @classmethod
    def of(cls, settings: Settings) -> Self:
        return cls(
            head_bytes=settings.request_headers_bytes_max,
            head_seconds=settings.request_headers_seconds_max,
            keep_alive_seconds=settings.proxy_keep_alive_seconds,
            connections=settings.connections_max,
            connect_seconds=settings.upstream_connect_seconds_max,
            first_byte_seconds=settings.upstream_first_byte_seconds_max,
            idle_seconds=settings.upstream_idle_seconds_max,
            reuse_seconds=settings.upstream_reuse_seconds_max,
            gone_seconds=settings.upstream_unheard_seconds_max,
            gone_bytes=settings.upstream_unheard_bytes_max,
        )
