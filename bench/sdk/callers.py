"""The clients that are measured: each repeats the same call over one kept connection."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from time import process_time_ns
from typing import Final, NamedTuple, Protocol

import httpx2

from leadwire import AsyncClient, CallLog, Client, Hook, JsonLinesSink

ACCESS_KEY: Final = "u$r0123456789abcdef0123456789abcdef"
SECRET_KEY: Final = "fedcba9876543210fedcba9876543210fedcba98"  # noqa: S105  # made up
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
        """Make *calls* calls, one after the other. Returns the mean processor time of a call."""
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
    log = CallLog(JsonLinesSink(log_file), level="integration")
    client = partial(
        Client, access_key=ACCESS_KEY, secret_key=SECRET_KEY, host=base, hooks=[Hook()]
    )
    with (
        httpx2.Client(base_url=base, headers=_KEYS) as bare,
        client() as quiet,
        client(call_log=log) as logged,
    ):
        yield Pair(_BareBlocking(bare), _Blocking(quiet), _Blocking(logged))
    log.close()


@contextmanager
def asynchronous(base: str, log_file: Path) -> Iterator[Pair]:
    loop = asyncio.new_event_loop()
    log = CallLog(JsonLinesSink(log_file), level="integration")
    client = partial(
        AsyncClient, access_key=ACCESS_KEY, secret_key=SECRET_KEY, host=base, hooks=[Hook()]
    )
    bare = httpx2.AsyncClient(base_url=base, headers=_KEYS)
    quiet, logged = client(), client(call_log=log)
    try:
        yield Pair(_BareAsync(bare, loop), _Async(quiet, loop), _Async(logged, loop))
    finally:
        for opened in (bare, quiet, logged):
            loop.run_until_complete(opened.aclose())
        loop.close()
        log.close()
