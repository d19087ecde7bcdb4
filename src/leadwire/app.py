"""The composition root: opens the stores, stacks the layers, owns the order of start and stop."""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from prometheus_client.registry import Collector
from starlette.types import ASGIApp

from leadwire import console
from leadwire.access.limit_metrics import LimitMetrics
from leadwire.access.plans import PLANS
from leadwire.access.sessions import Sessions
from leadwire.access.store import AccessStore, FirstAccount
from leadwire.call_log import CallLog, open_call_log, open_personal
from leadwire.calls.gaps import Gaps
from leadwire.calls.keeper import Keeper
from leadwire.calls.metrics import CallMetrics
from leadwire.calls.recorder import Receive, Recorder, RecorderLimits, Scope, Send
from leadwire.calls.redact import lift_keys
from leadwire.calls.store import CallReader, CallStore
from leadwire.clock import Clock, IdSource, SystemClock, SystemIds
from leadwire.crm.outbox import OutboxReader
from leadwire.crm.store import Crm, CrmStore, make_crm_database
from leadwire.dates import DAY_MS, SECOND_MS
from leadwire.errors import LeadwireError, SetupError
from leadwire.operations import API_TYPES
from leadwire.settings import Settings
from leadwire.site import Health, build_site
from leadwire.webhooks.deliverer import Deliverer, DeliveryRules
from leadwire.webhooks.metrics import DeliveryMetrics
from leadwire.webhooks.sender import Sender, SenderLimits
from leadwire.wire.dispatch import Dispatch
from leadwire.wire.event_payloads import EventPrinter
from leadwire.wire.faults import Faults, unrecorded
from leadwire.wire.gate import Gate
from leadwire.wire.later import LaterCalls
from leadwire.wire.request import Services
from leadwire.wire.routes import OTHER, identify_with_async_host

if TYPE_CHECKING:
    from leadwire.access.limits import Limiter

_PRUNE_EVERY_SECONDS: Final = 3_600
_KEEP_UP_EVERY_SECONDS: Final = 1
_SITE_PREFIXES: Final = ("/console", "/docs", "/errors")
_SITE_PATHS: Final = frozenset({"/", "/healthz", "/readyz", "/metrics", "/openapi.json"})

_log = logging.getLogger("leadwire")


