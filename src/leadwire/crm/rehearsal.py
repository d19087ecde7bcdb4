"""The CRM and the files for a call whose effects are undone."""

from typing import Any, Protocol

from leadwire.clock import Clock, IdSource, RepeatedIds
from leadwire.crm.files import FileAbout, FileStore, StoredFile, safe_name
from leadwire.crm.leads.schema import LeadSchema
from leadwire.crm.store import Crm, Rehearsed, T, Work
from leadwire.crm.unit import Actor


class Rehearses(Crm, Protocol):
    """A CRM that can undo what a call does."""

    async def rehearse(
        self, actor: Actor, before: list[Rehearsed], last: Rehearsed, *, seconds_max: float
    ) -> Any:  # noqa: ANN401  # what *last* returns
        ...

    async def look(self, actor: Actor, work: Work[T]) -> T: ...


class RehearsedCrm:
    """The CRM of one call. It sees its own writes, and nothing of them is kept.

    Each step runs all earlier writes again, so that no transaction stays open between two steps.
    """

    def __init__(self, crm: Rehearses, *, clock: Clock, ids: IdSource, seconds_max: float) -> None:
        self._crm = crm
        self._clock = clock
        self._ids = ids
        self._seconds_max = seconds_max
        self._written: list[Rehearsed] = []

    async def write(self, actor: Actor, work: Work[T]) -> T:
        step = self._step(work)
        result: T = await self._run(actor, step)
        self._written.append(step)
        return result

    async def read(self, actor: Actor, work: Work[T]) -> T:
        if not self._written:  # others may write meanwhile
            return await self._crm.look(actor, work)
        result: T = await self._run(actor, self._step(work))
        return result

    async def search(self, actor: Actor, work: Work[T]) -> T:
        return await self.read(actor, work)

    async def schema(self, account_id: str) -> LeadSchema:
        if not self._written:
            return await self._crm.schema(account_id)
        return await self.read(Actor(account_id, "", {}), lambda unit: unit.schema)

    async def keep_up(self) -> None:
        """Nothing is kept, so there is nothing to index."""

    def close(self) -> None:
        """The store belongs to the server."""

    def _step(self, work: Work[Any]) -> Rehearsed:
        return Rehearsed(work, self._clock.now_ms(), RepeatedIds(self._ids))

    async def _run(self, actor: Actor, step: Rehearsed) -> Any:  # noqa: ANN401
        return await self._crm.rehearse(actor, self._written, step, seconds_max=self._seconds_max)


class RehearsedFiles(FileStore):
    """The files of a server. A new one is held in memory."""

    def __init__(self, files: FileStore, *, clock: Clock, ids: IdSource) -> None:
        self._files = files
        self._made: dict[tuple[str, str], StoredFile] = {}
        self._now_ms = clock.now_ms
        self._guid = ids.guid

    def keep(
        self, account_id: str, user_id: str, *, name: str, media_type: str, content: bytes
    ) -> FileAbout:
        about = FileAbout(
            file_id=self._guid(),
            name=safe_name(name),
            media_type=media_type,
            size_bytes=len(content),
            created_on=self._now_ms(),
            created_by=user_id,
        )
        self._made[account_id, about.file_id] = StoredFile(about, content)
        return about

    def read(self, account_id: str, file_id: str) -> StoredFile | None:
        made = self._made.get((account_id, file_id.lower()))
        return made or self._files.read(account_id, file_id)

    def has(self, account_id: str, file_id: str) -> bool:
        is_made = (account_id, file_id.lower()) in self._made
        return is_made or self._files.has(account_id, file_id)
