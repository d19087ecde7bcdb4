"""The routes of the control interface: each reads a request, and calls one part."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from leadwire.controls.accounts import EMPTY, Accounts, Kept
from leadwire.controls.answers import (
    BAD_REQUEST,
    NOT_FOUND,
    Refused,
    answer,
    as_type,
    body_of,
    check_wait,
    did_you_mean,
    number_of,
    wrong,
)
from leadwire.controls.faults import Fault, FaultSet
from leadwire.controls.guard import Guard
from leadwire.controls.ids import SeededIds
from leadwire.controls.journal import Expected, Journal
from leadwire.controls.moving import WITHIN_MS, Mover
from leadwire.controls.openapi import Row, document
from leadwire.controls.receivers import HOOKS, Receivers, Reply, as_shown
from leadwire.controls.seed_file import SeedFile, read_seed
from leadwire.controls.seeding import Sower
from leadwire.version import __version__

PREFIX: Final = "/__leadwire/"
VERSION: Final = 1
_WAIT_MS: Final = 2_000
_LOG_MAX: Final = 1_000
_LIMIT: Final = 100
_CREATED: Final = 201


class NewAccount(msgspec.Struct, forbid_unknown_fields=True):
    name: str = "Test"
    from_: str = msgspec.field(default="", name="from")
    """``ACCOUNT/SNAPSHOT``, or a snapshot of the only account."""
    plan: str = ""
    settings: dict[str, Any] = {}
    """Settings of the table that are chosen for an account."""


class Choice(msgspec.Struct, forbid_unknown_fields=True):
    plan: str = ""
    settings: dict[str, Any] = {}


class Reset(msgspec.Struct, forbid_unknown_fields=True):
    account: str = ""
    all: bool = False
    keep: tuple[Kept, ...] = ()
    wait_ms: int = _WAIT_MS


class NewSnapshot(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    account: str = ""
    replace: bool = False


class OfAccount(msgspec.Struct, forbid_unknown_fields=True):
    account: str = ""


class ClockOrder(msgspec.Struct, forbid_unknown_fields=True):
    """Exactly one of the first five members is given."""

    freeze: str | None = None
    set: str | None = None
    advance: str | int | None = None
    run: bool = False
    reset: bool = False
    within_ms: int = WITHIN_MS
    retention: bool = False


class SeedOfIds(msgspec.Struct, forbid_unknown_fields=True):
    seed: int | None


class NewReceiver(msgspec.Struct, forbid_unknown_fields=True):
    respond: list[Reply] = []


TABLE: Final = (
    Row("GET", "", "about", "What this server is, and its state."),
    Row("GET", "openapi.json", "openapi", "This description."),
    Row("GET", "log", "log", "The last 1,000 requests to the control interface."),
    Row("POST", "accounts", "add_account", "Make an account with a key pair.", NewAccount),
    Row("PATCH", "accounts/{account}", "change_account", "Choose its plan and settings.", Choice),
    Row("POST", "accounts/{account}/start", "note_start", "Let a reset bring back what is now."),
    Row("POST", "accounts/{account}/async-key", "make_async_key", "A key for asynchronous calls."),
    Row("DELETE", "accounts/{account}", "remove_account", "Remove an account and its data."),
    Row("POST", "reset", "reset", "Bring back the data of the start.", Reset),
    Row("GET", "snapshots", "snapshots", "The names of an account's snapshots."),
    Row("POST", "snapshots", "take_snapshot", "Keep an account's data by name.", NewSnapshot),
    Row("POST", "snapshots/{name}/restore", "restore", "Bring kept data back.", OfAccount),
    Row("DELETE", "snapshots/{name}", "remove_snapshot", "Forget a snapshot."),
    Row("POST", "seed", "seed", "Add the data of a seed file, as YAML or JSON.", SeedFile),
    Row("GET", "clock", "clock", "What the clock shows."),
    Row("POST", "clock", "move_clock", "Stop, set, advance or run the clock.", ClockOrder),
    Row("POST", "ids", "seed_ids", "Make ids from a seed.", SeedOfIds),
    Row("GET", "faults", "faults", "The faults that are set."),
    Row("POST", "faults", "add_faults", "Set one fault, or a list of them.", Fault),
    Row("DELETE", "faults", "remove_faults", "Remove the faults of an account, or all."),
    Row("DELETE", "faults/{fault}", "remove_fault", "Remove one fault."),
    Row("GET", "calls", "calls", "The calls that match a search, oldest first."),
    Row("POST", "calls/expect", "expect", "Wait for calls, and say whether they came.", Expected),
    Row("PUT", "receivers/{name}", "put_receiver", "Make a receiver of webhooks.", NewReceiver),
    Row("GET", "receivers/{name}/deliveries", "deliveries", "What a receiver got."),
)
"""Every route of the control interface."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the routes use."""

    accounts: Accounts
    faults: FaultSet
    mover: Mover
    journal: Journal
    receivers: Receivers
    sower: Sower
    ids: SeededIds
    is_ephemeral: bool
    base_url: Callable[[], str]
    """The server's own address."""


