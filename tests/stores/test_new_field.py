"""A member added to the class of the record is kept by every store, without another line."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import leadwire

NEW_MEMBERS = """
    new_text: str = ""
    new_number: int = 0
    new_flag: bool = False


FIELDS: Final ="""

KEEP_AND_READ = '''
import asyncio, io, sys
from pathlib import Path

import msgspec

from leadwire.calls.export import csv_header, csv_line, exported_call
from leadwire.calls.query import CallQuery
from leadwire.calls.record import FIELDS, CallRecord
from leadwire.calls.sent import SentCall
from leadwire.clock import SystemClock
from leadwire.stores.clickhouse import schema
from leadwire.stores.files.lines import line_of, records_of_lines
from leadwire.stores.files.table import CallTable, records_of_table
from leadwire.stores.sqlite import SqliteCallStore

NOON_MS = 1_700_000_000_000


def made(number, kind=CallRecord):
    """A record in which every field has a value of its own."""
    values = {
        field.name: {str: f"{field.name} {number}", int: number + 2, float: number + 0.125,
                     bool: True}.get(field.type, "")
        for field in msgspec.structs.fields(kind)
    }
    values |= {"vantage": "proxy", "outcome": "success", "account_id": "a1", "sequence": 0,
               "call_id": f"01a20983-0000-7000-8000-{number:012d}",
               "started_at_ms": NOON_MS + number}
    return kind(**values)


def unnumbered(records):
    return [msgspec.structs.replace(record, sequence=0) for record in records]


folder, everything = Path(sys.argv[1]), CallQuery(account_id=None, limit=1_000)
assert FIELDS[-3:] == ("new_text", "new_number", "new_flag")
calls = [made(number) for number in range(40)]
newest_first = calls[::-1]

store = SqliteCallStore(folder / "calls", clock=SystemClock())


async def append_all():
    await asyncio.gather(*map(store.append, calls))


asyncio.run(append_all())
assert unnumbered(store.reader.search(everything).calls) == newest_first, "hot"
assert store.close_days() == 1
assert unnumbered(store.reader.search(everything).calls) == newest_first, "sealed"
assert unnumbered([store.reader.get(calls[7].call_id)]) == [calls[7]], "by id"
store.close()

for call in calls:
    row = schema.row_of(call, "node", 1)
    values = dict(zip(schema.COLUMNS, row, strict=True))
    assert schema.record_of([values[name] for name in FIELDS]) == call, "ClickHouse"
types = dict(zip(schema.COLUMNS, schema.COLUMN_TYPES, strict=True))
new_types = {name: types[name] for name in FIELDS[-3:]}
assert new_types == {"new_text": "String", "new_number": "Int64", "new_flag": "Bool"}
assert "new_text String CODEC" in "".join(schema.ddl(schema.TableSettings()))

sent = made(3, SentCall)
table = CallTable(folder / "sent.sqlite")
table.add(sent)
table.close()
assert list(records_of_table(folder / "sent.sqlite")) == [sent], "SDK's table"
[read] = records_of_lines(io.BytesIO(line_of(sent)), "sent.jsonl")
withheld = msgspec.structs.replace(sent, sequence=0, traceback="")
assert read == withheld, "SDK's lines"

exported = exported_call(calls[1])
assert [exported[name] for name in FIELDS[-3:]] == ["new_text 1", 3, True]
assert csv_header().rstrip().endswith("new_text,new_number,new_flag")
assert csv_line(calls[1]).rstrip().endswith("new_text 1,3,true")
'''


def test_a_field_of_the_record_is_kept_everywhere_once_it_is_declared(tmp_path: Path) -> None:
    """In hot rows, in blocks, in ClickHouse, in the SDK's table, in CSV and in JSON."""
    copied = tmp_path / "src" / "leadwire"
    shutil.copytree(Path(leadwire.__file__).parent, copied)
    record = copied / "calls" / "record.py"
    declared = record.read_text().replace("\n\n\nFIELDS: Final =", NEW_MEMBERS, 1)
    record.write_text(declared)
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", KEEP_AND_READ, str(tmp_path)],
        env=os.environ | {"PYTHONPATH": str(copied.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
