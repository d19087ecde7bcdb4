"""Make a signing secret."""

from leadwire.clock import SystemIds
from leadwire.webhook_signature import SECRET_BYTES, secret_of


def new_secret() -> str:
    """A new signing secret, from the system's random source: ``whsec_`` and Base64."""
    return secret_of(bytes.fromhex(SystemIds().hex_digits(2 * SECRET_BYTES)))
