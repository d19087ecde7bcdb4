"""Make a signing secret, and sign a delivery for the tests of a receiver."""

from datetime import datetime

from leadwire.clock import SystemIds
from leadwire.webhook_signature import SECRET_BYTES, Key, secret_of, signature_headers
from leadwire.webhooks.payloads import body_bytes
from leadwire.webhooks.verifying import invalid_secret, seconds_at


def new_secret() -> str:
    """A new signing secret, from the system's random source: ``whsec_`` and Base64."""
    return secret_of(bytes.fromhex(SystemIds().hex_digits(2 * SECRET_BYTES)))


def sign(
    secret: str,
    body: bytes | str,
    *,
    event: str = "",
    delivery_id: str = "",
    now: datetime | None = None,
) -> dict[str, str]:
    """The headers with which a server would send *body*, for the tests of a receiver.

    *event* is the internal name of the event, such as ``Lead_Post_Create``. Without *delivery_id*
    each delivery has an id of its own. *now* replaces the clock. Raises SecretInvalid, and
    ValueError for a naive *now*.
    """
    given: object = secret  # a caller may pass anything
    key = Key.of(given) if isinstance(given, str) else None
    del secret, given  # so that no traceback shows it
    if key is None:
        raise invalid_secret()
    return signature_headers(
        key,
        delivery_id=delivery_id or SystemIds().guid(),
        at_seconds=int(seconds_at(now)),
        event=event,
        body=body_bytes(body),
    )