def prepare_data_folder(folder: Path, *, clock: Clock, ids: IdSource) -> AccessStore:
    """Make the folder's databases, or bring them up to date; the access store, opened.

    Raises SetupError when the folder cannot be used.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        access = AccessStore(folder, clock=clock, ids=ids)
    except OSError as error:
        raise SetupError(f"The data folder {folder} cannot be used: {error.strerror}.") from None
    make_crm_database(folder)
    return access


def set_up_data_folder(folder: Path, *, account_name: str, email: str) -> FirstAccount:
    """Prepare *folder* and make its first account. Raises SetupError when it has one already."""
    access = prepare_data_folder(folder, clock=SystemClock(), ids=SystemIds())
    try:
        return access.set_up(account_name=account_name, email=email)
    finally:
        access.close()


class App:
    """The ASGI application. Its stores live from lifespan startup to shutdown.

    *crm* and *call_store* replace the embedded stores, for measurements and for tests.
    """

    _recorder: Recorder
    _site: ASGIApp
    deliverer: Deliverer | None = None
    later: LaterCalls | None = None
    """The workers behind the calls; None where the CRM was given."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock | None = None,
        ids: IdSource | None = None,
        crm: Crm | None = None,
        call_store: CallStore | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock or SystemClock()
        self._ids = ids or SystemIds()
        self._crm = crm
        self._call_store = call_store
        self._closing = AsyncExitStack()
        self._stopping = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] != "http":
            raise LeadwireError(f"leadwire does not speak {scope['type']}")
        elif _is_site(scope["path"]):
            # A key pair in the URL of a page is a mistake, and must not be seen there either.
            scope["query_string"], _ = lift_keys(scope["query_string"])
            await self._site(scope, receive, send)
        else:
            await self._recorder(scope, receive, send)

    async def open(self) -> None:
        """Open every store and stack the layers. Raises SetupError."""
        settings, clock, ids = self._settings, self._clock, self._ids
        closing = self._closing
        # Closed in the opposite order: the calls' store last but one, since a call that is
        # still being answered is recorded in it.
        access = prepare_data_folder(settings.data, clock=clock, ids=ids)
        closing.callback(access.close)
        log = (
            CallLog(self._call_store)
            if self._call_store
            else open_call_log(settings, clock=clock, ids=ids)
        )
        calls = log.store
        closing.push_async_callback(asyncio.to_thread, calls.close)
        sender, crm = self._sender(), self._crm or self._crm_store()
        closing.push_async_callback(sender.close)
        closing.push_async_callback(asyncio.to_thread, crm.close)
        outbox = OutboxReader(settings.data)
        closing.callback(outbox.close)
        if settings.mail_smtp_host:
            self._start_mailer(crm)
        closing.push_async_callback(_stop, asyncio.create_task(self._prune_for_ever(calls)))
        closing.push_async_callback(_stop, asyncio.create_task(_keep_up_for_ever(crm)))

        personal = open_personal(settings, ids=ids)
        gaps = Gaps(calls, clock=clock, ids=ids)
        metrics = CallMetrics(gaps)
        # The layers of a call, outermost first: Recorder, Faults, Gate, Dispatch.
        services = Services(crm=crm, access=access, settings=settings, probe=sender.probe)
        dispatch, limiter = Dispatch(services), self._limiter()
        if isinstance(crm, CrmStore):
            keeper = Keeper(
                calls,
                gaps,
                metrics,
                clock=clock,
                body_bytes_max=settings.calls_body_bytes_max,
                personal=personal.fields,
            )
            self._open_workers(crm, services, sender, keeper)
        gate = Gate(
            dispatch,
            access=access,
            limiter=limiter,
            clock=clock,
            key_cache_ms=settings.key_cache_ms,
        )
        self._recorder = Recorder(
            Faults(gate),
            store=calls,
            clock=clock,
            ids=ids,
            limits=RecorderLimits(settings.request_body_bytes_max, settings.calls_body_bytes_max),
            identify=identify_with_async_host(settings.async_host),
            unrecorded=unrecorded,
            gaps=gaps,
            policy=settings.record_policy,
            metrics=metrics,
            personal=personal.fields,
        )
        self._site = build_site(
            console.build(
                self._console_services(
                    access, personal.reader(calls), metrics, limiter, outbox, crm
                )
            ),
            metrics=metrics,
            health=Health(settings.data, metrics, log.shipping),
            collectors=self._collectors(limiter),
        )

    def end_streams(self) -> None:
        """Let the console's live streams end within a second, so that the server can stop."""
        self._stopping = True

    async def close(self) -> None:
        await self._closing.aclose()

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await self.open()
        except LeadwireError as error:
            await self.close()
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.close()
        await send({"type": "lifespan.shutdown.complete"})

    def _start_mailer(self, crm: Crm) -> None:
        from leadwire.mailer import Mailer  # noqa: PLC0415  # only a server for mails needs it

        mailer = Mailer(crm, self._settings)
        mailer.start()
        self._closing.push_async_callback(mailer.close)

    def _crm_store(self) -> CrmStore:
        settings = self._settings
        group_ms = settings.webhook_group_seconds * SECOND_MS
        return CrmStore(
            settings.data,
            clock=self._clock,
            ids=self._ids,
            indexed_fields=settings.lead_field_index_names,
            hook_group_ms=group_ms,
        )

    def _sender(self) -> Sender:
        settings = self._settings
        limits = SenderLimits(
            timeout_seconds=settings.webhook_timeout_seconds,
            answer_bytes_max=settings.webhook_answer_bytes_max,
            private_addresses=settings.webhook_private_addresses,
        )
        return Sender(clock=self._clock, limits=limits)

    def _open_workers(
        self, crm: CrmStore, services: Services, sender: Sender, keeper: Keeper
    ) -> None:
        """What is done behind the calls: webhooks, and calls that were accepted for later."""
        settings, clock = self._settings, self._clock
        deliverer = Deliverer(
            crm,
            sender,
            printer=EventPrinter(crm, services.access),
            clock=clock,
            rules=DeliveryRules(
                attempts_max=settings.webhook_attempts_max,
                backoff_seconds=settings.webhook_backoff_seconds,
                failures_max=settings.webhook_failures_max,
                at_once_max=settings.webhook_at_once_max,
                retention_days=settings.webhook_retention_days,
                close_seconds=settings.shutdown_seconds,
            ),
        )
        later = LaterCalls(
            services,
            keep=keeper.keep,
            clock=clock,
            ids=self._ids,
            retention_days=settings.async_retention_days,
        )

        def wake() -> None:
            deliverer.wake()
            later.wake()

        crm.on_queued = wake
        # Calls end first: what they change is still to be told.
        self._closing.push_async_callback(deliverer.close)
        self._closing.push_async_callback(later.close)
        self.deliverer, self.later = deliverer, later

    def _collectors(self, limiter: "Limiter | None") -> list[Collector]:
        collectors: list[Collector] = []
        if limiter is not None:
            collectors.append(LimitMetrics(limiter))
        if self.deliverer is not None:
            collectors.append(DeliveryMetrics(self.deliverer, clock=self._clock))
        return collectors

    def _limiter(self) -> "Limiter | None":
        plan = PLANS.get(self._settings.plan)
        if plan is None:
            return None
        from leadwire.access.limits import Limiter  # noqa: PLC0415  # only a plan needs it

        return Limiter(plan, users=self._settings.plan_users, clock=self._clock)

    def _console_services(
        self,
        access: AccessStore,
        calls: CallReader,
        metrics: CallMetrics,
        limiter: "Limiter | None",
        outbox: OutboxReader,
        crm: Crm,
    ) -> console.ConsoleServices:
        settings, started_ms = self._settings, self._clock.now_ms()

        def user_names(account_id: str) -> Mapping[str, str]:
            return {user.user_id: user.name for user in access.users(account_id)}

        def completeness() -> console.Completeness:
            gap = metrics.gaps.open
            # What is counted last is read first: a call that is answered meanwhile must not
            # look as if it had been recorded without being served.
            return console.Completeness(
                recorded=metrics.recorded,
                in_gaps=metrics.gaps.calls,
                served=metrics.served,
                since_ms=started_ms,
                open_gap=gap.reason if gap else "",
            )

        def plan_use(account_id: str) -> console.PlanUse:
            if limiter is None:
                return console.PlanUse(settings.plan, ())
            return console.PlanUse(settings.plan, tuple(limiter.use(account_id)))

        return console.ConsoleServices(
            calls=calls,
            crm=crm,
            clock=self._clock,
            sign_in=Sessions(
                access, clock=self._clock, ids=self._ids, session_hours=settings.session_hours
            ),
            cookie_secure=settings.tls_certificate is not None,
            api_types=(*API_TYPES, OTHER),
            limits=console.ConsoleLimits(
                search_span_days_max=settings.calls_search_span_days_max,
                shown_max=settings.calls_shown_max,
                export_rows_max=settings.calls_export_rows_max,
                retention_days=settings.calls_retention_days,
                search_budget_ms=settings.calls_search_budget_ms,
            ),
            user_names=user_names,
            completeness=completeness,
            plan_use=plan_use,
            outbox=outbox,
            stopping=lambda: self._stopping,
        )

    async def _prune_for_ever(self, calls: CallStore) -> None:
        while True:
            before_ms = self._clock.now_ms() - self._settings.calls_retention_days * DAY_MS
            try:
                days = await asyncio.to_thread(calls.prune, before_ms=before_ms)
            except (LeadwireError, OSError) as error:
                _log.error("old calls could not be dropped: %s", error)
            else:
                if days:
                    _log.info("dropped %d day(s) of calls past retention", days)
            try:
                days = await asyncio.to_thread(calls.close_days)
            except (LeadwireError, OSError) as error:
                _log.error("days of calls could not be compacted: %s", error)
            else:
                if days:
                    _log.info("compacted %d day(s) of calls", days)
            await asyncio.sleep(_PRUNE_EVERY_SECONDS)


async def _keep_up_for_ever(crm: Crm) -> None:
    while True:
        try:
            await crm.keep_up()
        except LeadwireError as error:
            _log.error("searches cannot be kept quick: %s", error)
        await asyncio.sleep(_KEEP_UP_EVERY_SECONDS)


def _is_site(path: str) -> bool:
    return path in _SITE_PATHS or path.startswith(_SITE_PREFIXES)


async def _stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
