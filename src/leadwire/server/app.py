"""The composition root: opens the stores, stacks the layers, and orders start and stop."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack, suppress
from functools import partial
from typing import TYPE_CHECKING, Final

from prometheus_client.registry import Collector
from starlette.types import ASGIApp

from leadwire.access.accounts import FirstAccount
from leadwire.access.chosen_settings import LiveSettings
from leadwire.access.limits import Limiter
from leadwire.access.own_keys import OwnKeys
from leadwire.access.store import AccessStore
from leadwire.background.alerts import AlertCounts
from leadwire.background.receivers import Sender
from leadwire.background.upkeep import (
    beat_for_ever,
    drop_audit_for_ever,
    follow_settings_for_ever,
    keep_up_for_ever,
    prune_for_ever,
    store_uses_for_ever,
)
from leadwire.background.workers import Workers
from leadwire.calls.headers import HeaderRule
from leadwire.calls.redaction.redaction import Redaction
from leadwire.calls.redaction.redactor import lift_keys
from leadwire.calls.store import CallStore
from leadwire.clock import Clock, IdSource, SystemClock, SystemIds
from leadwire.crm.files import FileStore
from leadwire.crm.mails.outbox import OutboxReader
from leadwire.crm.store import Crm, CrmStore
from leadwire.data_folder.making import (
    access_store,
    opened_access,
    prepare_data_folder,
    usable,
)
from leadwire.data_folder.presence import Presence
from leadwire.database.places import Place, place_of
from leadwire.errors import LeadwireError
from leadwire.folder_identity import FILES_FOLDER, Identity, Purpose
from leadwire.operations.plans import PLANS, Plan
from leadwire.recording.gaps import Gaps
from leadwire.recording.incoming import BodyLimits, Receive
from leadwire.recording.metrics import CallMetrics
from leadwire.recording.recorder import Recorder, RecorderLimits, Scope, Send
from leadwire.server.bounds import BoundsMet
from leadwire.server.connections import Connections
from leadwire.server.cors import Cors
from leadwire.server.forwarded import TrustedProxies
from leadwire.server.metrics import DeliveryMetrics, LimitMetrics
from leadwire.server.open_log import CallLog
from leadwire.server.opened import OnFirstUse, Opened, ids_named
from leadwire.server.parts import AS_SERVED, Parts
from leadwire.server.redacting import Redacting
from leadwire.server.site import Health, build_site
from leadwire.settings import Settings
from leadwire.wire.calls_per_address import CallsPerAddress
from leadwire.wire.dispatch import Dispatch
from leadwire.wire.faults import Faults, statuses_of, unrecorded
from leadwire.wire.gate import ActorLayer, AddressBounds, Gate
from leadwire.wire.request import Services
from leadwire.wire.rerun import Reruns
from leadwire.wire.routes import identify_with_async_host

if TYPE_CHECKING:
    from leadwire.console import ProxyFacts
    from leadwire.controls.seed_file import SeedFile
    from leadwire.server.controlling import Controlled

CONTROLS: Final = "/__leadwire/"
_SITE_FOLDERS: Final = ("/console/", "/docs/", "/errors/")
_SITE_PATHS: Final = frozenset(
    {"/", "/healthz", "/readyz", "/metrics", "/openapi.json", "/console", "/docs", "/errors"}
)


def set_up_data_folder(
    place: Place,
    *,
    account_name: str,
    email: str,
    show: Callable[[FirstAccount], object] | None = None,
) -> FirstAccount:
    """Prepare a data folder and make its first account; *show* as in ``AccessStore.set_up``.

    Raises SetupError if it has one already.
    """
    clock, ids = SystemClock(), SystemIds()
    prepare_data_folder(place, clock=clock, ids=ids)
    with opened_access(place, clock=clock, ids=ids) as access:
        return access.set_up(account_name=account_name, email=email, show=show)


class App:
    """The ASGI application. Its stores live from lifespan startup to shutdown.

    A new data folder gets *purpose*. *parts* open its stores. *on_stopped* gets, from another
    thread, the reason why the process must end. With *controlled*, it has the control interface.
    """

    _api: ASGIApp
    _site: ASGIApp
    _controls: ASGIApp | None = None
    workers: Workers
    reruns: Reruns
    gate: Gate
    live: LiveSettings
    failure: LeadwireError | None = None
    """Why startup failed."""

    def __init__(  # noqa: PLR0913  # what a test, a measurement or a command decides
        self,
        settings: Settings,
        *,
        clock: Clock | None = None,
        ids: IdSource | None = None,
        purpose: Purpose = "data",
        controlled: "Controlled | None" = None,
        parts: Parts = AS_SERVED,
        on_stopped: Callable[[str], None] | None = None,
    ) -> None:
        self._settings = settings
        self._place = place_of(settings)
        self._clock = clock or (controlled.clock if controlled else SystemClock())
        self._ids = ids or (controlled.ids if controlled else SystemIds())
        self._controlled = controlled
        self._purpose = purpose
        self._parts = parts
        self._on_stopped = on_stopped
        self._bounds = BoundsMet(self._clock)
        self._proxies = TrustedProxies(settings.trusted_networks)
        self.connections = Connections(settings, met=self._bounds.met, proxies=self._proxies)
        self._closing = AsyncExitStack()
        self._stopping = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        if scope["type"] != "http":
            raise LeadwireError(f"leadwire does not speak {scope['type']}")
        self._proxies.resolve(scope)
        if "fault" not in scope and _is_site(scope["path"]):
            # A key pair in a page's URL is a mistake. It must stay out of the log there too.
            scope["query_string"], _ = lift_keys(scope["query_string"])
            await self._site(scope, receive, send)
        elif self._controls and "fault" not in scope and scope["path"].startswith(CONTROLS):
            await self._controls(scope, receive, send)
        else:
            await self._api(scope, receive, send)

    async def open(self) -> None:
        """Open every store and stack the layers. Raises SetupError."""
        with usable(self._place):
            await self._open()

    async def _open(self) -> None:
        settings, clock, ids, closing = self._settings, self._clock, self._ids, self._closing
        # Closed in reverse order. The call store closes almost last, because it still records the
        # last calls.
        identity = prepare_data_folder(self._place, clock=clock, ids=ids, purpose=self._purpose)
        if self._controlled:
            self._controlled.check_folder(identity)
        self._access = access = access_store(self._place, clock=clock, ids=ids)
        closing.callback(access.close)
        self.live = live = LiveSettings(access, settings)
        log = self._open_log(identity)
        calls = log.store
        sender, crm = self._open_sender(), self._open_crm()
        outbox = OutboxReader(self._place.crm)
        closing.callback(outbox.close)
        self._start_upkeep(crm, calls, access, live)

        limiter, redacting = self._limiter(live), self._redacting(access, live)
        files = FileStore(self._place.part(FILES_FOLDER), clock=clock, ids=ids)
        metrics = CallMetrics(Gaps(calls, clock=clock, ids=ids))
        await metrics.gaps.tell_of_lost(log.lost)
        services = Services(
            crm=crm, access=access, settings=settings, probe=sender.probe, files=files
        )
        self.gate = gate = self._gate(services, limiter)
        recorder = self._recorder(gate, calls, metrics, redacting.redaction)
        self.reruns = self._reruns(services, crm, recorder, limiter)
        self._api = self._front(recorder, calls, metrics, redacting.redaction)
        self._run(store_uses_for_ever(access, self.gate.uses))
        counts = AlertCounts(calls.reader, redacting.token_of, partial(ids_named, access))
        self._open_workers(crm, services, sender, recorder, counts)
        self._crm = crm
        if self._controlled:
            forget = _forgetting(gate, limiter)
            await self._take_control(self._controlled, calls, forget)
        opened = Opened(
            access=access,
            calls=calls.reader,
            log_days=log.days,
            token_of=redacting.token_of,
            live=live,
            probe=sender.probe,
            crm=crm,
            files=files,
            outbox=outbox,
            metrics=metrics,
            limiter=limiter,
            reruns=self.reruns,
        )
        self._site = build_site(
            self._pages(opened),
            metrics=metrics,
            health=Health(settings, identity, metrics, access.is_set_up, log.shipping),
            collectors=self._collectors(limiter),
        )

    def _front(
        self, recorder: Recorder, calls: CallStore, metrics: CallMetrics, redaction: Redaction
    ) -> ASGIApp:
        """What answers the calls of this port."""
        del calls, metrics, redaction
        return Cors(recorder, self._settings.cors_origins)

    def _open_log(self, identity: Identity) -> CallLog:
        log = self._parts.open_call_log(
            self._settings,
            folder_id=identity.folder_id,
            clock=self._clock,
            ids=self._ids,
            on_stopped=self._on_stopped,
        )
        self._closing.push_async_callback(asyncio.to_thread, log.store.close)
        return log

    async def _take_control(
        self, controlled: "Controlled", calls: CallStore, forget: Callable[[str | None], None]
    ) -> None:
        """Put the control interface around the open server."""
        self._api = controlled.outermost(self._api, stopping=lambda: self._stopping)
        self._controls = await controlled.controls(
            self.live, self._access, self._crm, calls, self.workers, forget=forget
        )

    def _open_sender(self) -> Sender:
        is_own = self._controlled.is_own if self._controlled else None
        sender = Sender(self._settings, clock=self._clock, is_own=is_own)
        self._closing.push_async_callback(sender.close)
        return sender

    def _open_crm(self) -> CrmStore:
        """Open the CRM. On a server, say that this process uses it."""
        crm = self._parts.open_crm(self._settings, clock=self._clock, ids=self._ids)
        self._closing.push_async_callback(asyncio.to_thread, crm.close)
        if self._place.on_server:
            presence = Presence(self._place, self._ids)
            self._closing.push_async_callback(asyncio.to_thread, presence.close)
            self._run(beat_for_ever(presence))
        return crm

    def _reruns(
        self, services: Services, crm: CrmStore, recorder: Recorder, limiter: Limiter
    ) -> Reruns:
        settings = self._settings
        return Reruns(
            services,
            crm,
            recorder,
            limiter,
            identify=identify_with_async_host(settings.async_host),
            statuses=statuses_of(settings),
            clock=self._clock,
            ids=self._ids,
            seconds_max=settings.rerun_seconds_max,
        )

    def _pages(self, opened: Opened) -> ASGIApp:
        opened_ms = self._clock.now_ms()

        def make() -> ASGIApp:
            from leadwire.server.pages import build_console  # noqa: PLC0415  # see OnFirstUse

            return build_console(
                opened,
                clock=self._clock,
                ids=self._ids,
                opened_ms=opened_ms,
                controls_are_on=self._controlled is not None,
                stopping=lambda: self._stopping,
                bound_met=self._bounds.met,
                proxy=self._proxy_facts(),
            )

        return OnFirstUse(make)

    def _proxy_facts(self) -> "ProxyFacts | None":
        """What the console says about the proxy, if it is one's."""
        return None

    def _redacting(self, access: AccessStore, live: LiveSettings) -> Redacting:
        own_keys = OwnKeys(self._place.access, access.hasher)
        self._closing.callback(own_keys.close)
        return Redacting(live, own_keys.current, ids=self._ids)

    def _gate(self, services: Services, limiter: Limiter) -> Gate:
        """The inner layers of a call: Gate, Dispatch."""
        settings = self._settings
        return Gate(
            self._dispatch(services),
            access=services.access,
            limiter=limiter,
            clock=self._clock,
            key_cache_ms=settings.key_cache_ms,
            bounds=AddressBounds(
                self._per_address("unknown_keys_per_address_max"),
                self._per_address("web_calls_per_address_max") if settings.web_forms else None,
            ),
        )

    def _dispatch(self, services: Services) -> ActorLayer:
        dispatch = Dispatch(services)
        return self._controlled.layer(dispatch) if self._controlled else dispatch

    def _recorder(
        self, gate: Gate, calls: CallStore, metrics: CallMetrics, redaction: Redaction
    ) -> Recorder:
        """The layers of a call, outermost first: Recorder, Faults, and those of the gate."""
        settings = self._settings
        return Recorder(
            Faults(gate, statuses_of(settings)),
            store=calls,
            clock=self._clock,
            ids=self._ids,
            limits=RecorderLimits(
                BodyLimits(
                    settings.request_body_bytes_max,
                    settings.request_bodies_bytes_max,
                    settings.request_discard_bytes_max,
                    settings.refused_bytes_max,
                ),
                settings.calls_body_bytes_max,
                HeaderRule(settings.calls_headers, settings.calls_headers_bytes_max),
            ),
            identify=identify_with_async_host(settings.async_host),
            unrecorded=unrecorded,
            policy=settings.record_policy,
            metrics=metrics,
            bound_met=self._bounds.met,
            redaction=redaction,
        )

    def _start_upkeep(
        self, crm: Crm, calls: CallStore, access: AccessStore, live: LiveSettings
    ) -> None:
        clock = self._clock
        self._run(follow_settings_for_ever(live))
        self._run(keep_up_for_ever(crm))
        if self._controlled:
            return  # a moved clock must not drop the evidence of a test
        self._run(prune_for_ever(calls, clock=clock, settings=live.of_server))
        self._run(drop_audit_for_ever(access, calls, clock=clock, settings=live.of_server))

    def _run(self, work: Coroutine[None, None, None]) -> None:
        """Repeat *work* until the server stops."""
        self._closing.push_async_callback(_stop, asyncio.create_task(work))

    async def sow(self, account_id: str, seed: "SeedFile") -> None:
        """Add a seed's data to an account. Raises LeadwireError, and adds nothing."""
        from leadwire.server.sowing import sow  # noqa: PLC0415  # few servers sow

        await sow(self._access, self._crm, account_id, seed)

    def end_streams(self) -> None:
        """End the console's live streams within a second, so that the server can stop."""
        self._stopping = True

    async def close(self) -> None:
        await self._closing.aclose()

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await self.open()
        except LeadwireError as error:
            self.failure = error
            await self.close()
            await send({"type": "lifespan.startup.failed", "message": ""})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.close()
        await send({"type": "lifespan.shutdown.complete"})

    def _open_workers(
        self,
        crm: CrmStore,
        services: Services,
        sender: Sender,
        recorder: Recorder,
        counts: AlertCounts,
    ) -> None:
        posts = self._controlled.sender(sender) if self._controlled else sender
        workers = Workers(
            services, posts, recorder, counts, dispatch=self._dispatch, clock=self._clock
        )
        crm.wake_when_queued(workers.wake)
        self._closing.push_async_callback(workers.close)
        self.workers = workers

    def _collectors(self, limiter: Limiter) -> list[Collector]:
        deliveries = DeliveryMetrics(self.workers.deliveries, clock=self._clock)
        return [self._bounds, deliveries, LimitMetrics(limiter)]

    def _per_address(self, setting: str) -> CallsPerAddress:
        """The bound that the setting of that name is about."""
        calls_max: int = getattr(self._settings, setting)
        return CallsPerAddress(calls_max, setting=setting, clock=self._clock, met=self._bounds.met)

    def _limiter(self, live: LiveSettings) -> Limiter:
        def plan_of(account_id: str) -> tuple[Plan | None, int]:
            settings = live.of_account(account_id)
            return PLANS.get(settings.plan), settings.plan_users

        clock = self._controlled.clock.windows if self._controlled else self._clock
        limiter = Limiter(plan_of, clock=clock)
        live.followers.append(limiter.forget_plans)
        return limiter


def _forgetting(gate: Gate, limiter: Limiter) -> Callable[[str | None], None]:
    """A function that lets both forget what they know of an account; None: of all."""

    def forget(account_id: str | None) -> None:
        gate.forget()
        limiter.forget(account_id)

    return forget


def _is_site(path: str) -> bool:
    return path in _SITE_PATHS or path.startswith(_SITE_FOLDERS)


async def _stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
