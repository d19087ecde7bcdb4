"""Accounts on demand, and their states: reset, snapshot and restore.

A state is every row and file of one account. Its keys and ids are the same after a reset, so
clients keep working. The call log is never touched: it is the evidence of the test.
"""

import asyncio
import shutil
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final, Literal, NamedTuple

from leadwire.access.accounts import FirstAccount, create_account, erase_account
from leadwire.access.audit import Doer
from leadwire.access.change import Change
from leadwire.access.chosen_settings import LiveSettings
from leadwire.access.key_pairs import replace_async_key
from leadwire.access.passwords import generate_password, hash_password
from leadwire.access.store import AccessStore
from leadwire.background.workers import Workers
from leadwire.clock import SystemIds
from leadwire.controls.answers import (
    BAD_REQUEST,
    CONFLICT,
    NOT_FOUND,
    Refused,
    check_name,
    until,
    wrong,
)
from leadwire.controls.faults import FaultSet
from leadwire.controls.rows import (
    Rows,
    access_rows,
    crm_rows,
    moved,
    replace_access_rows,
    replace_crm_rows,
)
from leadwire.crm.store import CrmStore
from leadwire.crm.unit import Actor, Unit
from leadwire.database.database import transaction
from leadwire.settings_sources import SettingsInvalid

Kept = Literal["fields", "users", "activity_types", "lists", "webhooks"]

_TABLES_OF_KEPT: Final[Mapping[Kept, tuple[str, ...]]] = {
    "fields": ("lead_fields",),
    "users": (),
    "activity_types": ("activity_types",),
    "lists": ("lists",),
    "webhooks": ("webhooks",),
}
_IDS: Final = SystemIds()
_EMAIL_DIGITS: Final = 12
_CONTROLS: Final = Doer("", "control interface", "")


class State(NamedTuple):
    """All data of an account."""

    crm: Rows
    access: Rows
    files: Mapping[str, bytes]
    """Contents by path in the account's folder."""


EMPTY: Final = State({}, {}, {})


