"""Which server to call: the given host, or the account's region."""

import os
import re
from difflib import get_close_matches
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from leadwire.operations.operation import BASE_PATH, Keys
from leadwire.sdk.errors import Misuse

HOST_VARIABLE: Final = "LEADWIRE_API_HOST"
_SERVERS_VARIABLE: Final = "LEADWIRE_HOST"
"""The address that a leadwire server listens on. People set it for a client by mistake."""

REGIONS: Final[dict[str, str]] = {
    "singapore": "api.leadsquared.com",
    "us": "api-us11.leadsquared.com",
    "mumbai": "api-in21.leadsquared.com",
    "hyderabad": "api-in22.leadsquared.com",
    "ireland": "api-ir31.leadsquared.com",
    "canada": "api-ca12.leadsquared.com",
    "middle-east": "api-me61.leadsquared.com",
}
"""LeadSquared's regional hosts. Keys work only on their own region's host.

UserByAccessKey.Get is the exception: every region answers it.
"""

_HOST_FORMS: Final = (
    "a region such as 'mumbai', a host name such as 'api-in21.leadsquared.com', or the URL of a "
    "leadwire server such as 'http://127.0.0.1:8080'"
)
_API: Final = "api"
_DOMAIN: Final = ".leadsquared.com"
_PREFIX: Final = re.compile(r"(?:/[A-Za-z0-9._~%!$&'()*+,;=:@\-]+)*", re.ASCII)
_HOST: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.\-]*[A-Za-z0-9])?", re.ASCII)


class Origin(NamedTuple):
    """Scheme, host and port, and the path prefix before ``/v2``."""

    scheme: str
    authority: str
    host: str
    prefix: str = ""

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.prefix}"


def host_missing(profile: str | None) -> str:
    """What to do if nothing names the host. Keys go to no host that was not named."""
    if profile:
        return f"The profile [{profile}] has no host. Add one to it, or pass host=."
    text = (
        f"No host to send the keys to. Pass host=, or set {HOST_VARIABLE}, to {_HOST_FORMS}. "
        "discover=True asks LeadSquared's regions for the account's host."
    )
    if os.environ.get(_SERVERS_VARIABLE):
        text += (
            f" {_SERVERS_VARIABLE} is set, but only a leadwire server reads it. Did you mean "
            f"{HOST_VARIABLE}?"
        )
    return text


def origin_of(host: str) -> Origin:
    """The origin for a host name, a region's name, or the URL of a leadwire server.

    ``https`` unless a URL says otherwise; LeadSquared allows only https. Raises Misuse, without
    repeating the text: people paste URLs with keys.
    """
    text = REGIONS.get(host.strip().lower(), host.strip())
    if "://" not in text:
        _refuse_one_word(text)
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        name, port = parts.hostname or "", parts.port
    except ValueError:
        raise Misuse(f"host must be {_HOST_FORMS}.") from None
    # urlsplit removes line breaks.
    is_name = _HOST.fullmatch(name) or ":" in name
    if not (text.isprintable() and is_name and parts.scheme in ("http", "https")):
        raise Misuse(f"host must be {_HOST_FORMS}.")
    if parts.username is not None or parts.query or parts.fragment:
        raise Misuse("host must have no user, password, query or fragment. Keys are no part of it.")
    if parts.scheme == "http" and is_leadsquared(name):
        raise Misuse("LeadSquared is called over https only. Write host without http://.")
    prefix = parts.path.rstrip("/")
    prefix = prefix[: -len(BASE_PATH)] if prefix.lower().endswith(BASE_PATH) else prefix
    if not _PREFIX.fullmatch(prefix):
        raise Misuse("host has an invalid path. Write the address that stands before /v2.")
    shown = f"[{name}]" if ":" in name else name
    return Origin(parts.scheme, shown if port is None else f"{shown}:{port}", name, prefix)


def _refuse_one_word(text: str) -> None:
    """Raise Misuse for one word without a scheme: a misspelt region, whose host gets no keys."""
    if re.fullmatch(r"[\w-]+", text) and text.lower() != "localhost":
        near = get_close_matches(text.lower(), REGIONS, n=1)
        hint = f" Did you mean '{near[0]}'?" if near else ""
        raise Misuse(f"host is no region.{hint} It must be {_HOST_FORMS}.")


def is_leadsquared(host: str) -> bool:
    """Whether *host* is one of LeadSquared's."""
    return host.lower().endswith(_DOMAIN) or host.lower() == _DOMAIN[1:]


def origin_for(origin: Origin, keys: Keys, api_type: str) -> Origin:
    """Where a call goes. LeadSquared has other hosts for asynchronous calls and for files.

    They are ``asyncapi…`` and ``files…`` in place of ``api…``: seen for some regions, inferred for
    the rest. A leadwire server takes all calls itself.
    """
    if not (is_leadsquared(origin.host) and origin.host.startswith(_API)):
        return origin
    name = "asyncapi" if keys != "pair" else "files" if api_type == "File" else _API
    authority, host = (name + text.removeprefix(_API) for text in (origin.authority, origin.host))
    return origin._replace(authority=authority, host=host)


def reported_origin(api_host: object) -> Origin | None:
    """The origin that UserByAccessKey.Get reports, if it may receive the keys.

    Only hosts in LeadSquared's domain are accepted.
    """
    if not isinstance(api_host, str) or not is_leadsquared(api_host):
        return None
    return origin_of(api_host) if _HOST.fullmatch(api_host) else None
