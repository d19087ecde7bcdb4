"""Why a delivery of a webhook was refused, as one tree.

WebhookError
├── SecretInvalid           the receiver's secret is not a signing secret (also a ValueError)
└── DeliveryRefused         the delivery must not be believed
    ├── SignatureMissing    a header of the signature is missing, repeated or unreadable
    ├── SignatureWrong      the signature was not made with the secret for this body
    ├── OutsideTolerance    the delivery is too old, or from the future
    ├── Repeated            the delivery was accepted before
    └── BodyUnreadable      the body is not the payload of an event

No text, frame or argument of these exceptions holds a secret or a value of the body.
"""

from leadwire.errors import LeadwireError


class WebhookError(LeadwireError):
    """The root of the exceptions of ``leadwire.webhooks``."""


class SecretInvalid(WebhookError, ValueError):
    """The receiver's secret is not a signing secret. No delivery can be verified with it."""


class DeliveryRefused(WebhookError):
    """The delivery must not be believed. Answer 400, without the reason."""


class SignatureMissing(DeliveryRefused):
    """A header of the signature is missing, stands there twice, or is unreadable."""


class SignatureWrong(DeliveryRefused):
    """No signature of the delivery was made with the secret, for this id, time and body."""


class OutsideTolerance(DeliveryRefused):
    """The delivery was signed too long ago, or in the future: see *tolerance*."""


class Repeated(DeliveryRefused):
    """The delivery was accepted before. Answer 200, or the server sends it again."""


class BodyUnreadable(DeliveryRefused):
    """The signature is right, but the body is not the payload of its event."""