class ResetDone(NamedTuple):
    reset: int
    """Accounts."""
    in_flight: int
    """Calls that did not end within the wait: what they write comes after the reset."""
    took_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """Makes, resets and copies accounts of a running server. Belongs to the event loop."""

    access: AccessStore
    live: LiveSettings
    crm: CrmStore
    files: Path
    workers: Workers
    faults: FaultSet
    open_calls: Counter[str]
    forget: Callable[[str | None], None]
    """Tells the gate and the limits to forget what they know of an account."""
    _starts: dict[str, State] = field(default_factory=dict)
    _snapshots: dict[tuple[str, str], State] = field(default_factory=dict)

    async def ids(self) -> list[str]:
        return await asyncio.to_thread(self.access.account_ids)

    async def one(self, account_id: str) -> str:
        """*account_id* if there is such an account; empty: the only one. Raises Refused."""
        known = await self.ids()
        if account_id in known:
            return account_id
        if account_id:
            raise Refused(NOT_FOUND, "no_account", f"There is no account '{account_id}'.")
        if len(known) > 1:
            message = f"Say which account: there are {len(known)}."
            raise Refused(BAD_REQUEST, "which_account", message, at="account")
        return known[0]

    async def create(
        self, *, name: str, settings: Mapping[str, object], state: State = EMPTY
    ) -> FirstAccount:
        """A new account with an administrator and a key pair, and the data of *state*.

        *settings* are chosen for it. Raises Refused for one that cannot be chosen.
        """

        def add() -> FirstAccount:
            password = generate_password(_IDS)
            password_hash = hash_password(password, quickly=True)
            # An address of its own, so that it has a password of its own.
            email = f"admin-{_IDS.hex_digits(_EMAIL_DIGITS)}@leadwire.local"
            make = partial(
                create_account,
                name=name,
                email=email,
                password=password,
                password_hash=password_hash,
            )
            return self.access.change(_CONTROLS, make)

        made = await asyncio.to_thread(add)
        try:
            await self.choose(made.account_id, settings)
        except Refused:
            await self.remove(made.account_id)
            raise
        if state.crm:
            await self._put_crm(made.account_id, _moved(state, made))
        await self.note_start(made.account_id)
        return made

    async def choose(self, account_id: str, settings: Mapping[str, object]) -> None:
        """Choose settings for the account. Raises Refused for one that cannot be chosen."""
        try:
            await asyncio.to_thread(self.live.choose, _CONTROLS, account_id, settings)
        except SettingsInvalid as error:
            raise wrong(str(error), at="settings") from None

    async def make_async_key(self, account_id: str) -> str:
        """A new async key of the account. It replaces the previous one."""

        def make(change: Change) -> str:
            return replace_async_key(change, account_id)

        return await asyncio.to_thread(self.access.change, _CONTROLS, make)

    async def remove(self, account_id: str) -> None:
        """Remove the account and its data. Its calls stay in the log."""
        await self._put_crm(account_id, {})
        await asyncio.to_thread(self._drop, account_id)
        self._forget(account_id)
        self._starts.pop(account_id, None)

    def _drop(self, account_id: str) -> None:
        with transaction(self.access.engine) as connection:
            erase_account(connection, account_id)
        shutil.rmtree(self.files / account_id, ignore_errors=True)

    async def note_start(self, account_id: str) -> None:
        """What the account has now is what a reset brings back."""
        self._starts[account_id] = await self.state(account_id)

    async def state(self, account_id: str) -> State:
        crm = await self.crm.read(_actor(account_id), lambda u: crm_rows(u.connection, account_id))
        access, files = await asyncio.to_thread(self._other_data, account_id)
        return State(crm, access, files)

    def _other_data(self, account_id: str) -> tuple[Rows, Mapping[str, bytes]]:
        folder = self.files / account_id
        files = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file()
        }
        with self.access.engine.connect() as connection:
            return access_rows(connection, account_id), files

    async def reset(
        self, account_ids: list[str], *, keep: tuple[Kept, ...] = (), wait_ms: int
    ) -> ResetDone:
        """Bring back what each account had at its start, once its open calls have ended."""
        began = time.perf_counter()
        in_flight = await self._settle(account_ids, wait_ms)
        for account_id in account_ids:
            start = self._starts.get(account_id, EMPTY)
            await self.put(account_id, await self._with_kept(account_id, start, keep))
            self.faults.remove_of(account_id)
        took_ms = round((time.perf_counter() - began) * 1_000, 3)
        return ResetDone(len(account_ids), in_flight, took_ms)

    async def _with_kept(self, account_id: str, start: State, keep: tuple[Kept, ...]) -> State:
        if not keep:
            return start
        now = await self.state(account_id)
        names = {name for kind in keep for name in _TABLES_OF_KEPT[kind]}
        crm = {**start.crm, **{name: now.crm[name] for name in names}}
        return start._replace(crm=crm, access=now.access if "users" in keep else start.access)

    async def _settle(self, account_ids: list[str], wait_ms: int) -> int:
        """Wait for open calls and background work; how many calls are still open."""
        ends_at = time.perf_counter() + wait_ms / 1_000

        def waiting() -> int:
            return sum(self.open_calls[account_id] for account_id in account_ids)

        def is_over() -> bool:
            return not waiting() and not self.workers.running

        await until(is_over, ends_at)
        return waiting()

    async def put(self, account_id: str, state: State) -> None:
        """Replace all data of the account by *state*."""
        await self._put_crm(account_id, state.crm)
        await asyncio.to_thread(self._put_others, account_id, state)
        self._forget(account_id)

    async def _put_crm(self, account_id: str, rows: Rows) -> None:
        def replace(unit: Unit) -> None:
            replace_crm_rows(unit.connection, account_id, rows)
            unit.stale_schemas.add(account_id)
            unit.queued.add(account_id)  # wakes the workers: the queues have changed

        await self.crm.write(_actor(account_id), replace)

    def _put_others(self, account_id: str, state: State) -> None:
        with transaction(self.access.engine) as connection:
            is_changed = replace_access_rows(connection, account_id, state.access)
        if is_changed:
            self.live.read()
        folder = self.files / account_id
        if not state.files and not folder.exists():
            return
        shutil.rmtree(folder, ignore_errors=True)
        for name, content in state.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    def _forget(self, account_id: str) -> None:
        self.access.changes += 1
        self.forget(account_id)

    async def take_snapshot(self, account_id: str, name: str, *, replace: bool) -> None:
        """Keep the account's state under *name*, in memory. Raises Refused if it is taken."""
        check_name("snapshot", name)
        if (account_id, name) in self._snapshots and not replace:
            raise Refused(
                CONFLICT,
                "snapshot_exists",
                f"There is a snapshot '{name}' already.",
                fix='Send "replace": true, or choose another name.',
            )
        self._snapshots[account_id, name] = await self.state(account_id)

    def snapshots(self, account_id: str) -> list[str]:
        return sorted(name for owner, name in self._snapshots if owner == account_id)

    def snapshot(self, account_id: str, name: str) -> State:
        """Raises Refused if there is no such snapshot."""
        found = self._snapshots.get((account_id, name))
        if found is None:
            known = self.snapshots(account_id)
            there = f"there are {', '.join(known)}" if known else "there is none"
            message = f"There is no snapshot '{name}': {there}."
            raise Refused(NOT_FOUND, "no_snapshot", message)
        return found

    def remove_snapshot(self, account_id: str, name: str) -> None:
        """Raises Refused if there is no such snapshot."""
        self.snapshot(account_id, name)
        del self._snapshots[account_id, name]


def _actor(account_id: str) -> Actor:
    return Actor(account_id, "", {})


def _moved(state: State, made: FirstAccount) -> Rows:
    """The CRM's rows of another account for the new one: its administrator owns all of them."""
    people = {str(row[0]) for row in state.access["users"]}
    accounts = {str(row[1]) for row in state.access["users"]}
    ids = dict.fromkeys(people, made.user_id) | dict.fromkeys(accounts, made.account_id)
    return moved(state.crm, ids)
