"""Console passwords. API secrets are not passwords: see ``keys.py``."""

from base64 import b64encode
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from leadwire.clock import IdSource

_HASHER: Final = PasswordHasher()
_QUICK_HASHER: Final = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
_GENERATED_DIGITS: Final = 20
_GROUP: Final = 5


def hash_password(password: str, *, quickly: bool = False) -> str:
    """Takes tens of milliseconds by design; *quickly* is for generated passwords of test data.

    A quick hash can be told from others by the time of a sign-in.
    """
    return (_QUICK_HASHER if quickly else _HASHER).hash(password)


def password_matches(password: str, password_hash: str) -> bool:
    """Takes tens of milliseconds by design: call it in a worker thread."""
    try:
        return _HASHER.verify(password_hash, password)
    except (Argon2Error, InvalidHashError):
        return False


def unmatched_hash() -> str:
    """A hash that no password matches, and that takes as long to check as any other."""
    cost = f"m={_HASHER.memory_cost},t={_HASHER.time_cost},p={_HASHER.parallelism}"
    salt, digest = (_base64_of_zeros(n) for n in (_HASHER.salt_len, _HASHER.hash_len))
    return f"$argon2id$v=19${cost}${salt}${digest}"


def generate_password(ids: IdSource) -> str:
    """80 random bits, in groups that are easy to type."""
    digits = ids.hex_digits(_GENERATED_DIGITS)
    return "-".join(digits[i : i + _GROUP] for i in range(0, _GENERATED_DIGITS, _GROUP))


def _base64_of_zeros(count: int) -> str:
    return b64encode(bytes(count)).decode().rstrip("=")
