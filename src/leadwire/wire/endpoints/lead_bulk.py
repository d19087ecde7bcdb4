"""Creating and updating many leads in one call."""

from collections.abc import Sequence
from typing import Final

from msgspec import UNSET

from leadwire.crm.bulk_rows import RowDone
from leadwire.crm.leads.attributes import check_attributes
from leadwire.crm.leads.bulk import (
    Changed,
    Outcome,
    Row,
    Written,
    check_rows,
    create_leads,
    create_or_update_leads,
    update_leads,
    update_leads_by_key,
)
from leadwire.headers import IGNORED_HEADER
from leadwire.operations.lead_bulk import (
    BulkChange,
    BulkDetails,
    BulkReport,
    BulkStatus,
    FieldChange,
    LeadBulkRow,
    UnchangedLead,
)
from leadwire.operations.shapes import WriteMessage, WriteResult
from leadwire.wire.endpoints.lead_writes import attributes_of, success
from leadwire.wire.faults import exception_type_of
from leadwire.wire.members import is_set
from leadwire.wire.request import Endpoint, Request

_DEFAULT_KEY: Final = "ProspectId"
_UNKNOWN_LEAD: Final = (
    "Lead does not exist in the system or You do not have permission to update the lead"
)


async def create(request: Request) -> list[LeadBulkRow]:
    rows = [attributes_of(properties) for properties in request.body]
    check_rows(rows, "Leads", rows_max=request.operation.rows_max)
    await _tell_ignored(request, rows)
    attributes_max = request.services.settings.attributes_max
    results: list[RowDone[Written]] = await request.write(
        lambda unit: create_leads(unit, rows, attributes_max=attributes_max)
    )
    return [
        LeadBulkRow(number, row.result.lead_id, LeadCreated=True)
        if row.result
        else _failed(number, row)
        for number, row in enumerate(results, 1)
    ]


async def create_or_update(request: Request) -> list[LeadBulkRow]:
    rows = [attributes_of(properties) for properties in request.body]
    check_rows(rows, "Leads", rows_max=request.operation.rows_max)
    await _tell_ignored(request, rows)
    attributes_max = request.services.settings.attributes_max
    results: list[RowDone[Written]] = await request.update(
        lambda unit: create_or_update_leads(unit, rows, attributes_max=attributes_max)
    )
    return [
        LeadBulkRow(
            number,
            row.result.lead_id,
            LeadCreated=row.result.is_created,
            LeadUpdated=not row.result.is_created,
            AffectedRows=1,
        )
        if row.result
        else _failed(number, row)
        for number, row in enumerate(results, 1)
    ]


async def update(request: Request) -> WriteResult:
    body: FieldChange = request.body
    check_rows(body.LeadIds, "LeadIds", rows_max=request.operation.rows_max)
    row = attributes_of([body.LeadFields])
    write = check_attributes(
        await request.schema(), row, attributes_max=request.services.settings.attributes_max
    )
    await _tell_ignored(request, [row])
    result: Changed = await request.update(lambda unit: update_leads(unit, body.LeadIds, write))
    if result.unknown or result.refused:
        request.notice(
            f"Not changed: {result.unknown} unknown and {result.refused} refused",
        )
    return success(WriteMessage(AffectedRows=result.changed))


async def update_by_key(request: Request) -> BulkReport:
    body: BulkChange = request.body
    rows = [attributes_of(lead.Fields) for lead in body.LeadPropertiesList]
    check_rows(rows, "LeadPropertiesList", rows_max=request.operation.rows_max)
    await _tell_ignored(request, rows)
    search_by = body.SearchByKey.strip()
    attributes_max = request.services.settings.attributes_max
    outcomes: list[Outcome] = await request.update(
        lambda unit: update_leads_by_key(
            unit, rows, search_by=search_by, attributes_max=attributes_max
        )
    )
    skipped = sum(outcome.kind == "skipped" for outcome in outcomes)
    if skipped:
        request.notice(f"Skipped: {skipped} without a value of SearchByKey")
    apart = body.Options is not None and is_set(body.Options.PushNonExistentLeadsToUnProcessedList)
    return _report(outcomes, search_by or _DEFAULT_KEY, apart=apart)


def _report(outcomes: list[Outcome], key: str, *, apart: bool) -> BulkReport:
    """*apart*: whether unknown leads are listed as unprocessed rather than as failed."""
    failed: list[UnchangedLead] = []
    unprocessed: list[UnchangedLead] = []
    for outcome in outcomes:
        if outcome.kind == "failed":
            failed.append(UnchangedLead(key, outcome.value, outcome.reason))
        elif outcome.kind == "missing":
            unknown = UnchangedLead(key, outcome.value, _UNKNOWN_LEAD)
            (unprocessed if apart else failed).append(unknown)
    status = BulkStatus(
        TotalCount=len(outcomes),
        SuccessCount=sum(outcome.kind == "updated" for outcome in outcomes),
        FailureCount=len(failed),
        UnProcessedCount=len(unprocessed) if apart else UNSET,
        Message="Error" if failed or unprocessed else "Success",
    )
    return BulkReport(status, BulkDetails(failed or UNSET, unprocessed or UNSET))


def _failed(number: int, row: RowDone[Written]) -> LeadBulkRow:
    failed = LeadBulkRow(number, "", LeadCreated=False, LeadUpdated=False, AffectedRows=0)
    if row.error is not None:
        failed.ExceptionType = exception_type_of(row.error)
        failed.ErrorMessage = str(row.error)
    return failed


async def _tell_ignored(request: Request, rows: Sequence[Row]) -> None:
    fields = (await request.schema()).by_name
    sent = dict.fromkeys(name for row in rows for name, _ in row)
    kept = [name for name in sent if name in fields and fields[name].derived]
    ignored = [name for name in kept if name not in ("ProspectID", "ProspectId")]
    if ignored:
        request.tell(IGNORED_HEADER, ",".join(ignored))


ENDPOINTS: Final[dict[str, Endpoint]] = {
    "Lead.BulkCreate": create,
    "Lead.BulkCreateOrUpdate": create_or_update,
    "Lead.BulkUpdate": update,
    "Lead.BulkUpdateV2": update_by_key,
}
