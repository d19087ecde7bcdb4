"""Units of work that share a commit: each is whole or leaves no trace."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import Connection

from leadwire.database.mark import make_empty_file
from leadwire.database.sqlite import SqliteDatabase
from leadwire.database.writer import Writer


class RefusedError(Exception):
    """What a unit raises on purpose."""


def keep(number: int, *, fails: bool = False):
    """A unit that writes two rows, and may raise between them."""

    def work(connection: Connection) -> int:
        connection.exec_driver_sql("INSERT INTO kept VALUES (?)", (number,))
        if fails:
            raise RefusedError(number)
        connection.exec_driver_sql("INSERT INTO kept VALUES (?)", (-number,))
        return number

    return work


@pytest.mark.parametrize("failing", [set(), {2}, {1, 3}, {1, 2, 3, 4}])
def test_a_unit_that_raises_leaves_no_trace_and_the_others_stand(tmp_path: Path, failing: set[int]):
    """In one commit with others, before and after it, alone or with more that raise."""

    async def run() -> tuple[list[object], list[int]]:
        make_empty_file(tmp_path / "kept.sqlite")
        writer = Writer(
            SqliteDatabase(tmp_path / "kept.sqlite").group_writer("accounts"), name="writer"
        )
        await writer.run(lambda c: c.exec_driver_sql("CREATE TABLE kept (number)").close())
        units = [writer.run(keep(n, fails=n in failing)) for n in (1, 2, 3, 4)]
        results = await asyncio.gather(*units, return_exceptions=True)
        rows = await writer.run(
            lambda c: [
                n for (n,) in c.exec_driver_sql("SELECT number FROM kept ORDER BY abs(number)")
            ]
        )
        await asyncio.to_thread(writer.close)
        return results, rows

    results, rows = asyncio.run(run())
    assert [isinstance(result, RefusedError) for result in results] == [
        n in failing for n in (1, 2, 3, 4)
    ]
    assert sorted(rows) == sorted(s * n for n in {1, 2, 3, 4} - failing for s in (1, -1))
