"""What a running server redacts: after the settings in force, and with the keys that it knows."""

from leadwire.access.chosen_settings import LiveSettings
from leadwire.calls.redaction.redaction import Redaction
from leadwire.calls.redaction.redactor import OwnKeys
from leadwire.calls.terms import TokenOf
from leadwire.clock import IdSource
from leadwire.server.open_log import open_personal, secret_names


class Redacting:
    """Follows the settings: a name that is chosen counts from the next call on.

    Raises SetupError if the key of the tokens cannot be made or read.
    """

    def __init__(self, live: LiveSettings, own_keys: OwnKeys, *, ids: IdSource) -> None:
        """*own_keys* recognises the secrets that are known here: see ``Redaction``."""
        self._live = live
        self._ids = ids
        self._personal = open_personal(live.of_server(), ids=ids)
        self.redaction = Redaction(
            names=secret_names(live.of_server()),
            own_keys=own_keys,
            personal=self._personal.fields,
        )
        live.followers.append(self._follow)

    def token_of(self) -> TokenOf | None:
        """What gives the token of a personal value; None if no value was ever replaced."""
        return self._personal.token_of

    def _follow(self) -> None:
        settings = self._live.of_server()
        self._personal = open_personal(settings, ids=self._ids)
        self.redaction.follow(secret_names(settings), self._personal.fields)
