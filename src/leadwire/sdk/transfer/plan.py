"""The plan of an import: the lead values of each table row, or why it is not sent."""

import hashlib
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final, Literal, NamedTuple

import msgspec

from leadwire.calls.export import unguarded
from leadwire.sdk.aio.leads import CREATE_ROWS_MAX, UPDATE_ROWS_MAX, UPSERT_ROWS_MAX
from leadwire.sdk.errors import InvalidValue, Misuse
from leadwire.sdk.lead_schema import LeadSchema
from leadwire.sdk.transfer.cells import cell_value
from leadwire.sdk.transfer.columns import LEAD_ID, Column, map_columns
from leadwire.sdk.transfer.table import CsvTable, TableRow
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
    """*search_by* is the field that finds leads; empty uses the default of the mode."""

    mode: Mode = "upsert"
    search_by: str = ""
    chosen: Mapping[str, str] = {}
    """Fields by column, for names that do not match. An empty field omits the column."""
    clear_empty: bool = False
    """Whether an empty cell clears the field. Otherwise the field keeps its value."""
    check: bool = True
    """Whether to reject values that the API would refuse, before sending anything."""


class PlannedRow(NamedTuple):
    """A row with either the *values* to send, by schema name, or the *reason* not to send it."""

    row: TableRow
    values: Mapping[str, str]
    reason: str = ""


class ImportPlan:
    """A table, the account's lead fields, and the options. Raises Misuse if they do not match.

    Batches depend only on the table's rows, so a second run makes the same batches.
    """

    def __init__(self, table: CsvTable, schema: LeadSchema, options: ImportOptions) -> None:
        self.table = table
        self.options = options
        self.search_by = _search_by(options)
        mapped = map_columns(table.header, schema, options.chosen, key=self.search_by)
        self.columns: tuple[Column, ...] = mapped.columns
        self.problems: tuple[str, ...] = mapped.problems
        names = {column.schema_name for column in self.columns}
        if self.search_by and not mapped.problems and self.search_by not in names:
            problem = (
                f"No column maps to {self.search_by}, which finds leads. Choose another field "
                "with --search-by, or map a column to it."
            )
            self.problems = (problem,)
        self._mandatory = tuple(name for name, field in schema.fields.items() if field.is_mandatory)
        self._unique = tuple(
            name for name, field in schema.fields.items() if field.is_identifier and name != LEAD_ID
        )

    @property
    def batch_rows(self) -> int:
        """How many rows one call takes."""
        return BATCH_ROWS[self.options.mode]

    def batches(self) -> Iterator[list[PlannedRow]]:
        """The rows in batches, each for one call."""
        rows = self.rows()
        while batch := list(islice(rows, self.batch_rows)):
            yield batch

    def rows(self) -> Iterator[PlannedRow]:
        """Every row of the table. Raises Misuse if there are problems."""
        if self.problems:
            raise Misuse("\n".join(self.problems))
        return map(self._planned, self.table.rows())

    def examined(self, row: TableRow) -> tuple[dict[str, str], list[tuple[str, str]]]:
        """The values of *row*, and everything wrong with it.

        A fault is a column (empty for the whole row) and a reason.
        """
        if len(row.cells) != len(self.columns):
            said = f"The row has {len(row.cells)} cells, but the header has {len(self.columns)}."
            return {}, [("", said)]
        values, faults = self._values(row)
        lacking = self._lacking(values) if not faults else ""
        return values, [*faults, *([("", lacking)] if lacking else [])]

    def is_found_again(self, values: Mapping[str, str]) -> bool:
        """Whether a row can be sent again without making a duplicate.

        An upsert finds its own lead again. A repeated create is refused because of its own unique
        value.
        """
        if self.options.mode == "update":
            return True
        if self.options.mode == "create":
            return any(map(values.get, self._unique))
        return any(map(values.get, (self.search_by,) if self.search_by else _SEARCHED))

    def fingerprint(self, host: str) -> str:
        """Identifies the import: file, columns, options and server."""
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
            except InvalidValue as error:
                faults.append((column.header, str(error)))
            else:
                values[column.schema_name] = checked
        return values, faults

    def _lacking(self, values: Mapping[str, str]) -> str:
        """The mandatory values that the row lacks, as a sentence."""
        if not any(values.values()):
            return "The row has no values to send."
        if self.options.mode == "update" or self.search_by:
            if not values.get(self.search_by):
                return f"The row has no {self.search_by}, which finds its lead."
        elif self.options.check:
            needed = _CONTACT if self.options.mode == "create" else _SEARCHED
            if not any(map(values.get, needed)):
                return f"The row needs one of {', '.join(needed)}."
        if self.options.mode == "create" and self.options.check:
            missing = [name for name in self._mandatory if not values.get(name)]
            return (
                f"The row has no value for the mandatory {', '.join(missing)}." if missing else ""
            )
        return ""


def _search_by(options: ImportOptions) -> str:
    name = LEAD_NAMES.get(options.search_by, options.search_by)
    # The field is spelled ProspectID, but the search key ProspectId.
    name = LEAD_ID if name.lower() == LEAD_ID.lower() else name
    if options.mode == "create" and name:
        raise Misuse("A create does not search for leads. Remove --search-by, or use upsert.")
    return LEAD_ID if options.mode == "update" and not name else name
