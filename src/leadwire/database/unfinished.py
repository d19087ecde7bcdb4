"""The note of a copy that is not complete: a table in the target's database of leads."""

from typing import Final

from sqlalchemy import Column, Connection, Integer, MetaData, Table, inspect

UNFINISHED: Final = Table("unfinished_copy", MetaData(), Column("at", Integer))


def is_unfinished(connection: Connection) -> bool:
    """Whether a copy to this database began and did not end."""
    return inspect(connection).has_table(UNFINISHED.name)
