"""What a webhook may be: its address, content type, headers and texts. API and console share it."""

import re
from collections.abc import Sequence
from typing import Final, Protocol

from leadwire.crm.webhooks.webhooks import HEADERS_MAX, Header
from leadwire.dialect import incorrect, too_long, too_many
from leadwire.webhook_signature import HEADERS, Key

URL_MAX: Final = 2_048
TEXT_MAX: Final = 2_000
HEADER_MAX: Final = 4_096
KEPT_VALUE: Final = "********"
"""Shown in place of a header's value. Whoever sends it back keeps the stored value."""

CONTENT_TYPES: Final = ("application/json", "application/x-www-form-urlencoded", "text/plain")
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}", re.ASCII)
_HEADER_VALUE: Final = re.compile(r"[\x21-\x7e]([\x20-\x7e\t]*[\x21-\x7e])?", re.ASCII)
_OWN_HEADERS: Final = frozenset(
    {
        *("accept-encoding", "connection", "content-encoding", "content-length", "content-type"),
        *("expect", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"),
        *HEADERS,
    }
)
"""Headers that a delivery sets by itself."""


class Probed(Protocol):
    """*refused* says why the address is forbidden. *notice* says what the receiver failed to do."""

    @property
    def refused(self) -> str: ...

    @property
    def notice(self) -> str: ...


class Probe(Protocol):
    """Checks that the receiver at a URL responds, with a webhook's headers."""

    async def __call__(self, url: str, headers: Sequence[Header]) -> Probed: ...


def checked_url(url: str) -> str:
    """Raises InputInvalid for a URL that is too long."""
    if len(url) > URL_MAX:
        raise too_long("URL", URL_MAX)
    return url


def checked_content_type(value: str) -> str:
    """The media type in *value*; the first one for an empty text. Raises InputInvalid."""
    content_type = value.partition(";")[0].strip().lower() or CONTENT_TYPES[0]
    if content_type not in CONTENT_TYPES:
        raise incorrect("ContentType", fix=f"Send one of {', '.join(CONTENT_TYPES)}.")
    return content_type


def checked_headers(sent: Sequence[Header]) -> tuple[Header, ...]:
    """The headers, without blanks around them. The last of a repeated name counts.

    Raises InputInvalid for too many, and for one that a delivery cannot carry.
    """
    if len(sent) > HEADERS_MAX:
        raise too_many("CustomHeaders", HEADERS_MAX, fix=f"Send at most {HEADERS_MAX} headers.")
    headers = [Header(header.name.strip(), header.value.strip()) for header in sent]
    if not all(map(_is_good, headers)):
        raise incorrect(
            "CustomHeaders",
            fix="Send names and values of HTTP headers that a delivery does not set itself.",
        )
    return tuple({header.name.lower(): header for header in headers}.values())


def checked_secret(secret: str) -> str:
    """*secret* without blanks around it. Raises InputInvalid unless it is a signing secret."""
    key = Key.of(secret)
    if key is None or not key.is_strong:
        raise incorrect(
            "SigningSecret", fix="Send whsec_ and the Base64 of 16 to 256 random bytes."
        )
    return secret.strip()


def checked_text(name: str, text: str) -> str:
    """Raises InputInvalid for a text that is too long."""
    if len(text) > TEXT_MAX:
        raise too_long(name, TEXT_MAX)
    return text


def with_kept_values(sent: Sequence[Header], kept: Sequence[Header]) -> list[Header]:
    """*sent*, with the stored value wherever KEPT_VALUE was sent back."""
    values = {header.name.lower(): header.value for header in kept}
    return [
        Header(header.name, values.get(header.name.strip().lower(), header.value))
        if header.value.strip() == KEPT_VALUE
        else header
        for header in sent
    ]


def landing_pages(text: str) -> str:
    """The pages of a LandingPageUrls, one a line, as ``announce`` compares them."""
    return "\n".join(page_key(url) for url in re.split(r"[\s,]+", text) if url)


def page_key(url: str) -> str:
    """A page's address in a normal form, for comparing."""
    return re.split(r"[?#]", url.strip(), maxsplit=1)[0].rstrip("/").lower()


def _is_good(header: Header) -> bool:
    return (
        _HEADER_NAME.fullmatch(header.name) is not None
        and _HEADER_VALUE.fullmatch(header.value) is not None
        and header.name.lower() not in _OWN_HEADERS
        and len(header.value) <= HEADER_MAX
    )