class Controls:
    """The control interface as an ASGI application for the paths below PREFIX."""

    def __init__(self, parts: Parts, *, token: str, host: str) -> None:
        self._parts = parts
        self._log: deque[dict[str, Any]] = deque(maxlen=_LOG_MAX)
        self._hooks = Starlette(
            routes=[
                Route(
                    f"{HOOKS}{{token}}/{{name}}",
                    parts.receivers.receive,
                    methods=["HEAD", "GET", "POST", "PUT"],
                )
            ]
        )
        self._guarded: ASGIApp = Guard(
            Starlette(routes=self._routes(), exception_handlers={Refused: _refused}),
            token=token,
            host=host,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].startswith(HOOKS):
            await self._hooks(scope, receive, send)
            return

        async def noted(message: Any) -> None:  # noqa: ANN401  # an ASGI message
            if message["type"] == "http.response.start":
                self._log.append({"method": scope["method"],
                                  "path": scope["path"].removeprefix(PREFIX),
                                  "status_code": message["status"]})  # fmt: skip
            await send(message)

        await self._guarded(scope, receive, noted)

    def _routes(self) -> list[Route]:
        routes = [
            Route(PREFIX + row.path, getattr(self, row.endpoint), methods=[row.method])
            for row in TABLE
        ]
        known = tuple(row.path for row in TABLE if "{" not in row.path)
        return [*routes, Route(PREFIX + "{rest:path}", _unknown(known), methods=_EVERY_METHOD)]

    async def about(self, request: Request) -> Response:
        del request
        parts = self._parts
        return answer(
            {
                "leadwire": __version__,
                "controls": VERSION,
                "clock": parts.mover.shown(),
                "accounts": len(await parts.accounts.ids()),
                "faults": len(parts.faults.all()),
                "ephemeral": parts.is_ephemeral,
            }
        )

    async def openapi(self, request: Request) -> Response:
        del request
        return answer(document(TABLE, PREFIX))

    async def log(self, request: Request) -> Response:
        del request
        return answer({"requests": list(self._log)})

    async def add_account(self, request: Request) -> Response:
        wanted = await body_of(request, NewAccount)
        accounts, state = self._parts.accounts, EMPTY
        if wanted.from_:
            owner, _, name = wanted.from_.rpartition("/")
            state = accounts.snapshot(await accounts.one(owner), name)
        settings = wanted.settings | ({"plan": wanted.plan} if wanted.plan else {})
        made = await accounts.create(name=wanted.name, settings=settings, state=state)
        return answer(made._asdict(), _CREATED)

    async def change_account(self, request: Request) -> Response:
        wanted = await body_of(request, Choice)
        account_id = await self._parts.accounts.one(request.path_params["account"])
        settings = wanted.settings | ({"plan": wanted.plan} if wanted.plan else {})
        await self._parts.accounts.choose(account_id, settings)
        return answer({"account": account_id, "chosen": sorted(settings)})

    async def note_start(self, request: Request) -> Response:
        account_id = await self._parts.accounts.one(request.path_params["account"])
        await self._parts.accounts.note_start(account_id)
        return answer({"start": account_id})

    async def make_async_key(self, request: Request) -> Response:
        account_id = await self._parts.accounts.one(request.path_params["account"])
        return answer({"async_key": await self._parts.accounts.make_async_key(account_id)})

    async def remove_account(self, request: Request) -> Response:
        account_id = await self._parts.accounts.one(request.path_params["account"])
        await self._parts.accounts.remove(account_id)
        self._parts.faults.remove_of(account_id)
        return answer({"removed": account_id})

    async def reset(self, request: Request) -> Response:
        wanted = await body_of(request, Reset)
        accounts = self._parts.accounts
        if wanted.all and wanted.account:
            raise wrong("Give either 'account' or 'all'.", at="all")
        check_wait("wait_ms", wanted.wait_ms)
        ids = await accounts.ids() if wanted.all else [await accounts.one(wanted.account)]
        done = await accounts.reset(ids, keep=wanted.keep, wait_ms=wanted.wait_ms)
        if wanted.all:
            self._parts.faults.remove_of(None)
            self._parts.receivers.remove_all()
        places = [self._parts.journal.note_reset(account_id) for account_id in ids]
        return answer({**done._asdict(), "calls_from": places[-1]})

    async def snapshots(self, request: Request) -> Response:
        account_id = await self._parts.accounts.one(request.query_params.get("account", ""))
        return answer({"snapshots": self._parts.accounts.snapshots(account_id)})

    async def take_snapshot(self, request: Request) -> Response:
        wanted = await body_of(request, NewSnapshot)
        account_id = await self._parts.accounts.one(wanted.account)
        accounts = self._parts.accounts
        await accounts.take_snapshot(account_id, wanted.name, replace=wanted.replace)
        return answer({"name": wanted.name, "account": account_id}, _CREATED)

    async def restore(self, request: Request) -> Response:
        wanted = await body_of(request, OfAccount)
        accounts = self._parts.accounts
        account_id = await accounts.one(wanted.account)
        await accounts.put(account_id, accounts.snapshot(account_id, request.path_params["name"]))
        return answer({"restored": request.path_params["name"], "account": account_id})

    async def remove_snapshot(self, request: Request) -> Response:
        account_id = await self._parts.accounts.one(request.query_params.get("account", ""))
        self._parts.accounts.remove_snapshot(account_id, request.path_params["name"])
        return answer({"removed": request.path_params["name"]})

    async def seed(self, request: Request) -> Response:
        began = time.perf_counter()
        account_id = await self._parts.accounts.one(request.query_params.get("account", ""))
        seed = read_seed(await request.body())
        ids = await self._parts.sower.sow(account_id, seed)
        took_ms = round((time.perf_counter() - began) * 1_000, 3)
        leads = len(seed.leads) + seed.sample
        counts = {"leads": leads, "users": len(seed.users), "lists": len(seed.lists)}
        return answer({**counts, "ids": ids, "took_ms": took_ms})

    async def clock(self, request: Request) -> Response:
        del request
        return answer(self._parts.mover.shown())

    async def move_clock(self, request: Request) -> Response:
        order, mover = await body_of(request, ClockOrder), self._parts.mover
        given = [order.freeze is not None, order.set is not None, order.advance is not None,
                 order.run, order.reset]  # fmt: skip
        if sum(given) != 1:
            raise wrong("Give one of freeze, set, advance, run and reset.")
        if order.freeze is not None:
            return answer(mover.freeze(order.freeze))
        if order.set is not None:
            return answer(await mover.set(order.set, within_ms=order.within_ms))
        if order.advance is not None:
            moved = await mover.advance(
                order.advance, within_ms=order.within_ms, retention=order.retention
            )
            return answer(moved)
        return answer(mover.run() if order.run else mover.reset())

    async def seed_ids(self, request: Request) -> Response:
        wanted = await body_of(request, SeedOfIds)
        self._parts.ids.seed(wanted.seed)
        return answer({"seed": wanted.seed})

    async def faults(self, request: Request) -> Response:
        account_id = request.query_params.get("account")
        return answer({"faults": [each.shown() for each in self._parts.faults.all(account_id)]})

    async def add_faults(self, request: Request) -> Response:
        wanted = await body_of(request, Any)  # one or a list
        one_or_more = wanted if isinstance(wanted, list) else [wanted]
        faults = as_type(one_or_more, list[Fault]) if one_or_more else []
        for place, fault in enumerate(faults):
            if fault.account:
                await self._known(fault.account, f"[{place}].account")
        made = self._parts.faults.add(faults)
        return answer({"faults": [each.shown() for each in made]}, _CREATED)

    async def _known(self, account_id: str, at: str) -> None:
        try:
            await self._parts.accounts.one(account_id)
        except Refused as refused:
            raise wrong(str(refused), at=at) from None

    async def remove_faults(self, request: Request) -> Response:
        account_id = request.query_params.get("account")
        return answer({"removed": self._parts.faults.remove_of(account_id)})

    async def remove_fault(self, request: Request) -> Response:
        self._parts.faults.remove(request.path_params["fault"])
        return answer({"removed": 1})

    async def calls(self, request: Request) -> Response:
        given = dict(request.query_params)
        unknown = set(given) - {"q", "account", "since", "limit"}
        if unknown:
            name = min(unknown)
            fix = did_you_mean(name, ("q", "account", "since", "limit"))
            raise Refused(BAD_REQUEST, "unknown_member", f"There is no parameter '{name}'.",
                          at=name, fix=fix)  # fmt: skip
        account_id = await self._parts.accounts.one(given.get("account", ""))
        calls, more = await asyncio.to_thread(
            self._parts.journal.calls,
            account_id,
            given.get("q", ""),
            since=given.get("since", "reset"),
            limit=number_of(request, "limit", _LIMIT),
        )
        return answer({"calls": calls, "more": more})

    async def expect(self, request: Request) -> Response:
        expected = await body_of(request, Expected)
        account_id = await self._parts.accounts.one(expected.account)
        return answer(await self._parts.journal.expect(account_id, expected))

    async def put_receiver(self, request: Request) -> Response:
        wanted = await body_of(request, NewReceiver)
        name, receivers = request.path_params["name"], self._parts.receivers
        receivers.put(name, wanted.respond)
        return answer({"url": f"{self._parts.base_url()}{HOOKS}{receivers.token}/{name}"})

    async def deliveries(self, request: Request) -> Response:
        count, within_ms = number_of(request, "wait", 0), number_of(request, "within_ms", _WAIT_MS)
        name = request.path_params["name"]
        return answer(as_shown(await self._parts.receivers.wait(name, count, within_ms)))


_EVERY_METHOD: Final = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def _unknown(known: tuple[str, ...]) -> Any:  # noqa: ANN401  # an endpoint
    def refuse(request: Request) -> Response:
        path = request.path_params["rest"]
        raise Refused(
            NOT_FOUND,
            "no_control",
            f"There is no control {request.method} '{path}'.",
            fix=did_you_mean(path, known) or f"See {PREFIX}openapi.json.",
        )

    return refuse


async def _refused(request: Request, refused: Exception) -> Response:
    del request
    assert isinstance(refused, Refused)  # noqa: S101  # registered for it alone
    return answer(refused.body, refused.status_code)
