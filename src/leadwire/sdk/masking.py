"""Remove a client's secrets from what an answer or an exception says."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from leadwire.calls.redaction.redactor import CREDENTIAL_HEADERS, TABLE_NAMES, Redactor
from leadwire.calls.redaction.secrets import MARKER
from leadwire.sdk.errors import Misuse
from leadwire.sdk.spellings import is_hidden, spellings


class Hidden(dict[str, Any]):
    """Values that a caller passed, secrets among them. The ``repr`` shows none.

    Tools that print tracebacks print local variables, so what holds a secret while a call is made
    is one of these.
    """

    @classmethod
    def of(cls, fields: Any) -> "Hidden":  # noqa: ANN401  # any TypedDict
        """Move a method's keywords here, so that its frame no longer shows them."""
        hidden = cls(fields)
        fields.clear()
        return hidden

    def __repr__(self) -> str:
        return f"Hidden({', '.join(self)})"


class Mask:
    """The secrets of one client, and how to remove them from a text. The ``repr`` shows none."""

    __slots__ = ("_is_compiled", "_pattern", "_secrets")
    _pattern: re.Pattern[str] | None

    def __init__(self, secrets: tuple[str, ...]) -> None:
        self._secrets = secrets
        self._is_compiled = False
        # Compiled on first use, which takes 10 ms: most clients never get an answer that needs it.
        self._pattern = None

    def __repr__(self) -> str:
        return "Mask(…)"

    def __reduce__(self) -> str:
        raise Misuse("Keys cannot be pickled. Create the client where it is used.")

    def without(self, text: str) -> str:
        """*text* with each secret masked, in whatever spelling."""
        if not self._is_compiled:
            self._pattern, self._is_compiled = spellings(self._secrets), True
        pattern = self._pattern
        if pattern is None:
            return text
        clean = pattern.sub(MARKER, text)
        return MARKER if is_hidden(pattern, clean) else clean

    def headers(self, received: Mapping[str, str]) -> dict[str, str]:
        """*received* with each secret masked; all values, if a secret is split among them."""
        clean = {self.without(name): self.without(value) for name, value in received.items()}
        together = "".join(clean.values())
        if self.without(together) != together:
            return dict.fromkeys(clean, MARKER)
        return clean

    def has(self, text: str) -> bool:
        """Whether *text* is one of the secrets, in any letter case."""
        return bool(text) and text.lower() in map(str.lower, self._secrets)

    def redactor(self) -> Redactor:
        """A redactor that knows these secrets, for one record or one text."""
        return Redactor(self._secrets)

    def also(self, headers: Iterable[tuple[str, str]], *more: str) -> "Mask":
        """A mask that also hides *more*, and the values of *headers* with secret names.

        In ``Bearer TOKEN`` the token alone is a secret, too.
        """
        found = [part for name, value in headers if _is_secret(name)
                 for part in (value, value.rpartition(" ")[2])]  # fmt: skip
        if not (found or more):
            return self
        secrets = tuple(dict.fromkeys((*self._secrets, *found, *more)))
        return self if len(secrets) == len(self._secrets) else Mask(secrets)


def _is_secret(header: str) -> bool:
    return header.lower() in CREDENTIAL_HEADERS or TABLE_NAMES.holds(header)


class MaskedHeaders(Mapping[str, str]):
    """The headers of an answer by lower-case name, with secrets masked when they are first read.

    Most callers never read them, and to mask them takes longer than to make the call's result.
    """

    __slots__ = ("_clean", "_mask", "_received")

    def __init__(self, received: Mapping[str, str], mask: Mask) -> None:
        self._received = received
        self._mask = mask
        self._clean: dict[str, str] | None = None

    def __getitem__(self, name: str) -> str:
        return self._read()[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def __repr__(self) -> str:
        return f"MaskedHeaders({self._read()!r})"

    def __reduce__(self) -> tuple[type, tuple[dict[str, str]]]:
        return dict, (dict(self._read()),)

    def _read(self) -> dict[str, str]:
        if self._clean is None:
            self._clean = self._mask.headers(self._received)
        return self._clean
