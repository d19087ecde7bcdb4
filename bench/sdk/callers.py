"""Those who are measured: each makes the same call, over one kept connection, many times."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import process_time_ns
from typing import Final, NamedTuple, Protocol

import httpx2

from leadwire import AsyncClient, CallLog, Client, Hook, JsonLinesSink

ACCESS_KEY: Final = "u$r0123456789abcdef0123456789abcdef"
SECRET_KEY: Final = "fedcba9876543210fedcba9876543210fedcba98"  # noqa: S105  # of nobody
_PATH: Final = "/v2/LeadManagement.svc/Lead.Create"
_FIELDS: Final = {
    "FirstName": "Asha",
    "LastName": "Verma",
    "EmailAddress": "asha@example.com",
    "Phone": "+91-9000000001",
    "Company": "Acme",
    "mx_City": "Pune",
}
_BODY: Final = [{"Attribute": name, "Value": value} for name, value in _FIELDS.items()]
_KEYS: Final = {"x-LSQ-AccessKey": ACCESS_KEY, "x-LSQ-SecretKey": SECRET_KEY}


class Caller(Protocol):
    def cpu_us_per_call(self, calls: int) -> float:
        """Make *calls* calls, one after the other; the processor time that each took."""
        ...


class Pair(NamedTuple):
    """The same calls by the library alone, and by the SDK without and with a log."""

    bare: Caller
    quiet: Caller
    logged: Caller


class _Blocking:
    def __init__(self, client: Client) -> None:
        self._client = client

    def cpu_us_per_call(self, calls: int) -> float:
        started = process_time_ns()
        for _ in range(calls):
            assert self._client.leads.create(_FIELDS).id  # noqa: S101
        return (process_time_ns() - started) / calls / 1_000


class _BareBlocking:
    def __init__(self, client: httpx2.Client) -> None:
        self._client = client

    def cpu_us_per_call(self, calls: int) -> float:
        started = process_time_ns()
        for _ in range(calls):
            response = self._client.post(_PATH, json=_BODY)
            response.raise_for_status()
            assert response.json()["Message"]["Id"]  # noqa: S101
        return (process_time_ns() - started) / calls / 1_000


class _Async:
    def __init__(self, client: AsyncClient, loop: asyncio.AbstractEventLoop) -> None:
        self._client = client
        self._loop = loop

    def cpu_us_per_call(self, calls: int) -> float:
        return self._loop.run_until_complete(self._run(calls))

    async def _run(self, calls: int) -> float:
        started = process_time_ns()
        for _ in range(calls):
            assert (await self._client.leads.create(_FIELDS)).id  # noqa: S101
        return (process_time_ns() - started) / calls / 1_000


class _BareAsync:
    def __init__(self, client: httpx2.AsyncClient, loop: asyncio.AbstractEventLoop) -> None:
        self._client = client
        self._loop = loop

    def cpu_us_per_call(self, calls: int) -> float:
        return self._loop.run_until_complete(self._run(calls))

    async def _run(self, calls: int) -> float:
        started = process_time_ns()
        for _ in range(calls):
            response = await self._client.post(_PATH, json=_BODY)
            response.raise_for_status()
            assert response.json()["Message"]["Id"]  # noqa: S101
        return (process_time_ns() - started) / calls / 1_000


@contextmanager
def blocking(base: str, log_file: Path) -> Iterator[Pair]:
    keys = {"access_key": ACCESS_KEY, "secret_key": SECRET_KEY}
    log = CallLog(JsonLinesSink(log_file), level="integration")
    with (
        httpx2.Client(base_url=base, headers=_KEYS) as bare,
        Client(host=base, hooks=[Hook()], **keys) as quiet,
        Client(host=base, hooks=[Hook()], call_log=log, **keys) as logged,
    ):
        yield Pair(_BareBlocking(bare), _Blocking(quiet), _Blocking(logged))
    log.close()


@contextmanager
def asynchronous(base: str, log_file: Path) -> Iterator[Pair]:
    loop = asyncio.new_event_loop()
    keys = {"access_key": ACCESS_KEY, "secret_key": SECRET_KEY}
    log = CallLog(JsonLinesSink(log_file), level="integration")
    bare = httpx2.AsyncClient(base_url=base, headers=_KEYS)
    clients = [
        AsyncClient(host=base, hooks=[Hook()], **keys),
        AsyncClient(host=base, hooks=[Hook()], call_log=log, **keys),
    ]
    try:
        quiet, logged = (_Async(client, loop) for client in clients)
        yield Pair(_BareAsync(bare, loop), quiet, logged)
    finally:
        for client in (bare, *clients):
            loop.run_until_complete(client.aclose())
        loop.close()
        log.close()
