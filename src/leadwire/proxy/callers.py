"""Who called: a keyed fingerprint of the access key. The keys themselves are never kept.

leadwire cannot check LeadSquared's keys. They are wrong if the upstream answers 401.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from leadwire.recording.draft import Keys

CALLER: Final = "caller:"
UNKNOWN: Final = "unknown:"
_REMEMBERED_MAX: Final = 4_096
_SECRETS_MAX: Final = 10_000
_LONG_ENOUGH: Final = 6
"""A shorter text is not a key: removing it would change ordinary text."""


class Callers:
    """Fingerprints by *fingerprint* and digests by *digest*, both keyed. For any thread."""

    def __init__(self, fingerprint: Callable[[str], str], digest: Callable[[str], str]) -> None:
        self._fingerprint = fingerprint
        self._digest = digest
        self._known: OrderedDict[str, str] = OrderedDict()
        self._secrets: OrderedDict[str, None] = OrderedDict()

    def fingerprint(self, keys: Keys) -> str:
        """That of the access key, else of the async key; empty without both."""
        key = keys.access_key or keys.async_key
        if not key:
            return ""
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._fingerprint(key)
            if len(self._known) > _REMEMBERED_MAX:
                self._known.popitem(last=False)
        return known

    def remember(self, keys: Keys) -> None:
        """The upstream accepted these keys: find their secret in other calls, too.

        Keeps a digest in memory, for the latest callers only.
        """
        for secret in (keys.secret_key, keys.async_key):
            if len(secret) >= _LONG_ENOUGH:
                self._secrets[self._digest(secret)] = None
                if len(self._secrets) > _SECRETS_MAX:
                    self._secrets.popitem(last=False)

    def own_keys(self) -> Callable[[str], bool]:
        """A check whether a text is the secret of a caller: see ``Redaction``."""
        return lambda text: self._digest(text) in self._secrets
