"""What an endpoint is given: who calls, with what, and the services it may use."""

from dataclasses import dataclass, field
from typing import Any

from leadwire.access.store import AccessStore
from leadwire.crm.files import FileStore
from leadwire.crm.schema import LeadSchema
from leadwire.crm.store import Crm, Work
from leadwire.crm.unit import Actor
from leadwire.errors import ParameterMissing
from leadwire.settings import Settings


@dataclass(frozen=True, slots=True)
class Services:
    crm: Crm
    access: AccessStore
    settings: Settings
    files: FileStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A decoded call. *body* is of the type that the catalogue gives the operation."""

    actor: Actor
    parameters: dict[str, str]
    """By name in lower case."""
    body: Any
    host: str
    call_id: str
    services: Services
    headers: list[tuple[str, str]] = field(default_factory=list)
    """Headers of the answer, beyond those that every answer has."""

    async def write(self, work: Work[Any]) -> Any:  # noqa: ANN401  # what *work* returns
        return await self.services.crm.write(self.actor, work)

    async def read(self, work: Work[Any]) -> Any:  # noqa: ANN401  # what *work* returns
        return await self.services.crm.read(self.actor, work)

    async def schema(self) -> LeadSchema:
        """The lead schema of the caller's account."""
        return await self.services.crm.schema(self.actor.account_id)

    def parameter(self, name: str) -> str:
        """A parameter of the URL without surrounding blanks; empty when it is not there."""
        return self.parameters.get(name.lower(), "").strip()

    def required(self, name: str, *, purpose: str) -> str:
        """As ``parameter``; raises ParameterMissing, with the dialect's sentence, when empty."""
        value = self.parameter(name)
        if not value:
            raise ParameterMissing(
                f"'{name}' is mandatory for {purpose}",
                location=f"query.{name}",
                fix=f"Add {name}=… to the URL.",
            )
        return value

    def tell(self, header: str, value: str) -> None:
        self.headers.append((header, value))
