"""What ``leadwire serve`` prints when it listens: text for a person, or one JSON line."""

import os
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from leadwire.settings import Settings

if TYPE_CHECKING:
    from leadwire.access.accounts import FirstAccount

_WARNING: Final = "CONTROLS ARE ON: whoever has the token can erase and falsify everything in {}."
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
        scheme = "https" if self.settings.tls_certificate else "http"
        host = _REACHED_BY.get(self.settings.host, self.settings.host)
        host = f"[{host}]" if ":" in host else host
        return f"{scheme}://{host}:{self.port}"


def secrets(first: "FirstAccount") -> str:
    """The new account's secrets, for a person."""
    return "\n".join(
        (
            "First start: an account was created. Keep these: they are shown only once.",
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
