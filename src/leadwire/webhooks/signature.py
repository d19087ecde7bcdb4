"""The signature of a delivery, as Standard Webhooks writes it.

``webhook-id`` is the same for every attempt, so that a receiver can tell what it has had already;
``webhook-signature`` is an HMAC-SHA256 of id, time and body with the webhook's secret.
"""

import hmac
from base64 import b64decode, b64encode
from hashlib import sha256

from leadwire.crm.webhooks import SECRET_PREFIX


def signature_headers(
    secret: str, *, delivery_id: str, at_seconds: int, body: bytes
) -> dict[str, str]:
    signed = b".".join((delivery_id.encode(), str(at_seconds).encode(), body))
    key = b64decode(secret.removeprefix(SECRET_PREFIX))
    digest = b64encode(hmac.new(key, signed, sha256).digest()).decode()
    return {
        "webhook-id": delivery_id,
        "webhook-timestamp": str(at_seconds),
        "webhook-signature": f"v1,{digest}",
    }
