"""The key pair: where it comes from, how it is put on a request, and that nothing prints it."""

import os
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
    ) -> "KeyPair | Misuse":
        """What was given, else what the environment has; or why that is no pair of keys.

        The exception is returned: raised from here, its traceback would hold frames whose
        variables are the keys.
        """
        access_key = (access_key or os.environ.get(ACCESS_KEY_VARIABLE, "")).strip()
        secret_key = (secret_key or os.environ.get(SECRET_KEY_VARIABLE, "")).strip()
        if keys_in not in ("header", "query"):
            return Misuse("keys_in is either header or query.")
        return (
            _fault(access_key, "access", ACCESS_KEY_VARIABLE)
            or _fault(secret_key, "secret", SECRET_KEY_VARIABLE)
            or cls(access_key, secret_key, keys_in=keys_in)
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


def _fault(key: str, what: str, variable: str) -> Misuse | None:
    if not key:
        return KeysMissing(f"There is no {what} key: pass {what}_key=, or set {variable}.")
    if not (key.isascii() and key.isprintable()) or " " in key:
        return Misuse(
            f"The {what} key holds a blank, a line end or a character that no key has: was it "
            "copied whole?"
        )
    return None
