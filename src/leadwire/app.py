"""The composition root: opens the stores, stacks the layers, owns the order of start and stop."""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from starlette.types import ASGIApp

from leadwire import console
from leadwire.access.plans import PLANS
from leadwire.access.sessions import Sessions
from leadwire.access.store import AccessStore, FirstAccount
from leadwire.call_log import CallLog, open_call_log
from leadwire.calls.gaps import Gaps
from leadwire.calls.metrics import CallMetrics
from leadwire.calls.recorder import Receive, Recorder, RecorderLimits, Scope, Send
from leadwire.calls.redact import lift_keys
from leadwire.calls.store import CallStore
from leadwire.clock import Clock, IdSource, SystemClock, SystemIds
from leadwire.crm.files import FileStore
from leadwire.crm.store import Crm, CrmStore, make_crm_database
from leadwire.dates import DAY_MS
from leadwire.errors import LeadwireError, SetupError
from leadwire.operations import API_TYPES
from leadwire.settings import Settings
from leadwire.site import Health, build_site
from leadwire.wire.dispatch import Dispatch
from leadwire.wire.faults import Faults, unrecorded
from leadwire.wire.gate import Gate
from leadwire.wire.request import Services
from leadwire.wire.routes import OTHER, identify

if TYPE_CHECKING:
    from leadwire.access.limits import Limiter

_PRUNE_EVERY_SECONDS: Final = 3_600
_KEEP_UP_EVERY_SECONDS: Final = 1
_KEEP_UP_AGAIN_SECONDS: Final = 60
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
        crm = self._crm or CrmStore(
            settings.data,
            clock=clock,
            ids=ids,
            indexed_fields=settings.lead_field_index_names,
        )
        closing.push_async_callback(asyncio.to_thread, crm.close)
        closing.push_async_callback(_stop, asyncio.create_task(self._prune_for_ever(calls)))
        closing.push_async_callback(_stop, asyncio.create_task(_keep_up_for_ever(crm)))

        files = FileStore(settings.data, clock=clock, ids=ids)
        gaps = Gaps(calls, clock=clock, ids=ids)
        metrics = CallMetrics(gaps)
        # The layers of a call, outermost first: Recorder, Faults, Gate, Dispatch.
        dispatch = Dispatch(Services(crm=crm, access=access, settings=settings, files=files))
        limiter = self._limiter()
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
            identify=identify,
            unrecorded=unrecorded,
            gaps=gaps,
            policy=settings.record_policy,
            metrics=metrics,
        )
        self._site = build_site(
            console.build(self._console_services(access, calls, metrics, limiter, files)),
            metrics=metrics,
            limiter=limiter,
            health=Health(settings.data, metrics, log.shipping),
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

    def _limiter(self) -> "Limiter | None":
        plan = PLANS.get(self._settings.plan)
        if plan is None:
            return None
        from leadwire.access.limits import Limiter  # noqa: PLC0415  # only a plan needs it

        return Limiter(plan, users=self._settings.plan_users, clock=self._clock)

    def _console_services(
        self,
        access: AccessStore,
        calls: CallStore,
        metrics: CallMetrics,
        limiter: "Limiter | None",
        files: FileStore,
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
            file=files.read,
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
            await asyncio.sleep(_KEEP_UP_AGAIN_SECONDS)
        await asyncio.sleep(_KEEP_UP_EVERY_SECONDS)


def _is_site(path: str) -> bool:
    return path in _SITE_PATHS or path.startswith(_SITE_PREFIXES)


async def _stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
