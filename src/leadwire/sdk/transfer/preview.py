"""Preview an import without sending a lead."""

from collections.abc import Mapping
from typing import Final

import msgspec

from leadwire.sdk.transfer.plan import ImportPlan

_EXAMPLES_MAX: Final = 3


class ColumnFaults(msgspec.Struct, kw_only=True):
    """Cells of one column that the API would refuse. Without a column: whole rows."""

    column: str
    count: int = 0
    examples: list[tuple[int, str]] = msgspec.field(default_factory=list)
    """Row number and reason of the first few."""


class Preview(msgspec.Struct, kw_only=True):
    """*problems* block the whole import; *faults* block single rows."""

    rows: int = 0
    sendable: int = 0
    calls: int = 0
    problems: tuple[str, ...] = ()
    faults: list[ColumnFaults] = msgspec.field(default_factory=list)
    first: Mapping[str, str] = msgspec.field(default_factory=dict)
    """The values of the first row that can be sent."""
    duplicated_on_retry: int = 0
    """Rows that a second send would duplicate."""

    @property
    def is_clean(self) -> bool:
        """Whether the import would write every row."""
        return not self.problems and not self.faults


def preview(plan: ImportPlan) -> Preview:
    """Check every row as an import would."""
    found = Preview(rows=plan.table.rows_count, problems=plan.problems)
    if plan.problems:
        return found
    by_column: dict[str, ColumnFaults] = {}
    for batch in plan.batches():
        sent = [planned for planned in batch if not planned.reason]
        found.sendable += len(sent)
        found.calls += bool(sent)
        found.duplicated_on_retry += sum(
            not plan.is_found_again(planned.values) for planned in sent
        )
        if sent and not found.first:
            found.first = sent[0].values
        for planned in batch:
            for column, reason in plan.examined(planned.row)[1] if planned.reason else ():
                faults = by_column.setdefault(column, ColumnFaults(column=column))
                faults.count += 1
                if len(faults.examples) < _EXAMPLES_MAX:
                    faults.examples.append((planned.row.number, reason))
    found.faults = sorted(by_column.values(), key=lambda faults: -faults.count)
    return found
