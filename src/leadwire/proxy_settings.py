"""The settings of ``leadwire proxy``: a part of the settings table."""

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from pydantic import SecretStr, field_validator
from pydantic_settings import BaseSettings

from leadwire.setting import RecordPolicy, address_to_listen_on, networks, setting


class ProxySettings(BaseSettings):
    """Where the proxy passes calls on to, who may call it, and how long it waits."""

    upstream: str = setting(
        "",
        "Where 'leadwire proxy' passes calls on to: https://host, or HOST=https://host for calls "
        "to one host name; several are separated by commas.",
        "URLs",
    )
    upstream_ca_file: Path | None = setting(
        None,
        "PEM file of the authority that signed the upstream's certificate; empty: the system's.",
    )
    upstream_connect_proxy: SecretStr = setting(
        SecretStr(""),
        "HTTP proxy through which the upstream is reached by CONNECT: http://host:port, or with "
        "user:password@; taken from the environment or the file only. Empty: none.",
    )
    upstream_connect_seconds_max: int = setting(
        10, "Timeout of a new connection to the upstream: its name, TCP and TLS.", "seconds", ge=1
    )
    upstream_first_byte_seconds_max: int = setting(
        300,
        "Timeout from a request's last byte to the first byte of the upstream's answer.",
        "seconds",
        ge=1,
    )
    upstream_idle_seconds_max: int = setting(
        60, "Timeout between two bytes of a body, of a caller or the upstream.", "seconds", ge=1
    )
    upstream_reuse_seconds_max: int = setting(
        15,
        "A connection to the upstream that has been idle for longer is not used again. It is less "
        "where the upstream closes sooner.",
        "seconds",
        ge=0,
    )
    upstream_unheard_seconds_max: int = setting(
        60,
        "When a caller has left, the proxy reads the upstream's answer on for this long.",
        "seconds",
        ge=1,
    )
    upstream_unheard_bytes_max: int = setting(10_485_760, "The same, in bytes.", "bytes", ge=0)
    proxy_callers: str = setting(
        "127.0.0.0/8,::1",
        "Addresses and networks that may call the proxy, separated by commas.",
        "addresses",
    )
    proxy_keep_alive_seconds: int = setting(
        120,
        "A caller's connection to the proxy without a call is closed after this long. Keep it "
        "longer than the callers' own, so that they close first.",
        "seconds",
        ge=1,
    )

    proxy_record_policy: RecordPolicy = setting(
        "degrade",
        "When calls cannot be recorded: degrade passes them on and counts them in a gap; require "
        "refuses new calls with 503 before anything is sent. An answer is always handed over.",
    )
    proxy_bodies_bytes_max: int = setting(
        33_554_432,
        "Bodies of calls in progress that are kept for their records, together; beyond it records "
        "have less of them.",
        "bytes",
        ge=0,
    )
    console_host: str = setting(
        "127.0.0.1", "Address on which the console of 'leadwire proxy' listens."
    )
    console_port: int = setting(
        8081,
        "Port of the console of 'leadwire proxy', and of its health and metrics; 0 takes a free "
        "one.",
        ge=0,
        le=65535,
    )
    pace: str = setting(
        "",
        "Most calls that are sent in a time. A plan's name, or calls per seconds as 25/5s: the "
        "proxy holds more back. Empty: all at once.",
    )
    pace_margin_ms: int = setting(
        250,
        "A call counts so much longer than the window: two calls may arrive closer together than "
        "they were sent.",
        "ms",
        ge=0,
    )
    pace_waiting_max: int = setting(
        1_000, "Most calls that wait for their turn; beyond it they get 429.", "calls", ge=0
    )
    pace_waiting_seconds_max: int = setting(
        30, "A call that waited for its turn for this long gets 429.", "seconds", ge=1
    )

    @field_validator("console_host")
    @classmethod
    def _a_console_address(cls, value: str) -> str:
        return address_to_listen_on(value)

    @field_validator("proxy_callers")
    @classmethod
    def _callers_only(cls, value: str) -> str:
        if not networks(value):
            raise ValueError("nobody could call the proxy: name this machine at least, 127.0.0.1")
        return value

    @property
    def upstreams(self) -> tuple[str, ...]:
        """The spellings in ``upstream``."""
        return tuple(part.strip() for part in self.upstream.split(",") if part.strip())

    @property
    def proxy_caller_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The networks of ``proxy_callers``."""
        return networks(self.proxy_callers)
