"""The audit trail: who did what, when, to which thing, and from which address.

Entries are only added. Nothing changes one, and only age removes it. An entry holds no secret and
no body. It is stored in the transaction of the change where both are in the access data.
"""

from typing import Final, Literal, NamedTuple, get_args

import msgspec
from sqlalchemy import Connection, delete, insert, select

from leadwire.access.tables import audit

Action = Literal[
    "account.created",
    "account.erased",
    "account.switched",
    "async_key.created",
    "backup.made",
    "alert.created",
    "alert.deleted",
    "alert.tested",
    "body.seen",
    "calls.erased",
    "calls.exported",
    "call.pinned",
    "call.run",
    "call.unpinned",
    "caller.named",
    "field.changed",
    "field.created",
    "key.created",
    "key.old_secret_retired",
    "key.revoked",
    "key.rotated",
    "session.begun",
    "session.ended",
    "session.revoked",
    "setting.changed",
    "user.activated",
    "user.changed",
    "user.created",
    "user.deactivated",
    "user.invited",
    "user.joined",
    "user.password_changed",
    "view.deleted",
    "view.saved",
    "webhook.changed",
    "webhook.created",
    "webhook.deleted",
    "webhook.redelivered",
    "webhook.secret_seen",
    "webhook.tested",
]
ACTIONS: Final[tuple[Action, ...]] = get_args(Action)
_NOTE_CHARS_MAX: Final = 500
_THING_CHARS_MAX: Final = 200


class Doer(msgspec.Struct, frozen=True):
    """Who acts, and from where."""

    user_id: str
    """Empty for the command line."""
    who: str
    """The user's e-mail address, or ``command line``."""
    address: str
    """Of the client; on the command line the name of the system's user."""


COMMAND_LINE: Final = Doer(user_id="", who="command line", address="")


class Entry(NamedTuple):
    entry_id: int
    at_ms: int
    doer: Doer
    action: str
    thing: str
    """The id of what the action changed or showed; may be empty."""
    note: str
    """What a person needs to know besides: names, and values before and after."""


class AuditQuery(msgspec.Struct, frozen=True):
    """Which entries of an account. Empty conditions match all."""

    who: str = ""
    """An e-mail address, or ``command line``."""
    action: str = ""
    from_ms: int | None = None
    to_ms: int | None = None
    """Exclusive."""
    before_id: int | None = None
    """Only entries older than this one."""


def add_entry(  # noqa: PLR0913  # each is a column
    connection: Connection,
    doer: Doer,
    action: Action,
    *,
    account_id: str,
    at_ms: int,
    thing: str = "",
    note: str = "",
) -> None:
    """Add an entry in the transaction of *connection*. Long texts are cut."""
    connection.execute(
        insert(audit).values(
            account_id=account_id,
            at=at_ms,
            user_id=doer.user_id,
            who=_storable(doer.who, _THING_CHARS_MAX),
            address=_storable(doer.address, _THING_CHARS_MAX),
            action=action,
            thing=_storable(thing, _THING_CHARS_MAX),
            note=_storable(note, _NOTE_CHARS_MAX),
        )
    )


def entries(
    connection: Connection, account_id: str, query: AuditQuery, *, rows_max: int
) -> list[Entry]:
    """The newest entries that match, newest first."""
    wanted = select(audit).where(audit.c.account_id == account_id)
    if query.who:
        wanted = wanted.where(audit.c.who == query.who)
    if query.action:
        wanted = wanted.where(audit.c.action == query.action)
    if query.from_ms is not None:
        wanted = wanted.where(audit.c.at >= query.from_ms)
    if query.to_ms is not None:
        wanted = wanted.where(audit.c.at < query.to_ms)
    if query.before_id is not None:
        wanted = wanted.where(audit.c.entry_id < query.before_id)
    rows = connection.execute(wanted.order_by(audit.c.entry_id.desc()).limit(rows_max))
    return [
        Entry(r.entry_id, r.at, Doer(r.user_id, r.who, r.address), r.action, r.thing, r.note)
        for r in rows
    ]


def people(connection: Connection, account_id: str) -> list[str]:
    """Everybody who has an entry, in alphabetical order."""
    found = select(audit.c.who).where(audit.c.account_id == account_id).distinct()
    return sorted(connection.execute(found).scalars())


def drop_entries(connection: Connection, *, before_ms: int) -> int:
    """Remove the entries of every account before that instant. Returns how many."""
    return connection.execute(delete(audit).where(audit.c.at < before_ms)).rowcount


def _storable(text: str, chars_max: int) -> str:
    """*text* without what no database keeps: NUL and lone surrogates."""
    kept = text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
    return kept if len(kept) <= chars_max else f"{kept[: chars_max - 1]}…"
