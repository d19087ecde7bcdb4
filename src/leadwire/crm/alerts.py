"""Alerts: searches of the call log whose matches are counted, and who is told of too many.

A message has counts and a link, and nothing of a call. It goes through the queue of mails, or
through the queue of deliveries of a webhook.
"""

from typing import Any, Final, Literal

import msgspec
from sqlalchemy import Row, delete, func, insert, select, update

from leadwire.crm.mails.outbox import RECORDED, WAITING
from leadwire.crm.tables import alerts, mails, webhook_deliveries
from leadwire.crm.unit import Unit
from leadwire.crm.webhooks import announcing
from leadwire.crm.webhooks.listeners import ENABLED
from leadwire.crm.webhooks.webhooks import get_webhook
from leadwire.dates import MINUTE_MS, format_seconds
from leadwire.errors import Missing

AlertState = Literal["quiet", "fired"]
QUIET: Final = "quiet"
FIRED: Final = "fired"
_NEXT_MAX: Final = 100


class AlertDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What a person chooses. Either *webhook_id* or *email* is set."""

    name: str
    search: str
    """The filters of the list without a range, as its address has them."""
    calls_max: int
    """It fires on more matches than this."""
    minutes: int
    """Matches of the last *minutes* are counted."""
    pause_minutes: int
    """While it stays fired, a further message is sent after this long."""
    webhook_id: str
    email: str
    site: str
    """The start of the console's address, for links: ``https://leads.example.com``."""


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    account_id: str
    alert_id: str
    draft: AlertDraft
    created_on: int
    created_by: str
    check_on: int
    """When it is counted next."""
    state: AlertState
    told_on: int | None
    """When the last message was queued."""
    calls: int | None
    """The last count; None before the first."""
    counted_on: int | None
    problem: str
    """Why it could not be counted, or nobody could be told; empty if all went well."""


def create_alert(unit: Unit, draft: AlertDraft) -> str:
    """The id of the new alert. It is counted at once. Raises Missing for an unknown webhook."""
    if draft.webhook_id:
        get_webhook(unit, draft.webhook_id)
    alert_id = unit.ids.guid()
    unit.connection.execute(
        insert(alerts).values(
            account_id=unit.actor.account_id,
            alert_id=alert_id,
            **msgspec.structs.asdict(draft),
            created_on=unit.now_ms,
            created_by=unit.actor.user_id,
            check_on=unit.now_ms,
            state=QUIET,
            problem="",
        )
    )
    unit.queued.add(alert_id)
    return alert_id


def alerts_of(unit: Unit) -> list[Alert]:
    """The alerts of the account, by name."""
    rows = unit.connection.execute(
        select(alerts)
        .where(alerts.c.account_id == unit.actor.account_id)
        .order_by(alerts.c.name, alerts.c.alert_id)
    )
    return [_alert(row) for row in rows]


def get_alert(unit: Unit, alert_id: str) -> Alert:
    """Raises Missing."""
    row = unit.connection.execute(select(alerts).where(*_is(unit, alert_id))).first()
    if row is None:
        raise Missing("alert", location="alert")
    return _alert(row)


def delete_alert(unit: Unit, alert_id: str) -> Alert:
    """The deleted alert. Raises Missing."""
    alert = get_alert(unit, alert_id)
    unit.connection.execute(delete(alerts).where(*_is(unit, alert_id)))
    return alert


def count_alerts(unit: Unit) -> int:
    """How many alerts the account has."""
    found: int = unit.connection.execute(
        select(func.count()).where(alerts.c.account_id == unit.actor.account_id)
    ).scalar_one()
    return found


def next_alerts(unit: Unit) -> list[Alert]:
    """The alerts of all accounts that are counted next, the most urgent first."""
    rows = unit.connection.execute(select(alerts).order_by(alerts.c.check_on).limit(_NEXT_MAX))
    return [_alert(row) for row in rows]


def claim_alert(unit: Unit, alert: Alert, *, again_on: int) -> bool:
    """Set the time of the next count. Returns False if another server did, or it was deleted."""
    claimed = unit.connection.execute(
        update(alerts)
        .where(alerts.c.alert_id == alert.alert_id, alerts.c.check_on == alert.check_on)
        .values(check_on=again_on)
    ).rowcount
    return bool(claimed)


def note_count(unit: Unit, alert: Alert, calls: int, *, is_mailed: bool) -> None:
    """Store a count, and queue a message if the alert fires or is still fired after its pause.

    *is_mailed* says whether a mail server is configured; without one, mails are only recorded.
    """
    draft = alert.draft
    fires = calls > draft.calls_max
    values: dict[str, Any] = {
        "state": FIRED if fires else QUIET,
        "calls": calls,
        "counted_on": unit.now_ms,
        "problem": "",
    }
    pause_ms = draft.pause_minutes * MINUTE_MS
    if fires and (alert.told_on is None or unit.now_ms - alert.told_on >= pause_ms):
        values["problem"] = _tell(unit, alert, calls, is_test=False, is_mailed=is_mailed)
        values["told_on"] = unit.now_ms
    unit.connection.execute(
        update(alerts).where(alerts.c.alert_id == alert.alert_id).values(**values)
    )


