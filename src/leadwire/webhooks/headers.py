"""Headers of a request, in whatever form a framework has them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

Headers = Mapping[Any, Any] | Iterable[tuple[Any, Any]]
"""A mapping or pairs, of text or bytes. A value may be a list of values.

So a dict, the headers of Starlette, FastAPI, Flask, Werkzeug and aiohttp, an ASGI scope's list, a
WSGI environ and Django's ``request.META`` all work.
"""

_CGI_PREFIX: Final = "http-"


def values_of(headers: Headers, names: Iterable[str]) -> dict[str, list[str]]:
    """The values of the headers *names*, which are in lower case, in the order they stand.

    Letter case does not count. ``HTTP_WEBHOOK_ID`` is ``webhook-id``, as in WSGI. Never raises for
    what the headers contain: a value that is neither text nor bytes is left out.
    """
    found: dict[str, list[str]] = {name: [] for name in names}
    for name, value in _pairs(headers):
        own = _name(name)
        if own in found:
            found[own] += filter(None, map(_text, _each(value)))
    return found


def _pairs(headers: Headers) -> Iterator[tuple[Any, Any]]:
    multi = getattr(headers, "multi_items", None)  # Starlette's and httpx's: repeats included
    if callable(multi):
        yield from multi()
    elif isinstance(headers, Mapping) or hasattr(headers, "items"):
        yield from headers.items()  # Werkzeug's are not a Mapping
    elif isinstance(headers, Iterable):
        for pair in headers:
            if isinstance(pair, list | tuple) and len(pair) == 2:  # noqa: PLR2004  # a name, a value
                yield pair[0], pair[1]


def _name(name: object) -> str:
    return _text(name).strip().lower().replace("_", "-").removeprefix(_CGI_PREFIX)


def _each(value: object) -> Iterable[object]:
    return value if isinstance(value, list | tuple) else (value,)


def _text(value: object) -> str:
    if isinstance(value, bytes | bytearray):
        return value.decode("latin-1").strip()
    return value.strip() if isinstance(value, str) else ""
