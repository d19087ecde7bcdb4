"""Write the rejected rows as a table with the same columns, to correct and import again."""

import csv
import io
from collections.abc import Iterable
from typing import IO

from leadwire.calls.export import safe_cell
from leadwire.sdk.transfer.columns import OWN_PREFIX, REASON_COLUMN, ROW_COLUMN
from leadwire.sdk.transfer.plan import PlannedRow
from leadwire.sdk.transfer.table import CsvTable


def write_rejects(
    table: CsvTable, rejected: Iterable[tuple[PlannedRow, str]], file: IO[bytes]
) -> int:
    """Write the rows to *file* in the table's encoding and delimiter. Returns their number.

    The cells are unchanged. Two columns are added, which an import ignores: the row's number in the
    table, and the reason.
    """
    kept = [place for place, name in enumerate(table.header) if not name.startswith(OWN_PREFIX)]
    lines = io.TextIOWrapper(file, encoding=table.encoding, newline="", write_through=True)
    writer = csv.writer(lines, delimiter=table.delimiter, lineterminator="\r\n")
    writer.writerow([*(table.header[place] for place in kept), ROW_COLUMN, REASON_COLUMN])
    count = 0
    for planned, reason in rejected:
        cells = planned.row.cells
        row = [cells[place] if place < len(cells) else "" for place in kept]
        # The API's text may echo user input: keep a spreadsheet from running it as a formula.
        writer.writerow([*row, str(planned.row.number), safe_cell(reason)])
        count += 1
    lines.detach()
    return count
