"""Redacting whole calls, by the settings of a server and the keys that it has issued."""

from leadwire.calls.redaction.parts import Parts
from leadwire.calls.redaction.personal import redact_personal
from leadwire.calls.redaction.redactor import (
    TABLE_NAMES,
    OwnKeys,
    Redactor,
    no_own_keys,
    redact_headers,
)
from leadwire.calls.redaction.secrets import SecretNames
from leadwire.calls.redaction.tokens import PersonalFields


class Redaction:
    """Removes secrets, and the values of *personal* fields, if any.

    *own_keys* recognises the secret keys of this server, live and revoked.
    """

    def __init__(
        self,
        *,
        names: SecretNames = TABLE_NAMES,
        own_keys: OwnKeys = no_own_keys,
        personal: PersonalFields | None = None,
    ) -> None:
        self._names = names
        self._own_keys = own_keys
        self._personal = personal

    def follow(self, names: SecretNames, personal: PersonalFields | None) -> None:
        """Use other names from the next call on."""
        self._names, self._personal = names, personal

    def clean(self, parts: Parts, keys: tuple[str, ...], *, all_keys_go: bool) -> tuple[Parts, int]:
        """*parts* without secrets and personal values, and how many there were.

        *keys* are the keys of the call. *all_keys_go*: some are not where they belong.
        """
        replaced = 0
        if self._personal is not None:
            parts, replaced = redact_personal(parts, self._personal)
        redactor = Redactor(
            keys, names=self._names, own_keys=self._own_keys, all_keys_go=all_keys_go
        )
        cleaned = parts
        # Most calls hold no secret. One look at the short texts, and one at the bodies, shows it.
        if not _is_clean("\n".join(parts[:-2]), redactor):
            cleaned = parts._replace(
                path=redactor.text(parts.path),
                query_string=redactor.query(parts.query_string),
                content_type=redactor.text(parts.content_type),
                user_agent=redactor.text(parts.user_agent),
                exception_message=redactor.text(parts.exception_message),
                exception_location=redactor.text(parts.exception_location),
                exception_fix=redactor.text(parts.exception_fix),
                traceback=redactor.text(parts.traceback),
                request_headers=redact_headers(parts.request_headers, redactor),
                response_headers=redact_headers(parts.response_headers, redactor),
            )
        bodies = f"{parts.request_body}\n{parts.response_body}"
        has_bodies = len(bodies) > 1
        if has_bodies and not _is_clean(bodies, redactor):
            cleaned = cleaned._replace(
                request_body=redactor.text(parts.request_body),
                response_body=redactor.text(parts.response_body),
            )
        return cleaned, replaced + redactor.count


def _is_clean(text: str, redactor: Redactor) -> bool:
    return redactor.is_clean(text.encode("utf-8", "surrogatepass"))
