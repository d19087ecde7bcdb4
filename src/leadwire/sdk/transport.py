"""Reach a server: proxy, trusted certificates, signing, and transport errors."""

import ssl
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx2

from leadwire.sdk import errors
from leadwire.sdk.answers import Failure
from leadwire.sdk.decoding import NotDecodable
from leadwire.sdk.hosts import Origin
from leadwire.sdk.keys import KeyPair
from leadwire.sdk.shared import Outgoing

Verify = ssl.SSLContext | str | Path | bool
ProxySetting = str | httpx2.URL | httpx2.Proxy | None

_PROXY_SCHEMES: Final = ("http", "https", "socks5", "socks5h")
_PORT_MAX: Final = 65_535
_PROXY_FORM: Final = "proxy must be a URL with a host, such as http://proxy.example:3128."

_KINDS: Final[tuple[tuple[type[Exception], type[errors.NoAnswer], bool], ...]] = (
    (httpx2.ConnectTimeout, errors.ConnectFailed, False),
    (httpx2.PoolTimeout, errors.ConnectFailed, False),
    (httpx2.TimeoutException, errors.TimedOut, True),
    (httpx2.ConnectError, errors.ConnectFailed, False),
    (httpx2.ProxyError, errors.ConnectFailed, False),
    (httpx2.UnsupportedProtocol, errors.ConnectFailed, False),
    (httpx2.LocalProtocolError, errors.ConnectFailed, False),
)
"""What a transport raises, subclasses first. The flag says if the request may have arrived."""
_OF_TRANSPORTS: Final = (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, OSError)


_HINTS: Final = (
    (
        "CERTIFICATE_VERIFY_FAILED",
        "; if the server uses a private authority, pass its certificate file as verify=",
    ),
    (
        "WRONG_VERSION_NUMBER",
        "; this port does not use TLS: for plain HTTP start the host with http://",
    ),
)
"""Advice for errors that every attempt would repeat."""


def proxy_for(origin: Origin, given: ProxySetting, *, trust_env: bool) -> ProxySetting:
    """The given proxy; else the environment's proxy, unless it excludes this host."""
    if given is not None or not trust_env:
        return given
    found = getproxies()
    url = found.get(origin.scheme) or found.get("all")
    if not url or proxy_bypass(origin.authority):
        return None
    return url if "://" in url else f"http://{url}"


def checked_proxy(given: ProxySetting) -> ProxySetting:
    """*given*, checked as a proxy URL. Raises Misuse without repeating the URL."""
    if given is None:
        return None
    try:
        url = (given if isinstance(given, httpx2.Proxy) else httpx2.Proxy(given)).url
    except (ValueError, TypeError, AttributeError, httpx2.InvalidURL):
        raise errors.Misuse(_PROXY_FORM) from None
    is_port = url.port is None or url.port in range(1, _PORT_MAX + 1)
    if not (url.host and is_port and url.scheme in _PROXY_SCHEMES):
        raise errors.Misuse(_PROXY_FORM)
    if url.scheme.startswith("socks") and find_spec("socksio") is None:
        raise errors.Misuse("A SOCKS proxy needs another library: pip install socksio.")
    return given


def proxy_secrets(proxy: ProxySetting, *, trust_env: bool) -> tuple[str, ...]:
    """The passwords of the checked proxy and the environment's, which no text may repeat."""
    found = [proxy.auth[1]] if isinstance(proxy, httpx2.Proxy) and proxy.auth else []
    urls = [] if proxy is None or isinstance(proxy, httpx2.Proxy) else [str(proxy)]
    urls += getproxies().values() if trust_env else []
    for url in urls:
        with suppress(ValueError):
            found.append(unquote(urlsplit(url).password or ""))
    return tuple(filter(None, found))


def trust(verify: Verify) -> ssl.SSLContext | bool:
    """*verify* in the transport's form. A path is a file or folder of authorities.

    Raises Misuse if it cannot be read.
    """
    if isinstance(verify, ssl.SSLContext | bool):
        return verify
    try:
        path = Path(verify or "\0")  # an empty path would be the current folder
        if path.is_dir():
            return ssl.create_default_context(capath=str(path))
        return ssl.create_default_context(cafile=str(path))
    except (OSError, ssl.SSLError, TypeError, ValueError):
        raise errors.Misuse(
            "verify must be a readable file or folder of certificates, an ssl.SSLContext, True or "
            "False."
        ) from None


def signed(outgoing: Outgoing, keys: KeyPair) -> httpx2.Request:
    """The request as sent. Only this function adds the keys."""
    pair = keys.query(outgoing.keys)
    target = outgoing.target
    if pair:
        target += f"&{pair}" if "?" in target else f"?{pair}"
    origin = outgoing.origin
    seconds = outgoing.timeout_seconds
    return httpx2.Request(
        outgoing.method,
        f"{origin.scheme}://{origin.authority}{target}",
        headers=[*outgoing.headers, *keys.headers(outgoing.keys)],
        content=outgoing.body if outgoing.body or outgoing.method != "GET" else None,
        extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), seconds)},
    )


def without_frames(error: BaseException) -> BaseException:
    """*error* without the HTTP library's frames, whose variables hold the signed request."""
    error.__context__ = error.__cause__ = None
    return error.with_traceback(None)


def failure_of(error: Exception, outgoing: Outgoing) -> Failure:
    """The meaning of a transport's exception, in words without keys.

    An unexpected exception counts as lasting: a retry would fail in the same way.
    """
    kind, was_sent = next(
        ((kind, was_sent) for known, kind, was_sent in _KINDS if isinstance(error, known)),
        (errors.ConnectionLost, True),
    )
    message = outgoing.mask.without(str(error))
    if isinstance(error, httpx2.TimeoutException):
        message = _too_slow_text(outgoing) or message
    text = f"{type(error).__name__}: {message}" if message else type(error).__name__
    hint = next((hint for sign, hint in _HINTS if sign in message), "")
    is_lasting = bool(hint) or not isinstance(error, _OF_TRANSPORTS)
    return Failure(kind, text + hint, sent=was_sent, lasting=is_lasting)


def too_slow(outgoing: Outgoing) -> Failure:
    """The failure of an answer that took too long."""
    return Failure(errors.TimedOut, _too_slow_text(outgoing), sent=True)


def _too_slow_text(outgoing: Outgoing) -> str:
    seconds = outgoing.timeout_seconds
    return "" if seconds is None else f"not done within {seconds:g} s"


def undecodable(error: NotDecodable) -> Failure:
    """The failure of an answer that cannot be decompressed."""
    return Failure(errors.ConnectionLost, str(error), sent=True, lasting=error.lasting)


def too_long(bytes_max: int) -> Failure:
    """The failure of an answer that is too long."""
    return Failure(
        errors.ConnectionLost,
        f"the answer has more than {bytes_max:,} bytes; answer_bytes_max= allows more",
        sent=True,
        lasting=True,
    )
