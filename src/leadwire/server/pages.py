"""The console of a running server, and the services that it gets."""

from collections.abc import Callable, Mapping
from functools import partial

from starlette.types import ASGIApp

from leadwire.access.audit import Action, AuditQuery, Entry
from leadwire.access.sessions import Sessions
from leadwire.access.store import AccessStore
from leadwire.access.viewer import Viewer
from leadwire.clock import Clock, IdSource
from leadwire.console import (
    AccountServices,
    Completeness,
    ConsoleServices,
    PlanUse,
    ProxyFacts,
    build,
)
from leadwire.operations import API_TYPES, OTHER
from leadwire.recording.metrics import CallMetrics
from leadwire.server.docs.pages import Docs
from leadwire.server.explaining import explainer
from leadwire.server.opened import Opened, ids_named


class AuditTrail:
    """The trail of the access data, for the console."""

    def __init__(self, access: AccessStore) -> None:
        self._access = access

    def record(self, viewer: Viewer, action: Action, thing: str = "", *, note: str = "") -> None:
        self._access.audit(viewer.account_id, viewer.doer, action, thing=thing, note=note)

    def entries(self, account_id: str, query: AuditQuery, *, rows_max: int) -> list[Entry]:
        return self._access.audit_entries(account_id, query, rows_max=rows_max)


def build_console(  # noqa: PLR0913  # what the server itself adds to its stores
    opened: Opened,
    *,
    clock: Clock,
    ids: IdSource,
    opened_ms: int,
    controls_are_on: bool,
    stopping: Callable[[], bool],
    bound_met: Callable[[str], None],
    proxy: ProxyFacts | None,
) -> ASGIApp:
    """The console and the docs of a server that serves since *opened_ms*.

    *stopping* ends its live streams. *bound_met* counts limits that cut.
    """
    access, limiter = opened.access, opened.limiter

    def names(account_id: str) -> Mapping[str, str]:
        people = {user.user_id: user.name for user in access.users(account_id)}
        pairs = {pair.key_id: pair.name for pair in access.key_pairs(account_id)}
        return people | pairs | access.caller_names(account_id)

    def plan_use(account_id: str) -> PlanUse:
        settings = opened.live.of_account(account_id)
        return PlanUse(settings.plan, tuple(limiter.use(account_id)), settings.plan_users)

    services = ConsoleServices(
        settings_in_force=opened.live.of_server,
        calls=opened.calls,
        log_days=opened.log_days,
        token_in_force=opened.token_of,
        crm=opened.crm,
        clock=clock,
        sign_in=Sessions(
            access, clock=clock, ids=ids, session_hours=opened.live.started.session_hours
        ),
        audit=AuditTrail(access),
        account=AccountServices(access=access, live=opened.live, probe=opened.probe),
        bound_met=bound_met,
        api_types=(*API_TYPES, OTHER),
        names=names,
        ids_named=partial(ids_named, access),
        completeness=_completeness(opened.metrics, since_ms=opened_ms),
        plan_use=plan_use,
        outbox=opened.outbox,
        explain=explainer(access, opened.crm, opened.calls),
        reruns=opened.reruns,
        file=opened.files.read,
        stopping=stopping,
        controls_are_on=controls_are_on,
        proxy=proxy,
    )
    return build(
        services,
        areas=[lambda *console: Docs(*console).routes()],
        packages=("leadwire.server.docs",),
    )


def _completeness(metrics: CallMetrics, *, since_ms: int) -> Callable[[], Completeness]:
    def completeness() -> Completeness:
        gap = metrics.gaps.open
        # Read in reverse order of counting, so that no call looks recorded but not served.
        return Completeness(
            recorded=metrics.recorded,
            in_gaps=metrics.in_gaps,
            served=metrics.served,
            since_ms=since_ms,
            open_gap=gap.reason if gap else "",
        )

    return completeness
