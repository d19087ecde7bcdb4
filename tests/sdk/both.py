"""Both clients behind one face, so that a test is written once and runs for each."""

import inspect
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from typing import Any, Final, Literal

import httpx2
from support import InProcess, LoopThread, StandingClock

from leadwire import AsyncClient, Client

Kind = Literal["blocking", "async"]
KINDS: Final[tuple[Kind, ...]] = ("blocking", "async")

ACCESS_KEY: Final = "u$r0123456789abcdef0123456789abcdef"
SECRET_KEY: Final = "fedcba9876543210fedcba9876543210fedcba98"  # noqa: S105  # made up


class Driven:
    """A client or a resource of it, whose results are settled: coroutines run, iterators read."""

    def __init__(self, target: Any, loop: LoopThread) -> None:
        self._target = target
        self._loop = loop

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._target, name)
        if callable(found):
            return self._settled(found)
        is_ours = type(found).__module__.startswith("leadwire.sdk.")
        return Driven(found, self._loop) if is_ours else found

    @property
    def target(self) -> Any:
        return self._target

    def close(self) -> None:
        if isinstance(self._target, Client):
            self._target.close()
        else:
            self._loop.run(self._target.aclose())

    def _settled(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            result = method(*args, **options)
            if inspect.iscoroutine(result):
                result = self._loop.run(result)
            elif isinstance(result, AsyncIterator):
                result = self._loop.run(_listed(result))
            elif isinstance(result, Iterator):
                result = list(result)
            return (
                Driven(result, self._loop) if isinstance(result, Client | AsyncClient) else result
            )

        return call


async def _listed(rows: Any) -> list[Any]:
    return [row async for row in rows]


class Napper:
    """Sleeps in no time, on a clock that it moves; remembers for how long."""

    def __init__(self, clock: StandingClock) -> None:
        self.clock = clock
        self.naps: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.clock.advance(round(seconds * 1000) + 1)

    async def nap(self, seconds: float) -> None:
        self.sleep(seconds)


Respond = Callable[[httpx2.Request], httpx2.Response]


class Made:
    """What makes clients of one kind for a test."""

    def __init__(self, kind: Kind, loop: LoopThread) -> None:
        self.kind = kind
        self.loop = loop
        self.clock = StandingClock()
        self.napper = Napper(self.clock)
        self._clients: list[Driven] = []

    def client(self, **options: Any) -> Driven:
        """A client with keys of nobody, unless the options have others."""
        options = {"access_key": ACCESS_KEY, "secret_key": SECRET_KEY, **options}
        made = Client(**options) if self.kind == "blocking" else self.loop.run(_made(options))
        driven = Driven(made, self.loop)
        self._clients.append(driven)
        return driven

    def answered_by(self, respond: Respond, **options: Any) -> Driven:
        """A client whose calls *respond* answers, on a clock that only its naps move."""
        return self.client(
            **{
                "host": "http://leads.example.com",
                "transport": httpx2.MockTransport(respond),
                "clock": self.clock,
                "sleep": self.napper.sleep if self.kind == "blocking" else self.napper.nap,
                **options,
            }
        )

    def in_process(self, api: InProcess, **options: Any) -> Driven:
        """A client of a server in this process."""
        transport = httpx2.ASGITransport(app=api.app)
        return self.client(
            **{
                "host": "http://leads.example.com",
                "access_key": api.keys.access_key,
                "secret_key": api.keys.secret_key,
                "transport": _Bridge(transport, self.loop)
                if self.kind == "blocking"
                else transport,
                **options,
            }
        )

    def close(self) -> None:
        for client in self._clients:
            client.close()


async def _made(options: Mapping[str, Any]) -> AsyncClient:
    return AsyncClient(**options)


class _Bridge(httpx2.BaseTransport):
    """An asynchronous transport for the blocking client: the loop's thread does the waiting."""

    def __init__(self, inner: httpx2.AsyncBaseTransport, loop: LoopThread) -> None:
        self._inner = inner
        self._loop = loop

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        return self._loop.run(self._exchanged(request))

    def _exchanged(self, request: httpx2.Request) -> Coroutine[Any, Any, httpx2.Response]:
        async def exchange() -> httpx2.Response:
            response = await self._inner.handle_async_request(request)
            body = await response.aread()
            return httpx2.Response(response.status_code, headers=response.headers, content=body)

        return exchange()
