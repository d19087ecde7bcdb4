"""The rows that were not written, as a table of the same columns: mend it and import it."""

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
    """Write the rows to *file*, in the table's encoding and with its delimiter; their number.

    Their cells are as they were. Two columns follow, which an import passes over: the row's number
    in the table, and why it was not written.
    """
    kept = [place for place, name in enumerate(table.header) if not name.startswith(OWN_PREFIX)]
    lines = io.TextIOWrapper(file, encoding=table.encoding, newline="", write_through=True)
    writer = csv.writer(lines, delimiter=table.delimiter, lineterminator="\r\n")
    writer.writerow([*(table.header[place] for place in kept), ROW_COLUMN, REASON_COLUMN])
    count = 0
    for planned, reason in rejected:
        cells = planned.row.cells
        row = [cells[place] if place < len(cells) else "" for place in kept]
        # The API's text may repeat what somebody wrote: a spreadsheet must not run it.
        writer.writerow([*row, str(planned.row.number), safe_cell(reason)])
        count += 1
    lines.detach()
    return count
