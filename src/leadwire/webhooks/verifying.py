"""Verify the signature of a delivery, its age, and that it did not come before."""

import hmac
import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from leadwire.clock import SystemClock
from leadwire.webhook_signature import (
    EVENT_HEADER,
    EVENT_SIGNATURE_HEADER,
    HEADERS,
    ID_HEADER,
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    VERSION,
    Key,
)
from leadwire.webhooks.errors import (
    DeliveryRefused,
    OutsideTolerance,
    Repeated,
    SecretInvalid,
    SignatureMissing,
    SignatureWrong,
)
from leadwire.webhooks.events import Event
from leadwire.webhooks.headers import Headers, values_of
from leadwire.webhooks.payloads import body_bytes, event_of
from leadwire.webhooks.seen import Memory, check_memory

TOLERANCE_SECONDS_DEFAULT: Final = 300.0
_STAMP_DIGITS_MAX: Final = 11  # until the year 5138
_ID_CHARACTERS_MAX: Final = 256
_SIGNATURES_MAX: Final = 20
_SIGNATURE: Final = re.compile(rf"(?<![^\s,]){VERSION},([^\s,]+)")
_MS: Final = 1_000


def verify(
    secret: str | Iterable[str],
    headers: Headers,
    body: bytes | str,
    *,
    tolerance: float | timedelta = TOLERANCE_SECONDS_DEFAULT,
    seen: Memory | None = None,
    now: datetime | None = None,
) -> Event:
    """The event of a delivery that was signed with *secret*. Raises DeliveryRefused.

    *secret* is the webhook's signing secret, or several while one replaces another. *headers* are
    those of the request, in any framework's form. *body* is the request's body as it came; text is
    encoded as UTF-8. *tolerance* is how many seconds the signature may be old or early. *seen*
    remembers accepted deliveries, and refuses one that comes again. *now* replaces the clock.

    Raises SecretInvalid for a secret, and ValueError for a tolerance, a *now* or a *seen* that can
    never work. Compares signatures in constant time.
    """
    keys = _keys_of(secret)
    del secret  # so that no traceback shows it
    if not keys:
        raise invalid_secret()
    seconds = _seconds_of(tolerance)
    check_memory(seen)
    now_seconds = seconds_at(now)
    raw = body_bytes(body)
    signed = _signed_of(headers)
    if isinstance(signed, DeliveryRefused):
        raise signed
    if not any(_is_signed(key, signed, raw) for key in keys):
        raise SignatureWrong(
            "No signature of the delivery was made with this secret for this body. Pass the body "
            "as it came, and the secret of this webhook."
        )
    age = now_seconds - signed.seconds
    if abs(age) > seconds:
        when = f"{age:,.0f} s ago" if age > 0 else f"{-age:,.0f} s in the future"
        raise OutsideTolerance(f"The delivery was signed {when}; the tolerance is {seconds:g} s.")
    name = signed.event if any(_is_named(key, signed) for key in keys) else ""
    event = event_of(raw, name, delivery_id=signed.delivery_id, sent_at=_moment(signed.seconds))
    # One second more, since the signature is still valid in the last moment of its tolerance.
    if seen is not None and not seen.add(event.id, seconds=seconds - age + 1):
        raise Repeated(f"The delivery {event.id} was accepted before.")
    return event


class _Signed(NamedTuple):
    """What the headers of a delivery say."""

    delivery_id: str
    stamp: str
    signatures: tuple[bytes, ...]
    event: str
    event_signatures: tuple[bytes, ...]

    @property
    def seconds(self) -> int:
        return int(self.stamp)


def _signed_of(headers: Headers) -> _Signed | SignatureMissing:
    found = values_of(headers, HEADERS)
    for name in (ID_HEADER, TIMESTAMP_HEADER, SIGNATURE_HEADER):
        if not found[name]:
            return SignatureMissing(f"The request has no header {name}: nobody signed it.")
    if len(set(found[ID_HEADER])) > 1 or len(set(found[TIMESTAMP_HEADER])) > 1:
        return SignatureMissing(f"The request has several headers {ID_HEADER} or time stamps.")
    delivery_id, stamp = found[ID_HEADER][0], found[TIMESTAMP_HEADER][0]
    if len(delivery_id) > _ID_CHARACTERS_MAX or not delivery_id.isprintable():
        return SignatureMissing(f"The header {ID_HEADER} is not an id.")
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= _STAMP_DIGITS_MAX):
        return SignatureMissing(f"The header {TIMESTAMP_HEADER} is not a number of seconds.")
    events = found[EVENT_HEADER]
    return _Signed(
        delivery_id,
        stamp,
        _signatures(found[SIGNATURE_HEADER]),
        events[0] if len(events) == 1 else "",
        _signatures(found[EVENT_SIGNATURE_HEADER]),
    )


def _signatures(values: Iterable[str]) -> tuple[bytes, ...]:
    """The signatures of the known version. Others are for other receivers.

    Blanks separate them, or commas where a server joined two headers.
    """
    found = [one for value in values for one in _SIGNATURE.findall(value)]
    return tuple(map(_bytes, found[:_SIGNATURES_MAX]))


def _is_signed(key: Key, signed: _Signed, body: bytes) -> bool:
    expected = key.of_delivery(_bytes(signed.delivery_id), _bytes(signed.stamp), body)
    return _is_among(expected, signed.signatures)


def _is_named(key: Key, signed: _Signed) -> bool:
    """Whether the event's name was signed, too. Otherwise anybody could have changed it."""
    id_, stamp = _bytes(signed.delivery_id), _bytes(signed.stamp)
    return _is_among(key.of_event(id_, stamp, _bytes(signed.event)), signed.event_signatures)


def _is_among(expected: bytes, signatures: Iterable[bytes]) -> bool:
    same = [hmac.compare_digest(expected, one) for one in signatures]  # all: takes the same time
    return any(same)


def _keys_of(secret: str | Iterable[str]) -> list[Key]:
    """The keys of the secrets; empty if one of them is not a secret."""
    secrets = [secret] if isinstance(secret, str) else _listed(secret)
    keys = [Key.of(one) if isinstance(one, str) else None for one in secrets]
    return [key for key in keys if key is not None] if None not in keys else []


def _listed(secrets: object) -> list[object]:
    if isinstance(secrets, Iterable) and not isinstance(secrets, bytes | Mapping):
        return list(secrets)
    return [None]


def _seconds_of(tolerance: object) -> float:
    seconds = tolerance.total_seconds() if isinstance(tolerance, timedelta) else tolerance
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        seconds = math.nan
    if not math.isfinite(seconds) or seconds <= 0:
        raise ValueError("The tolerance is a number of seconds above 0, or a timedelta.")
    return float(seconds)


def invalid_secret() -> SecretInvalid:
    """The fault of a text that is not a signing secret."""
    return SecretInvalid(
        "The secret is not a signing secret. Pass the text that begins with whsec_, as the server "
        "showed it."
    )


def seconds_at(now: datetime | None) -> float:
    """Seconds since 1970 at *now*, or by the clock. Raises ValueError for a naive datetime."""
    if now is None:
        return SystemClock().now_ms() / _MS
    if now.utcoffset() is None:
        raise ValueError("The datetime *now* has no time zone. Set one, such as datetime.UTC.")
    return now.timestamp()


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
