"""Names that administrators give to the callers of a proxy."""

from typing import Final

from sqlalchemy import Connection, delete, insert, select

from leadwire.access.change import Change
from leadwire.access.tables import caller_names
from leadwire.errors import InputInvalid

NAME_CHARACTERS_MAX: Final = 80


def caller_names_of(connection: Connection, account_id: str) -> dict[str, str]:
    """The name of each caller that has one, by its key id."""
    rows = connection.execute(
        select(caller_names.c.key_id, caller_names.c.name).where(
            caller_names.c.account_id == account_id
        )
    )
    return {row.key_id: row.name for row in rows}


def name_caller(change: Change, *, account_id: str, key_id: str, name: str) -> None:
    """Name a caller; an empty name takes its name away. Raises InputInvalid."""
    name = " ".join(name.split())
    if len(name) > NAME_CHARACTERS_MAX or not name.isprintable():
        raise InputInvalid(f"Write a name of at most {NAME_CHARACTERS_MAX} characters.")
    is_it = (caller_names.c.account_id == account_id) & (caller_names.c.key_id == key_id)
    change.connection.execute(delete(caller_names).where(is_it))
    if name:
        change.connection.execute(
            insert(caller_names).values(account_id=account_id, key_id=key_id, name=name)
        )
    change.audit(account_id, "caller.named", thing=key_id, note=name)
