"""The composition root of ``leadwire proxy``: the relay, its recording, and the console beside it.

Two ports, two origins: callers' paths belong to the upstream alone, and an upstream's page never
runs beside the console's cookie.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Final

from prometheus_client.registry import Collector
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp

from leadwire.access.chosen_settings import LiveSettings
from leadwire.access.limits import Limiter
from leadwire.access.store import AccessStore
from leadwire.calls.headers import HeaderRule
from leadwire.calls.redaction.redaction import Redaction
from leadwire.calls.store import CallStore
from leadwire.console import ProxyFacts
from leadwire.proxy.callers import Callers
from leadwire.proxy.closing import RecordRule
from leadwire.proxy.connecting import OutgoingProxy
from leadwire.proxy.limits import Limits
from leadwire.proxy.opened_notes import OpenedNotes
from leadwire.proxy.pace import pace_of
from leadwire.proxy.recording import Keepers, ProxyRecording
from leadwire.proxy.relay import Relay
from leadwire.proxy.requests import Reader
from leadwire.proxy.room import HeldBytes, Room, free_bytes_of
from leadwire.proxy.routes import Routes, tls_to_upstreams
from leadwire.recording.gaps import Gaps
from leadwire.recording.metrics import CallMetrics
from leadwire.recording.recorder import Recorder
from leadwire.server.app import App
from leadwire.server.callers_port import callers_tls
from leadwire.server.redacting import Redacting
from leadwire.server.serving import Server
from leadwire.settings import Settings
from leadwire.wire.routes import identify_with_async_host

_UPKEEP_SECONDS: Final = 60.0
_LOOK_SECONDS: Final = 0.1
_NOT_HERE: Final = (
    "This is the console of leadwire proxy. Calls belong to the other port, which passes them on.\n"
)


class ProxyApp(App):
    """The console of a proxy, and the proxy. Its calls go to the log that the console shows."""

    recording: ProxyRecording
    relay: Relay
    address = ""
    """Where callers reach the proxy, once it listens."""
    _callers: Callers

    def __init__(
        self, settings: Settings, *, on_stopped: Callable[[str], None] | None = None
    ) -> None:
        """Raises SetupError for upstreams that cannot be used."""
        self._routes = Routes(settings.upstreams)
        self._tls = callers_tls(settings)
        self._account_id = ""
        super().__init__(settings, on_stopped=on_stopped)

    @property
    def upstreams(self) -> tuple[str, ...]:
        """The origins that calls are passed on to."""
        return tuple(map(str, self._routes.origins))

    async def open(self) -> None:
        await super().open()
        await self.recording.recover()
        self._run(self._keep_up_for_ever())

    async def listen(self, sockets: list[socket.socket]) -> None:
        """Take calls at *sockets*."""
        await self.relay.listen_on(sockets, tls=self._tls.context if self._tls else None)

    async def drain(self, *, is_over: Callable[[], bool]) -> None:
        """Take no more calls, and let the open ones end; cut them short when *is_over* says so."""
        drain = asyncio.create_task(self.relay.drain(self._settings.shutdown_seconds))
        while not drain.done() and not is_over():
            await asyncio.wait({drain}, timeout=_LOOK_SECONDS)
        if not drain.done():
            drain.cancel()
            await asyncio.wait({drain})
            await self.relay.drain(0)

    def account_id(self) -> str:
        """The account that calls are recorded for: the first; empty while there is none."""
        if not self._account_id:
            accounts = self._access.accounts()
            self._account_id = accounts[0].account_id if accounts else ""
        return self._account_id

    def _redacting(self, access: AccessStore, live: LiveSettings) -> Redacting:
        # The keys in proxied calls are LeadSquared's. They are learnt as they are used.
        self._callers = Callers(access.hasher.fingerprint, access.hasher.digest)
        return Redacting(live, self._callers.own_keys, ids=self._ids)

    def _front(
        self, recorder: Recorder, calls: CallStore, metrics: CallMetrics, redaction: Redaction
    ) -> ASGIApp:
        del recorder  # leadwire's own API is not served
        settings = self._settings
        outgoing = settings.upstream_connect_proxy.get_secret_value()
        self.recording = self._recording(calls, metrics, redaction)
        self._closing.push_async_callback(self.recording.close)
        self.relay = Relay(
            self._routes,
            self.recording,
            limits=Limits.of(settings),
            clock=self._clock,
            tls=tls_to_upstreams(settings.upstream_ca_file),
            callers=settings.proxy_caller_networks,
            proxies=settings.trusted_networks,
            outgoing=OutgoingProxy.of(outgoing) if outgoing else None,
            pace=pace_of(settings, asyncio.get_running_loop()),
        )
        return PlainTextResponse(_NOT_HERE, status_code=404)

    def _recording(
        self, calls: CallStore, metrics: CallMetrics, redaction: Redaction
    ) -> ProxyRecording:
        settings, clock, ids = self._settings, self._clock, self._ids
        return ProxyRecording(
            Keepers(
                calls,
                metrics,
                Gaps(calls, clock=clock, ids=ids),
                Gaps(calls, clock=clock, ids=ids),
                OpenedNotes(settings.data),
            ),
            rule=RecordRule(
                HeaderRule(settings.calls_headers, settings.calls_headers_bytes_max),
                settings.calls_body_bytes_max,
                settings.refused_bytes_max,
                redaction,
            ),
            reader=Reader(identify_with_async_host(settings.async_host)),
            callers=self._callers,
            memory=HeldBytes(settings.proxy_bodies_bytes_max, self._bounds.met),
            room=Room(
                metrics.gaps,
                free_bytes=free_bytes_of(settings.data),
                free_bytes_min=settings.disk_free_bytes_min,
                clock=clock,
            ),
            policy=settings.proxy_record_policy,
            refused_per_address=self._per_address("unknown_keys_per_address_max"),
            account_id=self.account_id,
            clock=clock,
            ids=ids,
        )

    def _collectors(self, limiter: Limiter) -> list[Collector]:
        return [*super()._collectors(limiter), self.recording.metrics]

    def _proxy_facts(self) -> ProxyFacts:
        return ProxyFacts(
            upstreams=self.upstreams,
            policy=self._settings.proxy_record_policy,
            address=lambda: self.address,
        )

    async def _keep_up_for_ever(self) -> None:
        """Record what is only counted, and use a renewed certificate for new connections."""
        while True:
            await asyncio.sleep(_UPKEEP_SECONDS)
            await self.recording.record_counted()
            if self._tls is not None:
                self._tls.renew()


class ProxyServer(Server):
    """Serves a proxy's console until it is stopped, and then lets the proxy's calls end.

    *on_listening* gets the console's port. A second signal ends open calls at once.
    """

    option_prefix = "console-"

    def __init__(
        self, app: ProxyApp, settings: Settings, on_listening: Callable[[int], Awaitable[None]]
    ) -> None:
        super().__init__(app, console_settings(settings), on_listening)
        self._proxy = app

    def handle_exit(self, sig: int, frame: object) -> None:
        if self.should_exit:
            self.force_exit = True
        super().handle_exit(sig, frame)  # type: ignore[arg-type]  # uvicorn's own

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._proxy.drain(is_over=lambda: self.force_exit)
        await super().shutdown(sockets)


def console_settings(settings: Settings) -> Settings:
    """The settings of the console's port: its address, and no TLS of the callers' port."""
    return settings.model_copy(
        update={
            "host": settings.console_host,
            "port": settings.console_port,
            "tls_certificate": None,
            "tls_key": None,
        }
    )
