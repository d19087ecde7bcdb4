"""The services that a running server gives to the console."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from leadwire.access.audit import Action, AuditQuery, Entry
from leadwire.access.chosen_settings import LiveSettings
from leadwire.access.limits import Limiter
from leadwire.access.sessions import Sessions
from leadwire.access.store import AccessStore
from leadwire.access.viewer import Viewer
from leadwire.calls.fields import is_named
from leadwire.calls.store import LiveReader, LogDay
from leadwire.calls.terms import TokenOf
from leadwire.clock import Clock, IdSource
from leadwire.console import AccountServices, Completeness, ConsoleServices, PlanUse
from leadwire.crm.files import FileStore
from leadwire.crm.mails.outbox import OutboxReader
from leadwire.crm.store import Crm
from leadwire.crm.webhooks.drafts import Probe
from leadwire.operations import API_TYPES, OTHER
from leadwire.recording.metrics import CallMetrics
from leadwire.server.explaining import explainer
from leadwire.wire.rerun import Reruns


class AuditTrail:
    """The trail of the access data, for the console."""

    def __init__(self, access: AccessStore) -> None:
        self._access = access

    def record(self, viewer: Viewer, action: Action, thing: str = "", *, note: str = "") -> None:
        self._access.audit(viewer.account_id, viewer.doer, action, thing=thing, note=note)

    def entries(self, account_id: str, query: AuditQuery, *, rows_max: int) -> list[Entry]:
        return self._access.audit_entries(account_id, query, rows_max=rows_max)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The open stores, and what the server is set to."""

    access: AccessStore
    calls: LiveReader
    log_days: Callable[[], Sequence[LogDay]]
    token_of: Callable[[], TokenOf | None]
    live: LiveSettings
    probe: Probe
    crm: Crm
    files: FileStore
    outbox: OutboxReader
    metrics: CallMetrics
    limiter: Limiter
    reruns: Reruns


def console_services(
    opened: Opened,
    *,
    clock: Clock,
    ids: IdSource,
    stopping: Callable[[], bool],
    controls_are_on: bool,
    bound_met: Callable[[str], None],
) -> ConsoleServices:
    """All services of the console.

    *stopping* ends its live streams. *bound_met* counts limits that cut.
    """
    access, limiter = opened.access, opened.limiter

    def user_names(account_id: str) -> Mapping[str, str]:
        return {user.user_id: user.name for user in access.users(account_id)}

    def plan_use(account_id: str) -> PlanUse:
        settings = opened.live.of_account(account_id)
        return PlanUse(settings.plan, tuple(limiter.use(account_id)), settings.plan_users)

    return ConsoleServices(
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
        user_names=user_names,
        user_ids=partial(users_named, access),
        completeness=_completeness(opened.metrics, since_ms=clock.now_ms()),
        plan_use=plan_use,
        outbox=opened.outbox,
        explain=explainer(access, opened.crm, opened.calls),
        reruns=opened.reruns,
        file=opened.files.read,
        stopping=stopping,
        controls_are_on=controls_are_on,
    )


def users_named(access: AccessStore, account_id: str, name: str) -> tuple[str, ...]:
    """The ids of the account's users with that name or e-mail address. May block."""
    return tuple(
        user.user_id
        for user in access.users(account_id)
        if is_named(name, user.name) or is_named(name, user.email)
    )


def _completeness(metrics: CallMetrics, *, since_ms: int) -> Callable[[], Completeness]:
    def completeness() -> Completeness:
        gap = metrics.gaps.open
        # Read in reverse order of counting, so that no call looks recorded but not served.
        return Completeness(
            recorded=metrics.recorded,
            in_gaps=metrics.gaps.calls,
            served=metrics.served,
            since_ms=since_ms,
            open_gap=gap.reason if gap else "",
        )

    return completeness
