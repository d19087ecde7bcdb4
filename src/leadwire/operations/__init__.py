"""The catalogue: the one list of operations.

Dispatch, parameter parsing, OpenAPI, the compatibility page, the log's API types and the
contract tests are made from it.
"""

from typing import Final

from leadwire.operations import (
    activities,
    activity_reads,
    activity_types,
    activity_writes,
    async_calls,
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
    tasks,
    users,
    webhooks,
)
from leadwire.operations.operation import Operation

CATALOGUE: Final[tuple[Operation, ...]] = (
    *leads.OPERATIONS,
    *activities.OPERATIONS,
    *users.OPERATIONS,
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
    *opportunities.OPERATIONS,
    *sales.OPERATIONS,
    *companies.OPERATIONS,
    *mails.OPERATIONS,
    *lead_distribution.OPERATIONS,
    *webhooks.OPERATIONS,
    *async_calls.OPERATIONS,
    *files.OPERATIONS,
)

API_TYPES: Final[tuple[str, ...]] = tuple(
    dict.fromkeys(operation.api_type for operation in CATALOGUE)
)

__all__ = ["API_TYPES", "CATALOGUE", "Operation"]
