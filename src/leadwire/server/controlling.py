"""A server with the control interface: what it has besides, and how it is put together."""

import asyncio
import os
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from leadwire.background.receivers import Posts
from leadwire.calls.store import CallStore
from leadwire.clock import SystemClock, SystemIds
from leadwire.controls import ControlledClock, Controls, SeededIds
from leadwire.controls.accounts import Accounts
from leadwire.controls.application import Parts
from leadwire.controls.delivering import Delivering
from leadwire.controls.faults import FaultSet
from leadwire.controls.guard import TOKEN_CHARACTERS_MIN, TOKEN_VARIABLE
from leadwire.controls.journal import Journal
from leadwire.controls.layer import ActorLayer, ControlLayer
from leadwire.controls.moving import Mover
from leadwire.controls.receivers import HOOKS, Receivers
from leadwire.controls.seeding import Sower
from leadwire.controls.sending import FaultySender
from leadwire.dates import DAY_MS
from leadwire.errors import SetupError
from leadwire.folder_identity import FILES_FOLDER, Identity
from leadwire.settings import Settings

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from leadwire.access.chosen_settings import LiveSettings
    from leadwire.access.store import AccessStore
    from leadwire.background.workers import Workers
    from leadwire.crm.store import CrmStore

_TOKEN_DIGITS: Final = 32
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


class Controlled:
    """The parts that a test controls: clock, ids, faults, receivers. One for an ``App``.

    Raises SetupError for settings under which controls could do harm.
    """

    def __init__(self, settings: Settings, *, is_ephemeral: bool) -> None:
        self._settings = settings
        self._is_ephemeral = is_ephemeral
        self.token: Final = _token(settings)
        self.clock: Final = ControlledClock(SystemClock())
        self.ids: Final = SeededIds(SystemIds())
        self._faults = FaultSet()
        self._open_calls: Counter[str] = Counter()
        self._receivers = Receivers()
        self._base_url = ""
        self._accounts: Accounts
        _check(settings)

    async def start(self, base_url: str) -> None:
        """The server listens at *base_url*. What is there now is what a reset brings back."""
        self._base_url = base_url
        for account_id in await self._accounts.ids():
            await self._accounts.note_start(account_id)

    def is_own(self, url: str) -> bool:
        """Whether a webhook's address is a receiver of this server, exactly."""
        return bool(self._base_url) and url.startswith(
            f"{self._base_url}{HOOKS}{self._receivers.token}/"
        )

    def _receiver_url(self, name: str) -> str:
        self._receivers.put(name, [])
        return f"{self._base_url}{HOOKS}{self._receivers.token}/{name}"

    def check_folder(self, identity: Identity) -> None:
        """Raises SetupError for a folder whose data a reset must not erase."""
        if identity.purpose == "data":
            raise SetupError(
                f"{self._settings.data} was not made for tests: a reset would erase it for good. "
                "Use --ephemeral, or another --data."
            )

    def layer(self, inner: ActorLayer) -> ActorLayer:
        """Between Gate and Dispatch."""
        return ControlLayer(inner, self._faults, self._open_calls)

    def outermost(self, inner: "ASGIApp", *, stopping: Callable[[], bool]) -> "ASGIApp":
        """Around the whole API. Calls that hang end when the server is *stopping*."""
        return Delivering(inner, self.clock, stopping=stopping)

    def sender(self, inner: Posts) -> Posts:
        """Posts deliveries to webhooks."""
        return FaultySender(inner, self._faults, self.clock)

    async def controls(
        self,
        live: "LiveSettings",
        access: "AccessStore",
        crm: "CrmStore",
        calls: CallStore,
        workers: "Workers",
        *,
        forget: Callable[[str | None], None],
    ) -> Controls:
        """The control interface of an open server.

        *forget* clears what the layers of a call remember of an account; None: of all.
        """
        settings = self._settings

        async def prune() -> None:
            before_ms = self.clock.now_ms() - live.of_server().calls_retention_days * DAY_MS
            await asyncio.to_thread(calls.prune, before_ms=before_ms)

        for worker in workers.by_name.values():
            worker.prunes = False  # the evidence of a test stays
        accounts = Accounts(
            access=access,
            live=live,
            crm=crm,
            files=settings.data / FILES_FOLDER,
            workers=workers,
            faults=self._faults,
            open_calls=self._open_calls,
            forget=forget,
        )
        parts = Parts(
            accounts=accounts,
            faults=self._faults,
            mover=Mover(self.clock, workers, lambda: forget(None), prune),
            journal=Journal(calls.reader, self.clock),
            receivers=self._receivers,
            sower=Sower(access, crm, self._receiver_url),
            ids=self.ids,
            is_ephemeral=self._is_ephemeral,
            base_url=lambda: self._base_url,
        )
        self._accounts = accounts
        return Controls(parts, token=self.token, host=settings.host)


def _token(settings: Settings) -> str:
    given = os.environ.get(TOKEN_VARIABLE, "")
    if not given:
        if settings.host not in _LOOPBACK:
            raise SetupError(
                f"--controls with --host {settings.host} lets other machines reset this server. "
                f"Set {TOKEN_VARIABLE} to a token of at least {TOKEN_CHARACTERS_MIN} characters."
            )
        return f"lwt_{SystemIds().hex_digits(_TOKEN_DIGITS)}"
    if len(given) < TOKEN_CHARACTERS_MIN or not given.isascii() or not given.isprintable():
        raise SetupError(
            f"{TOKEN_VARIABLE} has {len(given)} characters. Use at least {TOKEN_CHARACTERS_MIN} "
            "printable ASCII characters."
        )
    return given


def _check(settings: Settings) -> None:
    """Raises SetupError for a server that more than a test depends on."""
    harmful = {
        "database_url": bool(settings.database_url.get_secret_value()),
        "calls_clickhouse_url": bool(settings.calls_clickhouse_url),
        "mail_smtp_host": bool(settings.mail_smtp_host),
    }
    for name, is_set in harmful.items():
        if is_set:
            raise SetupError(
                f"--controls and the setting {name} exclude each other: a test would change or "
                "reach what is not its own. Unset it, or leave --controls out."
            )
