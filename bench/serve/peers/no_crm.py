"""A CRM that does and keeps nothing: what is left is the cost of everything around it."""

from typing import Any

from leadwire.clock import SystemIds
from leadwire.crm.leads.schema import DEFAULT_SCHEMA, LeadSchema
from leadwire.crm.store import Work
from leadwire.crm.unit import Actor


class NoCrm:
    """Answers every write with a new id. Only for writes whose result is one."""

    def __init__(self) -> None:
        self._ids = SystemIds()

    async def write(self, actor: Actor, work: Work[Any]) -> Any:  # noqa: ANN401, ARG002
        return self._ids.guid()

    async def read(self, actor: Actor, work: Work[Any]) -> Any:  # noqa: ANN401
        raise NotImplementedError("the benchmark reads nothing")

    async def schema(self, account_id: str) -> LeadSchema:  # noqa: ARG002  # nobody has fields
        return DEFAULT_SCHEMA

    async def keep_up(self) -> None:
        """There is nothing to search."""

    def close(self) -> None:
        """Nothing is held, so nothing is released."""
