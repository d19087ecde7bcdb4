"""Passwords of the console's sign-in. API secrets are not passwords: see ``keys.py``."""

from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from leadwire.clock import IdSource

_HASHER: Final = PasswordHasher()
_GENERATED_DIGITS: Final = 20
_GROUP: Final = 5


def hash_password(password: str) -> str:
    return _HASHER.hash(password)


def password_matches(password: str, password_hash: str) -> bool:
    """Takes tens of milliseconds on purpose: call it in a worker thread."""
    try:
        return _HASHER.verify(password_hash, password)
    except (Argon2Error, InvalidHashError):
        return False


def generate_password(ids: IdSource) -> str:
    """80 bits, in groups that a person can type."""
    digits = ids.hex_digits(_GENERATED_DIGITS)
    return "-".join(digits[i : i + _GROUP] for i in range(0, _GENERATED_DIGITS, _GROUP))
