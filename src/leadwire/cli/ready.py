"""What ``leadwire serve`` prints when it listens: text for a person, or one JSON line."""

import os
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from leadwire.settings import Settings

if TYPE_CHECKING:
    from leadwire.access.accounts import FirstAccount

_FIRST_START: Final = "First start: an account was created. Keep these: they are shown only once."
_WARNING: Final = "CONTROLS ARE ON: anybody with the token can erase and falsify everything in {}."
_REACHED_BY: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # compared, not bound
"""An address of this machine for one that only listens."""


class Started(NamedTuple):
    """A server that listens on *port*. *first* is its account, if this start made it."""

    settings: Settings
    port: int
    first: "FirstAccount | None"
    token: str = ""
    """Of the control interface; empty if it is off."""

    @property
    def base(self) -> str:
        is_tls = self.settings.tls_certificate is not None
        return _origin(self.settings.host, self.port, is_tls=is_tls)


class ProxyStarted(NamedTuple):
    """A proxy that takes calls on *port*, with its console on another."""

    settings: Settings
    port: int
    console_port: int
    upstreams: tuple[str, ...]
    first: "FirstAccount | None"

    @property
    def base(self) -> str:
        is_tls = self.settings.tls_certificate is not None
        return _origin(self.settings.host, self.port, is_tls=is_tls)

    @property
    def console(self) -> str:
        origin = _origin(self.settings.console_host, self.console_port, is_tls=False)
        return f"{origin}/console/"


def _origin(listening: str, port: int, *, is_tls: bool) -> str:
    """Where a program of this machine reaches what listens there."""
    host = _REACHED_BY.get(listening, listening)
    host = f"[{host}]" if ":" in host else host
    return f"{'https' if is_tls else 'http'}://{host}:{port}"


def secrets(first: "FirstAccount") -> str:
    """The new account's secrets, for a person."""
    return "\n".join(
        (
            _FIRST_START,
            f"  Sign-in        {first.user_email}",
            f"  Password       {first.password}",
            f"  Access key     {first.access_key}",
            f"  Secret key     {first.secret_key}",
            "",
        )
    )


def welcome(started: Started) -> str:
    """Where the server is, and a first call to copy."""
    base, first = started.base, started.first
    lines = [
        "leadwire is ready.",
        f"  API base URL   {base}/v2",
        f"  Console        {base}/console/",
        f"  Data folder    {started.settings.data.resolve()}",
    ]
    if started.token:
        lines += [
            f"  Controls       {started.base}/__leadwire/",
            f"  Their token    {started.token}",
            "",
            _WARNING.format(started.settings.data.resolve()),
        ]
    if first is None:
        return "\n".join(lines)
    lead = """[{"Attribute":"FirstName","Value":"Asha"},"""
    lead += """{"Attribute":"EmailAddress","Value":"asha@example.com"}]"""
    curl = (
        f"curl '{base}/v2/LeadManagement.svc/Lead.Create' "
        f"-H 'x-LSQ-AccessKey: {first.access_key}' -H 'x-LSQ-SecretKey: {first.secret_key}' "
        f"-H 'Content-Type: application/json' -d '{lead}'"
    )
    return "\n".join([*lines, "", "Create a lead:", f"  {curl}"])


def _controls(started: Started) -> dict[str, str]:
    if not started.token:
        return {}
    return {"controls": f"{started.base}/__leadwire/", "token": started.token}


def ready_line(started: Started) -> dict[str, Any]:
    """The members of ``--ready json``. ``account`` is null unless this start made the account."""
    return {
        "ready": True,
        "url": started.base,
        "pid": os.getpid(),
        "data": str(started.settings.data.resolve()),
        **_controls(started),
        "account": None if started.first is None else started.first._asdict(),
    }


def administrator(first: "FirstAccount") -> str:
    """The new administrator, for a person. Callers use their own keys, not the account's."""
    return "\n".join(
        (
            _FIRST_START,
            f"  Sign-in        {first.user_email}",
            f"  Password       {first.password}",
            "",
        )
    )


def proxy_welcome(started: ProxyStarted) -> str:
    """Where the proxy takes calls, where they go, and where they are shown."""
    lines = [
        "leadwire proxy is ready.",
        f"  Calls to       {started.base}",
        *(f"  Passed on to   {upstream}" for upstream in started.upstreams),
        f"  Console        {started.console}",
        f"  Data folder    {started.settings.data.resolve()}",
    ]
    return "\n".join(lines)


def proxy_ready_line(started: ProxyStarted) -> dict[str, Any]:
    """The members of ``--ready json``. ``account`` is null unless this start made the account."""
    return {
        "ready": True,
        "url": started.base,
        "console": started.console,
        "upstreams": list(started.upstreams),
        "pid": os.getpid(),
        "data": str(started.settings.data.resolve()),
        "account": None if started.first is None else started.first._asdict(),
    }
