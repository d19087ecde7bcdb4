"""The input of an endpoint: the caller, the decoded call, and the services."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from leadwire.access.store import AccessStore
from leadwire.access.unit import AccessUnit
from leadwire.crm.files import FileStore
from leadwire.crm.leads.schema import LeadSchema
from leadwire.crm.store import Crm, Work
from leadwire.crm.unit import Actor
from leadwire.crm.webhooks.announcing import quiet_updates
from leadwire.crm.webhooks.drafts import Probe
from leadwire.dates import Moment, format_ms, format_seconds, format_us
from leadwire.headers import NOTICE_HEADER
from leadwire.operations import Operation
from leadwire.operations.operation import DateForm
from leadwire.recording.draft import Draft
from leadwire.settings import Settings
from leadwire.visible import visible

R = TypeVar("R")
_PRINTED: Final[dict[DateForm, Moment]] = {
    "milliseconds": format_ms,
    "seconds": format_seconds,
    "US": format_us,
}


@dataclass(frozen=True, slots=True)
class Services:
    crm: Crm
    access: AccessStore
    settings: Settings
    probe: Probe
    files: FileStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A decoded call. *body* has the operation's type from the catalogue."""

    operation: Operation
    actor: Actor
    parameters: dict[str, str]
    """Keyed by name in lower case."""
    body: Any
    call_id: str
    services: Services
    draft: Draft
    """The call as received, for asynchronous operations."""
    headers: list[tuple[str, str]] = field(default_factory=list)
    """Additional headers of the answer."""

    async def write(self, work: Work[Any]) -> Any:  # noqa: ANN401  # what *work* returns
        return await self.services.crm.write(self.actor, work)

    async def update(self, work: Work[Any]) -> Any:  # noqa: ANN401  # what *work* returns
        """As ``write``. Announces updates of leads only if the caller asks for it."""
        if self.parameter("postUpdatedLead").lower() in ("true", "1"):
            return await self.write(work)
        return await self.write(lambda unit: work(quiet_updates(unit)))

    async def read(self, work: Work[Any]) -> Any:  # noqa: ANN401  # what *work* returns
        return await self.services.crm.read(self.actor, work)

    async def search(self, work: Work[Any]) -> Any:  # noqa: ANN401  # what *work* returns
        """As ``read``, for searches, which may see a write later."""
        return await self.services.crm.search(self.actor, work)

    async def write_access(self, work: Callable[[AccessUnit], R]) -> R:
        """Change access data in one transaction."""
        account_id, user_id = self.actor.account_id, self.actor.user_id
        return await asyncio.to_thread(self.services.access.write, account_id, user_id, work)

    async def read_access(self, work: Callable[[AccessUnit], R]) -> R:
        account_id, user_id = self.actor.account_id, self.actor.user_id
        return await asyncio.to_thread(self.services.access.read, account_id, user_id, work)

    async def schema(self) -> LeadSchema:
        """The lead schema of the caller's account."""
        return await self.services.crm.schema(self.actor.account_id)

    def parameter(self, name: str) -> str:
        """A parameter of the URL without surrounding blanks; empty if missing."""
        return self.parameters.get(name.lower(), "").strip()

    @property
    def moment(self) -> Moment:
        """The format of the answer's date-times, from the setting ``dates`` and the catalogue."""
        recorded = self.operation.recorded_dates
        if recorded is None or self.services.settings.dates == "seed":
            return format_ms
        return _PRINTED[recorded.form]

    @property
    def host(self) -> str:
        """The host name that clients use for this server."""
        return self.services.settings.public_host or self.draft.host

    def address(self, path: str) -> str:
        """The full address of a path on this server."""
        is_secure = self.draft.scheme == "https" or bool(self.services.settings.public_host)
        return f"{'https' if is_secure else 'http'}://{self.host}{path}"

    def tell(self, header: str, value: str) -> None:
        self.headers.append((header, value))

    def notice(self, text: str) -> None:
        """Tell the caller what the body cannot say. *text* may hold any characters."""
        self.tell(NOTICE_HEADER, visible(text).encode("ascii", "replace").decode())


Endpoint = Callable[[Request], Awaitable[Any]]
"""Implements an operation. The result has the operation's type from the catalogue."""
