"""The signature of a webhook's delivery, as Standard Webhooks defines it, and of its event's name.

Signer and receiver share this module: the server signs, ``leadwire.webhooks`` verifies.
"""

import binascii
import hmac
from base64 import b64decode, b64encode
from hashlib import sha256
from typing import Final

SECRET_PREFIX: Final = "whsec_"  # noqa: S105  # how every signing secret begins
SECRET_BYTES: Final = 32
"""The length of a new key."""
_SECRET_BYTES_MIN: Final = 16
_SECRET_BYTES_MAX: Final = 256

ID_HEADER: Final = "webhook-id"
TIMESTAMP_HEADER: Final = "webhook-timestamp"
SIGNATURE_HEADER: Final = "webhook-signature"
EVENT_HEADER: Final = "webhook-event"
EVENT_SIGNATURE_HEADER: Final = "webhook-event-signature"
HEADERS: Final = (
    ID_HEADER,
    TIMESTAMP_HEADER,
    SIGNATURE_HEADER,
    EVENT_HEADER,
    EVENT_SIGNATURE_HEADER,
)
"""Headers of a signed delivery, in lower case. The last two are leadwire's own."""

VERSION: Final = "v1"


class Key:
    """The key in a signing secret. Neither ``repr`` nor pickle shows it."""

    __slots__ = ("_raw",)

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    @classmethod
    def of(cls, secret: str) -> "Key | None":
        """The key of a secret, with or without its prefix; None if it is not one.

        A sender may have chosen a short one, so any length is taken: ``is_strong`` asks for more.
        """
        text = secret.strip().removeprefix(SECRET_PREFIX)
        try:
            raw = b64decode(text.encode("ascii"), validate=True)
        except (UnicodeEncodeError, binascii.Error):
            return None
        return cls(raw) if raw else None

    @property
    def is_strong(self) -> bool:
        """Whether the key is too long to be guessed, and no longer than anybody needs."""
        return _SECRET_BYTES_MIN <= len(self._raw) <= _SECRET_BYTES_MAX

    def of_delivery(self, delivery_id: bytes, timestamp: bytes, body: bytes) -> bytes:
        """The signature of a delivery in Base64."""
        return self._signed(b".".join((delivery_id, timestamp, body)))

    def of_event(self, delivery_id: bytes, timestamp: bytes, event: bytes) -> bytes:
        """The signature of the event's name of a delivery in Base64.

        No body is JSON that begins like this, so it can not pass for the signature of a delivery.
        """
        return self._signed(b".".join((b"event", delivery_id, timestamp, event)))

    def _signed(self, content: bytes) -> bytes:
        return b64encode(hmac.digest(self._raw, content, sha256))

    def __repr__(self) -> str:
        return "Key()"

    def __reduce__(self) -> str:
        raise TypeError("A signing key is not pickled.")


def secret_of(raw: bytes) -> str:
    """The signing secret with the key *raw*."""
    return SECRET_PREFIX + b64encode(raw).decode()


def signature_headers(
    key: Key, *, delivery_id: str, at_seconds: int, event: str, body: bytes
) -> dict[str, str]:
    """The headers of a delivery."""
    id_, stamp = delivery_id.encode(), str(at_seconds).encode()
    return {
        ID_HEADER: delivery_id,
        TIMESTAMP_HEADER: stamp.decode(),
        SIGNATURE_HEADER: f"{VERSION},{key.of_delivery(id_, stamp, body).decode()}",
        EVENT_HEADER: event,
        EVENT_SIGNATURE_HEADER: f"{VERSION},{key.of_event(id_, stamp, event.encode()).decode()}",
    }
