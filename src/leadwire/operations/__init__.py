"""The catalogue: the one list of operations.

Dispatch, parameter parsing, limits, OpenAPI, the SDK, the pages of ``docs/``, the log's API types
and the contract tests read it.
"""

from collections.abc import Mapping
from typing import Final

from leadwire.operations import (
    activities,
    activity_reads,
    activity_types,
    activity_writes,
    async_calls,
    check_ins,
    companies,
    files,
    lead_bulk,
    lead_distribution,
    lead_fields,
    lead_lifecycle,
    lead_retrieval,
    leads,
    lists,
    mails,
    notes,
    opportunities,
    sales,
    sales_groups,
    task_calendar,
    tasks,
    telephony,
    users,
    web,
    webhooks,
)
from leadwire.operations.operation import Operation

CATALOGUE: Final[tuple[Operation, ...]] = (
    *leads.OPERATIONS,
    *activities.OPERATIONS,
    *users.OPERATIONS,
    *check_ins.OPERATIONS,
    *sales_groups.OPERATIONS,
    *lead_fields.OPERATIONS,
    *lead_bulk.OPERATIONS,
    *lead_lifecycle.OPERATIONS,
    *lead_retrieval.OPERATIONS,
    *lists.OPERATIONS,
    *notes.OPERATIONS,
    *activity_types.OPERATIONS,
    *activity_reads.OPERATIONS,
    *activity_writes.OPERATIONS,
    *tasks.OPERATIONS,
    *task_calendar.OPERATIONS,
    *telephony.OPERATIONS,
    *opportunities.OPERATIONS,
    *sales.OPERATIONS,
    *companies.OPERATIONS,
    *mails.OPERATIONS,
    *lead_distribution.OPERATIONS,
    *webhooks.OPERATIONS,
    *async_calls.OPERATIONS,
    *files.OPERATIONS,
    *web.OPERATIONS,
)

BY_NAME: Final[Mapping[str, Operation]] = {operation.name: operation for operation in CATALOGUE}
BY_PATH: Final[Mapping[str, Operation]] = {
    path.lower(): operation
    for operation in reversed(CATALOGUE)
    for path in (operation.url_path, *operation.alias_paths)
}
"""By whole path in lower case, aliases included. The first in the catalogue has a shared path."""

OTHER: Final = "Other"
"""The API type of a call to an unknown path."""
API_TYPES: Final[tuple[str, ...]] = tuple(
    dict.fromkeys(operation.api_type for operation in CATALOGUE)
)

__all__ = ["API_TYPES", "BY_NAME", "BY_PATH", "CATALOGUE", "OTHER", "Operation"]
