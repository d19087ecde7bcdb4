"""What an import sends: each row of a table as the values of a lead, or why it is not sent."""

import hashlib
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final, Literal, NamedTuple

import msgspec

from leadwire.sdk.aio.leads import CREATE_ROWS_MAX, UPDATE_ROWS_MAX, UPSERT_ROWS_MAX
from leadwire.sdk.errors import Misuse, ValueUnfit
from leadwire.sdk.lead_schema import LeadSchema
from leadwire.sdk.transfer.cells import cell_value
from leadwire.sdk.transfer.columns import LEAD_ID, Column, map_columns
from leadwire.sdk.transfer.table import CsvTable, TableRow, unguarded
from leadwire.sdk.writing import LEAD_NAMES

Mode = Literal["create", "upsert", "update"]

BATCH_ROWS: Final[dict[Mode, int]] = {
    "create": CREATE_ROWS_MAX,
    "upsert": UPSERT_ROWS_MAX,
    "update": UPDATE_ROWS_MAX,
}
_CONTACT: Final = ("FirstName", "LastName", "EmailAddress", "Phone")
_SEARCHED: Final = ("EmailAddress", "Phone")


class ImportOptions(msgspec.Struct, frozen=True, kw_only=True):
    """*search_by* is the field by which leads are found; empty: the mode's own way."""

    mode: Mode = "upsert"
    search_by: str = ""
    told: Mapping[str, str] = {}
    """Fields by column, where the names do not tell; an empty field leaves the column out."""
    clear_empty: bool = False
    """Whether an empty cell clears the field; else the field stays as it is."""
    check: bool = True
    """Whether values that the API would refuse are found before anything is sent."""


class PlannedRow(NamedTuple):
    """A row with either the *values* to send, by schema name, or the *reason* not to."""

    row: TableRow
    values: Mapping[str, str]
    reason: str = ""


class ImportPlan:
    """A table, the account's lead fields, and what is wanted. Raises Misuse when they do not fit.

    Batches are cut by the table's own rows, whatever becomes of these, so that a second run cuts
    them in the same way.
    """

    def __init__(self, table: CsvTable, schema: LeadSchema, options: ImportOptions) -> None:
        self.table = table
        self.options = options
        self.search_by = _search_by(options)
        mapped = map_columns(table.header, schema, options.told, key=self.search_by)
        self.columns: tuple[Column, ...] = mapped.columns
        self.problems: tuple[str, ...] = mapped.problems
        names = {column.schema_name for column in self.columns}
        if self.search_by and not mapped.problems and self.search_by not in names:
            problem = (
                f"Leads are found by {self.search_by}, and no column is that field: name another "
                "with --search-by, or map a column to it."
            )
            self.problems = (problem,)
        self._mandatory = tuple(name for name, field in schema.fields.items() if field.is_mandatory)
        self._unique = tuple(
            name for name, field in schema.fields.items() if field.is_identifier and name != LEAD_ID
        )

    @property
    def batch_rows(self) -> int:
        return BATCH_ROWS[self.options.mode]

    def batches(self) -> Iterator[list[PlannedRow]]:
        rows = self.rows()
        while batch := list(islice(rows, self.batch_rows)):
            yield batch

    def rows(self) -> Iterator[PlannedRow]:
        """Every row of the table. Raises Misuse when there are problems."""
        if self.problems:
            raise Misuse("\n".join(self.problems))
        return map(self._planned, self.table.rows())

    def examined(self, row: TableRow) -> tuple[dict[str, str], list[tuple[str, str]]]:
        """The values of *row*, and everything that is wrong with it.

        A fault is the column, empty for the whole row, and why.
        """
        if len(row.cells) != len(self.columns):
            said = f"The row has {len(row.cells)} cells, the header has {len(self.columns)}."
            return {}, [("", said)]
        values, faults = self._values(row)
        lacking = self._lacking(values) if not faults else ""
        return values, [*faults, *([("", lacking)] if lacking else [])]

    def is_found_again(self, values: Mapping[str, str]) -> bool:
        """Whether a row that was perhaps written may be sent again without making a double.

        An upsert finds what it made by what it searches for; a create is refused for a unique
        value that it has taken itself.
        """
        if self.options.mode == "update":
            return True
        if self.options.mode == "create":
            return any(map(values.get, self._unique))
        return any(map(values.get, (self.search_by,) if self.search_by else _SEARCHED))

    def fingerprint(self, host: str) -> str:
        """What the import is: the same for the same file, columns, options and server alone."""
        parts = [
            self.table.digest,
            self.options.mode,
            self.search_by,
            [column.schema_name for column in self.columns],
            self.options.clear_empty,
            self.options.check,
            host,
        ]
        return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()

    def _planned(self, row: TableRow) -> PlannedRow:
        values, faults = self.examined(row)
        if faults:
            return PlannedRow(row, {}, " ".join(reason for _, reason in faults))
        return PlannedRow(row, values)

    def _values(self, row: TableRow) -> tuple[dict[str, str], list[tuple[str, str]]]:
        values: dict[str, str] = {}
        faults: list[tuple[str, str]] = []
        for column, cell in zip(self.columns, row.cells, strict=True):
            text = unguarded(cell.strip())
            if column.field is None or not (text or self.options.clear_empty):
                continue
            try:
                checked = cell_value(column.field, text) if text and self.options.check else text
            except ValueUnfit as error:
                faults.append((column.header, str(error)))
            else:
                values[column.schema_name] = checked
        return values, faults

    def _lacking(self, values: Mapping[str, str]) -> str:
        """What the row needs and has not."""
        if not any(values.values()):
            return "The row has no value to send."
        if self.options.mode == "update" or self.search_by:
            if not values.get(self.search_by):
                return f"The row has no {self.search_by}, by which its lead is found."
        elif self.options.check:
            needed = _CONTACT if self.options.mode == "create" else _SEARCHED
            if not any(map(values.get, needed)):
                return f"The row needs one of {', '.join(needed)}."
        if self.options.mode == "create" and self.options.check:
            missing = [name for name in self._mandatory if not values.get(name)]
            return f"The row has no {', '.join(missing)}: mandatory." if missing else ""
        return ""


def _search_by(options: ImportOptions) -> str:
    name = LEAD_NAMES.get(options.search_by, options.search_by)
    # As a field it is spelt ProspectID, as what is searched by ProspectId.
    name = LEAD_ID if name.lower() == LEAD_ID.lower() else name
    if options.mode == "create" and name:
        raise Misuse("A plain create searches for nothing: leave --search-by out, or use upsert.")
    return LEAD_ID if options.mode == "update" and not name else name
