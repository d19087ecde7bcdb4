"""The keys, and how they are sent."""

from typing import Final, Literal
from urllib.parse import quote

from leadwire.operations.operation import Keys
from leadwire.sdk.errors import KeysMissing, Misuse
from leadwire.sdk.masking import Mask

KeysIn = Literal["header", "query"]

ACCESS_KEY_VARIABLE: Final = "LEADWIRE_ACCESS_KEY"
SECRET_KEY_VARIABLE: Final = "LEADWIRE_SECRET_KEY"  # noqa: S105  # the name of a variable
ASYNC_KEY_VARIABLE: Final = "LEADWIRE_ASYNC_KEY"

_KEYS_ADVICE: Final = (
    "Pass access_key= and secret_key=, or profile=, or set "
    f"{ACCESS_KEY_VARIABLE} and {SECRET_KEY_VARIABLE}."
)


class KeyPair:
    """An access key and secret key, and where they travel in a request.

    May include the account's async key, which always travels in a header. *mask* removes the keys
    from texts. The ``repr`` shows no key. Only the transport calls ``headers`` and ``query``.
    """

    __slots__ = ("_access_key", "_async_key", "_secret_key", "keys_in", "mask")

    def __init__(
        self, access_key: str, secret_key: str, async_key: str = "", *, keys_in: KeysIn = "header"
    ) -> None:
        self._access_key = access_key
        self._secret_key = secret_key
        self._async_key = async_key
        self.mask = Mask((access_key, secret_key, async_key))
        self.keys_in: KeysIn = keys_in

    @classmethod
    def of(
        cls, access_key: str, secret_key: str, async_key: str, *, keys_in: KeysIn
    ) -> "KeyPair | Misuse":
        """The keys without surrounding blanks; or the error, if they are missing or unusable.

        The error is returned, not raised: a traceback from here would hold the keys.
        """
        access_key, secret_key = access_key.strip(), secret_key.strip()
        async_key = async_key.strip()
        return (
            _missing(access_key, "access")
            or _missing(secret_key, "secret")
            or _fault(access_key, "access")
            or _fault(secret_key, "secret")
            or _fault(async_key, "async")
            or cls(access_key, secret_key, async_key, keys_in=keys_in)
        )

    def __repr__(self) -> str:
        return "KeyPair(…)"

    def __reduce__(self) -> str:
        raise Misuse("Keys cannot be pickled. Create the client where it is used.")

    def check(self, wanted: Keys) -> None:
        """Raise KeysMissing if a call needs the async key and there is none."""
        if wanted != "pair" and not self._async_key:
            raise KeysMissing(
                f"The async key is missing. Pass async_key=, or set {ASYNC_KEY_VARIABLE}."
            )

    def headers(self, wanted: Keys) -> tuple[tuple[str, str], ...]:
        """The headers that carry the *wanted* keys."""
        alone = (("x-api-key", self._async_key),) if wanted != "pair" else ()
        if self.keys_in == "query" or wanted == "async":
            return alone
        return (
            ("x-LSQ-AccessKey", self._access_key),
            ("x-LSQ-SecretKey", self._secret_key),
            *alone,
        )

    def query(self, wanted: Keys) -> str:
        """The pair as a query string; empty if it travels in headers."""
        if self.keys_in == "header" or wanted == "async":
            return ""
        pair = (("accessKey", self._access_key), ("secretKey", self._secret_key))
        return "&".join(f"{name}={quote(key, safe='')}" for name, key in pair)


def _missing(key: str, what: str) -> Misuse | None:
    return None if key else KeysMissing(f"The {what} key is missing. {_KEYS_ADVICE}")


def _fault(key: str, what: str) -> Misuse | None:
    if key and (" " in key or not (key.isascii() and key.isprintable())):
        return Misuse(
            f"The {what} key contains a blank, a line break or another invalid character. Was "
            "it copied correctly?"
        )
    return None
