"""Key pairs: their form, their storage, and their owner.

Secrets are random, so a keyed BLAKE2b is safe to store. A password hash on every call would let
callers exhaust the CPU.
"""

from hashlib import blake2b
from typing import Final

import msgspec

from leadwire.clock import IdSource

_HASH_BYTES: Final = 16
_FINGERPRINT_DIGITS: Final = 12


class Principal(msgspec.Struct, frozen=True):
    """The authenticated caller."""

    account_id: str
    user_id: str
    user_name: str
    user_email: str
    key_id: str
    secret_digest: str = ""
    """The hash of the secret key that was sent; empty without one."""


class KeyPair(msgspec.Struct, frozen=True):
    """Both keys in clear text: shown once when made, never stored."""

    key_id: str
    access_key: str
    secret_key: str

    def __repr__(self) -> str:
        return f"KeyPair(key_id={self.key_id!r})"


class SecretInfo(msgspec.Struct, frozen=True):
    """A secret key that works."""

    created_on_ms: int
    used_on_ms: int | None
    """When it was last used, some seconds late; None: never."""
    ends_on_ms: int | None
    """When it stops working; None: once it is retired or the pair is revoked."""
    is_old: bool
    """Whether a rotation replaced it."""


class KeyInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What may be shown of a stored pair."""

    key_id: str
    name: str
    access_key_hint: str
    user_id: str
    user_name: str
    user_email: str
    user_role: str
    """The user's role on the wire."""
    created_on_ms: int
    ends_on_ms: int | None
    revoked_on_ms: int | None
    secrets: tuple[SecretInfo, ...]
    """Those that work: the current one first."""

    @property
    def used_on_ms(self) -> int | None:
        return max((s.used_on_ms for s in self.secrets if s.used_on_ms), default=None)

    @property
    def old_secret(self) -> SecretInfo | None:
        """The secret that a rotation replaced, while it works."""
        return next((secret for secret in self.secrets if secret.is_old), None)

    def is_live(self, now_ms: int) -> bool:
        """Whether the pair is neither revoked nor past its end."""
        return self.revoked_on_ms is None and (self.ends_on_ms is None or self.ends_on_ms > now_ms)


def generate_pair(ids: IdSource) -> KeyPair:
    """A new pair in LeadSquared's form: ``u$r`` and 32 hex digits, and 40 hex digits."""
    return KeyPair(
        key_id=f"key_{ids.hex_digits(12)}",
        access_key=f"u$r{ids.hex_digits(32)}",
        secret_key=ids.hex_digits(40),
    )


class Hasher:
    """Keyed hashes of secrets. The hash key is a file in the data folder."""

    def __init__(self, pepper: bytes) -> None:
        self._pepper = pepper

    def digest(self, secret: str) -> str:
        raw = secret.encode("utf-8", "surrogatepass")
        return blake2b(raw, key=self._pepper, digest_size=_HASH_BYTES).hexdigest()

    def fingerprint(self, secret: str) -> str:
        """A short one-way value that tells unknown keys apart without storing them."""
        return self.digest(secret)[:_FINGERPRINT_DIGITS]
