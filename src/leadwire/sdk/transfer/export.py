"""Export leads page by page, as lines of CSV or JSON."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import IO, Final, Literal

import msgspec

from leadwire.calls.export import CSV_MARK, csv_row, safe_cell
from leadwire.sdk.blocking.client import Client
from leadwire.sdk.errors import InvalidValue
from leadwire.sdk.models.lead import Lead
from leadwire.sdk.writing import LEAD_NAMES, schema_name

Format = Literal["csv", "jsonl"]

_TOLD_EVERY: Final = 1_000


def export_leads(  # noqa: PLR0913  # the options of an export
    client: Client,
    file: IO[bytes],
    *,
    since: datetime,
    until: datetime,
    columns: Sequence[str] = (),
    format_: Format = "csv",
    on_progress: Callable[[int], None] | None = None,
) -> int:
    """Write every lead that changed in the range, oldest first. Returns their number.

    *columns* are schema names; empty means every field of the account. CSV cells are guarded
    against formulas; JSON Lines keep every text exactly. Raises InvalidValue for an unknown column.
    """
    names = _columns(client, columns)
    line = _json_line if format_ == "jsonl" else _csv_line
    if format_ == "csv":
        file.write((CSV_MARK + csv_row(names)).encode())
    count = 0
    for lead in client.leads.iter_modified_between(since, until, columns=names):
        file.write(line(lead, names))
        count += 1
        if on_progress is not None and count % _TOLD_EVERY == 0:
            on_progress(count)
    return count


def _columns(client: Client, columns: Sequence[str]) -> list[str]:
    fields = client.fields.schema().fields
    if not columns:
        return list(fields)
    names = [schema_name(name) for name in columns]
    known = {*fields, *LEAD_NAMES.values()}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise InvalidValue(f"The account has no lead field {', '.join(unknown)}.")
    return list(dict.fromkeys(names))


def _csv_line(lead: Lead, names: Sequence[str]) -> bytes:
    cells = [safe_cell("" if (value := lead.get(name)) is None else value) for name in names]
    return csv_row(cells).encode()


def _json_line(lead: Lead, names: Sequence[str]) -> bytes:
    return msgspec.json.encode({name: lead.get(name) for name in names}) + b"\n"
