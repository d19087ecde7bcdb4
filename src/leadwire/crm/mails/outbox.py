"""The outbox: queued mails and their state."""

from typing import Any, Final, Literal

import msgspec
from sqlalchemy import Row, delete, func, select, tuple_, update

from leadwire.crm.tables import mails
from leadwire.crm.unit import Unit
from leadwire.database.database import Database

MailState = Literal["recorded", "waiting", "sent", "failed"]
RECORDED: Final = "recorded"
"""Stored for reading, and never sent."""
WAITING: Final = "waiting"
SENT: Final = "sent"
FAILED: Final = "failed"

_PRUNED_AT_ONCE: Final = 200


class MailDetails(msgspec.Struct, frozen=True, omit_defaults=True):
    """The caller's details of a mail, hidden from its recipient."""

    template: str = ""
    campaign: str = ""
    category: str = ""
    with_footer: bool = False


class OutboxMail(msgspec.Struct, frozen=True, kw_only=True):
    account_id: str
    mail_id: str
    call_id: str
    """The call that asked for this mail."""
    lead_id: str
    created_on: int
    sender_name: str
    sender_email: str
    recipients: tuple[str, ...]
    copies: tuple[str, ...]
    subject: str
    html: str
    text: str
    details: MailDetails
    due_on: int
    state: MailState
    attempts: int
    next_attempt_on: int | None
    """None once the mail is finished."""
    finished_on: int | None
    problem: str
    """Why the last attempt failed."""


class OutboxPage(msgspec.Struct, frozen=True):
    """*cursor* continues with older mails; empty on the last page."""

    mails: tuple[OutboxMail, ...]
    cursor: str


class OutboxReader:
    """Reads the mails of accounts. Thread-safe, also while the store writes."""

    def __init__(self, database: Database) -> None:
        self._engine = database.reader(connections=2)

    def page(
        self, account_id: str, *, state: MailState | None, cursor: str, mails_max: int
    ) -> OutboxPage:
        """The newest mails of an account, or those older than *cursor*.

        An invalid cursor counts as empty.
        """
        statement = select(mails).where(mails.c.account_id == account_id)
        if state is not None:
            statement = statement.where(mails.c.state == state)
        created, _, mail_id = cursor.partition(".")
        if created.isascii() and created.isdecimal() and len(created) <= len(str(2**53)):
            place = tuple_(mails.c.created_on, mails.c.mail_id)
            statement = statement.where(place < tuple_(int(created), mail_id))
        with self._engine.connect() as connection:
            rows = connection.execute(
                statement.order_by(mails.c.created_on.desc(), mails.c.mail_id.desc()).limit(
                    mails_max + 1
                )
            ).all()
        found = tuple(mail_from_row(row) for row in rows[:mails_max])
        last = found[-1] if len(rows) > mails_max else None
        return OutboxPage(found, f"{last.created_on}.{last.mail_id}" if last else "")

    def mail(self, account_id: str, mail_id: str) -> OutboxMail | None:
        with self._engine.connect() as connection:
            row = connection.execute(
                select(mails).where(mails.c.account_id == account_id, mails.c.mail_id == mail_id)
            ).first()
        return None if row is None else mail_from_row(row)

    def close(self) -> None:
        self._engine.dispose()


def next_due_on(unit: Unit) -> int | None:
    """The due time of the next mail of any account; None if no mail waits."""
    due_on: int | None = unit.connection.execute(select(func.min(mails.c.next_attempt_on))).scalar()
    return due_on


def claim_due(unit: Unit, *, lease_ms: int) -> OutboxMail | None:
    """Claim the mail of any account that has been due longest, and count an attempt.

    It is due again after *lease_ms* unless its result is stored. After a crash it is sent twice
    rather than never.
    """
    row = unit.connection.execute(
        select(mails)
        .where(mails.c.next_attempt_on <= unit.now_ms)
        .order_by(mails.c.next_attempt_on, mails.c.mail_id)
        .limit(1)
    ).first()
    if row is None:
        return None
    _write(
        unit,
        row.account_id,
        row.mail_id,
        attempts=row.attempts + 1,
        next_attempt_on=unit.now_ms + lease_ms,
    )
    return msgspec.structs.replace(mail_from_row(row), attempts=row.attempts + 1)


def finish(unit: Unit, mail: OutboxMail, state: MailState, problem: str) -> None:
    """Store the final result of *mail*: sent or failed."""
    _write(
        unit,
        mail.account_id,
        mail.mail_id,
        state=state,
        next_attempt_on=None,
        finished_on=unit.now_ms,
        problem=problem,
    )


def try_again(unit: Unit, mail: OutboxMail, *, after_ms: int, problem: str) -> None:
    """Make *mail* due again after *after_ms*."""
    _write(
        unit,
        mail.account_id,
        mail.mail_id,
        next_attempt_on=unit.now_ms + after_ms,
        problem=problem,
    )


def prune_mails(unit: Unit, *, before_ms: int) -> int:
    """Delete some mails of any account that were finished before *before_ms*. Returns their number.

    A mail that was only recorded counts as finished at its due time. A waiting mail is kept,
    however old it is.
    """
    ended_on = func.coalesce(mails.c.finished_on, mails.c.due_on)
    # Naming the accounts lets the query use the index by creation time.
    accounts = select(mails.c.account_id).distinct()
    found = unit.connection.execute(
        select(mails.c.account_id, mails.c.mail_id)
        .where(
            mails.c.account_id.in_(accounts),
            mails.c.created_on < before_ms,
            mails.c.state.in_((RECORDED, SENT, FAILED)),
            ended_on < before_ms,
        )
        .limit(_PRUNED_AT_ONCE)
    ).all()
    for account_id, mail_id in found:
        unit.connection.execute(
            delete(mails).where(mails.c.account_id == account_id, mails.c.mail_id == mail_id)
        )
    return len(found)


def _write(unit: Unit, account_id: str, mail_id: str, **values: Any) -> None:  # noqa: ANN401
    unit.connection.execute(
        update(mails)
        .where(mails.c.account_id == account_id, mails.c.mail_id == mail_id)
        .values(**values)
    )


def mail_from_row(row: Row[Any]) -> OutboxMail:
    return OutboxMail(
        account_id=row.account_id,
        mail_id=row.mail_id,
        call_id=row.call_id,
        lead_id=row.lead_id,
        created_on=row.created_on,
        sender_name=row.sender_name,
        sender_email=row.sender_email,
        recipients=msgspec.json.decode(row.recipients, type=tuple[str, ...]),
        copies=msgspec.json.decode(row.copies, type=tuple[str, ...]),
        subject=row.subject,
        html=row.html,
        text=row.text,
        details=msgspec.json.decode(row.details, type=MailDetails),
        due_on=row.due_on,
        state=row.state,
        attempts=row.attempts,
        next_attempt_on=row.next_attempt_on,
        finished_on=row.finished_on,
        problem=row.problem,
    )
