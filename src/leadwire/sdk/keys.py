"""The key pair: where it comes from, how it is put on a request, and that nothing prints it."""

import os
from collections.abc import Mapping
from typing import Final, Literal
from urllib.parse import quote

from leadwire.calls.redact import Redactor
from leadwire.sdk.errors import KeysMissing, Misuse

KeysIn = Literal["header", "query"]

ACCESS_KEY_VARIABLE: Final = "LEADWIRE_ACCESS_KEY"
SECRET_KEY_VARIABLE: Final = "LEADWIRE_SECRET_KEY"  # noqa: S105  # a variable's name


class KeyPair:
    """An access key and its secret key, and where on a request they travel.

    Its ``repr`` shows neither. Only the transport calls ``headers`` and ``query``.
    """

    __slots__ = ("_access_key", "_secret_key", "keys_in")

    def __init__(self, access_key: str, secret_key: str, *, keys_in: KeysIn = "header") -> None:
        """Raises KeysMissing, and Misuse for characters that no key has."""
        for key, what in ((access_key, "access"), (secret_key, "secret")):
            if not key:
                raise KeysMissing(
                    f"There is no {what} key: pass {what}_key=, or set "
                    f"{ACCESS_KEY_VARIABLE if what == 'access' else SECRET_KEY_VARIABLE}."
                )
            if not (key.isascii() and key.isprintable()) or " " in key:
                raise Misuse(
                    f"The {what} key holds a blank, a line end or a character that no key has: "
                    "was it copied whole?"
                )
        if keys_in not in ("header", "query"):
            raise Misuse("keys_in is either header or query.")
        self._access_key = access_key
        self._secret_key = secret_key
        self.keys_in: KeysIn = keys_in

    @classmethod
    def of(
        cls,
        access_key: str | None,
        secret_key: str | None,
        *,
        keys_in: KeysIn,
        environment: Mapping[str, str] | None = None,
    ) -> "KeyPair":
        """What was given, else what the environment has."""
        found = os.environ if environment is None else environment
        return cls(
            (access_key or found.get(ACCESS_KEY_VARIABLE, "")).strip(),
            (secret_key or found.get(SECRET_KEY_VARIABLE, "")).strip(),
            keys_in=keys_in,
        )

    def __repr__(self) -> str:
        return "KeyPair(…)"

    def __reduce__(self) -> str:
        raise Misuse("Keys are not pickled: make the client where it is used.")

    def headers(self) -> tuple[tuple[str, str], ...]:
        if self.keys_in == "query":
            return ()
        return (("x-LSQ-AccessKey", self._access_key), ("x-LSQ-SecretKey", self._secret_key))

    def query(self) -> str:
        """The pair as part of a query string; empty when it travels in headers."""
        if self.keys_in == "header":
            return ""
        pair = (("accessKey", self._access_key), ("secretKey", self._secret_key))
        return "&".join(f"{name}={quote(key, safe='')}" for name, key in pair)

    def redactor(self) -> Redactor:
        """One that knows this pair, for one record or one text."""
        return Redactor((self._secret_key, self._access_key))