def note_problem(unit: Unit, alert: Alert, problem: str) -> None:
    """Store why the alert could not be counted."""
    unit.connection.execute(
        update(alerts)
        .where(alerts.c.alert_id == alert.alert_id)
        .values(problem=problem, counted_on=unit.now_ms)
    )


def send_test(unit: Unit, alert_id: str, *, is_mailed: bool) -> str:
    """Queue a message that says it is a test. Returns why it cannot be sent; empty if it can.

    Raises Missing. The alert's state stays.
    """
    alert = get_alert(unit, alert_id)
    return _tell(unit, alert, alert.calls or 0, is_test=True, is_mailed=is_mailed)


def _tell(unit: Unit, alert: Alert, calls: int, *, is_test: bool, is_mailed: bool) -> str:
    """Queue a message. Returns why nobody can be told; empty if somebody can."""
    until_ms = unit.now_ms
    from_ms = until_ms - alert.draft.minutes * MINUTE_MS
    if alert.draft.webhook_id:
        return _post(unit, alert, _payload(alert, calls, from_ms, until_ms, is_test=is_test))
    _mail(unit, alert, calls, is_test=is_test, is_mailed=is_mailed)
    return ""


def calls_url(alert: Alert, until_ms: int) -> str:
    """The list of the counted calls."""
    from_ms = until_ms - alert.draft.minutes * MINUTE_MS
    start, end = (format_seconds(at).replace(" ", "+") for at in (from_ms, until_ms))
    search = f"{alert.draft.search}&" if alert.draft.search else ""
    return f"{alert.draft.site}/console/api-logs?{search}from={start}&to={end}"


def _payload(alert: Alert, calls: int, from_ms: int, until_ms: int, *, is_test: bool) -> str:
    message = {
        "Event": "Alert",
        "IsTest": is_test,
        "Name": alert.draft.name,
        "Calls": calls,
        "MoreThan": alert.draft.calls_max,
        "From": format_seconds(from_ms),
        "To": format_seconds(until_ms),
        "Url": calls_url(alert, until_ms),
    }
    return msgspec.json.encode(message).decode()


def _post(unit: Unit, alert: Alert, payload: str) -> str:
    actor = unit.actor._replace(account_id=alert.account_id)
    try:
        webhook = get_webhook(unit._replace(actor=actor), alert.draft.webhook_id)
    except Missing:
        return "Its webhook was deleted."
    if webhook.status != ENABLED:
        return "Its webhook is disabled."
    unit.connection.execute(
        insert(webhook_deliveries).values(
            delivery_id=unit.ids.guid(),
            account_id=alert.account_id,
            webhook_id=webhook.webhook_id,
            event=webhook.event,
            state=announcing.WAITING,
            scheduled_on=unit.now_ms,
            due_on=unit.now_ms,
            tries=0,
            attempts=0,
            created_on=unit.now_ms,
            events=1,
            payload=payload,
        )
    )
    unit.queued.add(webhook.webhook_id)
    return ""


def _mail(unit: Unit, alert: Alert, calls: int, *, is_test: bool, is_mailed: bool) -> None:
    draft, mail_id = alert.draft, unit.ids.guid()
    subject = f"{'Test of the alert' if is_test else 'Alert'}: {draft.name}"
    text = (
        f"{calls:,} calls in {draft.minutes} minutes match “{draft.name}”, more than "
        f"{draft.calls_max:,}.\n\n{calls_url(alert, unit.now_ms)}\n"
    )
    if is_test:
        text = f"This is a test. An alert looks like this:\n\n{text}"
    unit.connection.execute(
        insert(mails).values(
            account_id=alert.account_id,
            mail_id=mail_id,
            sending_id=mail_id,
            call_id="",
            lead_id="",
            created_on=unit.now_ms,
            created_by=alert.created_by,
            sender_name="leadwire",
            sender_email=draft.email,
            recipients=msgspec.json.encode([draft.email]).decode(),
            copies="[]",
            subject=" ".join(subject.split()),
            html="",
            text=text,
            details="{}",
            due_on=unit.now_ms,
            state=WAITING if is_mailed else RECORDED,
            attempts=0,
            next_attempt_on=unit.now_ms if is_mailed else None,
            problem="",
        )
    )
    unit.queued.add(mail_id)


def _is(unit: Unit, alert_id: str) -> tuple[Any, Any]:
    return alerts.c.account_id == unit.actor.account_id, alerts.c.alert_id == alert_id


def _alert(row: Row[Any]) -> Alert:
    draft = AlertDraft(**{name: getattr(row, name) for name in AlertDraft.__struct_fields__})
    return Alert(
        account_id=row.account_id,
        alert_id=row.alert_id,
        draft=draft,
        created_on=row.created_on,
        created_by=row.created_by,
        check_on=row.check_on,
        state=row.state,
        told_on=row.told_on,
        calls=row.calls,
        counted_on=row.counted_on,
        problem=row.problem,
    )
