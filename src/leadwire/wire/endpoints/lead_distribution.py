"""Find leads by owner, fields and time range, as JSON or CSV."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from leadwire.calls.export import csv_row, safe_cell
from leadwire.crm.leads.distribution import Comparison, Group, distributed_leads
from leadwire.crm.leads.schema import LeadSchema
from leadwire.crm.values import scalar_text
from leadwire.dialect import incorrect, invalid
from leadwire.operations.lead_distribution import (
    DateCondition,
    DistributionFilter,
    DistributionResult,
    DistributionSearch,
    LeadCondition,
    LeadConditionGroup,
    ReportOutput,
)
from leadwire.operations.shapes import DateRange, FlatLead
from leadwire.operations.users import UserConditionGroup
from leadwire.recording.draft import STATUS_OK, Answer
from leadwire.wire.endpoints.lead_printer import LeadPrinter, columns_of
from leadwire.wire.endpoints.user_search import ids_of_users
from leadwire.wire.members import counted, date_range, page_within, sliced
from leadwire.wire.request import Endpoint, Request

DEPTH_MAX: Final = 5
CONDITIONS_MAX: Final = 100
_FILE_NAME: Final = "leads.csv"
_PREFIX: Final = "Lead"


async def by_lead_field(request: Request) -> DistributionResult | Answer:
    body: DistributionSearch = request.body
    response_format = request.parameter("ResponseFormat").lower() or "json"
    if response_format not in ("json", "csv"):
        raise incorrect("ResponseFormat", location="query.ResponseFormat", fix="Send json or csv.")
    output = body.Output or ReportOutput()
    if output.Type.strip().lower() not in ("", "list"):
        raise invalid(
            "Output.Type",
            f"Output Type '{output.Type}' is not supported.",
            fix="Send list.",
        )
    part = sliced(*page_within(request.operation, body.Paging), body.Sorting)
    schema = await request.schema()
    report = body.ReportFilter or DistributionFilter()
    owners = None if report.UserFilter is None else await _owners(request, report.UserFilter)
    _check(report.LeadFilter)
    rules = [rule for date in body.DateFilter or [] for rule in _within(schema, date)]
    if report.LeadFilter is not None:
        rules.append(_group(report.LeadFilter))
    find = partial(distributed_leads, part=part, group=Group(tuple(rules)), owner_ids=owners)
    total, leads = await request.read(find)
    printer = LeadPrinter(schema, request.actor.people, columns_of(output.IncludeCSV))
    rows = [printer.flat(lead) for lead in leads]
    if response_format == "json":
        return counted(DistributionResult, total, rows)
    return Answer(
        STATUS_OK,
        _csv(printer.names, rows).encode(),
        "text/csv; charset=utf-8",
        headers=(("Content-Disposition", f'attachment; filename="{_FILE_NAME}"'),),
    )


async def _owners(request: Request, group: UserConditionGroup) -> list[str]:
    _allow_lists(group)
    return await ids_of_users(request, group)


def _allow_lists(group: UserConditionGroup | LeadConditionGroup) -> None:
    """Read ``eq`` with several values as ``in``: the documentation's example has it so."""
    for condition in group.Condition:
        value = condition.LookupValue
        if condition.Operator.strip().lower() == "eq" and isinstance(value, str) and "," in value:
            condition.Operator = "in"
    for inner in group.GroupConditions:
        _allow_lists(inner)


def _within(schema: LeadSchema, condition: DateCondition) -> tuple[Comparison | Group, ...]:
    """The time range. Raises InputInvalid for an invalid date or range."""
    name = condition.DateField.strip()
    if name not in schema.by_name:
        name = name.removeprefix(_PREFIX)
    field = schema.by_name.get(name)
    if field is None or field.data_type != "Date":
        raise incorrect(
            "DateField",
            location="DateFilter.DateField",
            fix="Send the schema name of a date, such as CreatedOn.",
        )
    date_range(DateRange(condition.FromDate, condition.ToDate))
    return Comparison(name, "gte", condition.FromDate), Comparison(name, "lte", condition.ToDate)


def _check(group: LeadConditionGroup | None) -> None:
    if group is None:
        return
    if _depth(group) > DEPTH_MAX or _count(group) > CONDITIONS_MAX:
        raise incorrect(
            "LeadFilter",
            location="ReportFilter.LeadFilter",
            fix=f"Send at most {CONDITIONS_MAX} conditions, nested at most {DEPTH_MAX} deep.",
        )
    _allow_lists(group)


def _group(group: LeadConditionGroup) -> Group:
    """A group of conditions and inner groups, with its joiner."""
    own = tuple(map(_compared, group.Condition))
    inner = tuple(map(_group, group.GroupConditions))
    own_any = _is_any([condition.ConditionOperator for condition in group.Condition])
    inner_any = _is_any([part.GroupOperator for part in group.GroupConditions])
    return Group((Group(own, own_any), Group(inner, inner_any)))


def _compared(condition: LeadCondition) -> Comparison:
    value = scalar_text(condition.LookupValue).strip()
    return Comparison(condition.LookupName.strip(), condition.Operator, value)


def _is_any(joiners: Sequence[str | None]) -> bool:
    """Whether OR joins them. Raises InputInvalid for mixed or unknown joiners."""
    found = {joiner.strip().upper() for joiner in joiners if joiner and joiner.strip()}
    if len(found) > 1 or not found <= {"AND", "OR"}:
        raise incorrect(
            "LeadFilter",
            location="ReportFilter.LeadFilter",
            fix="Send AND, or OR, throughout a group.",
        )
    return found == {"OR"}


def _depth(group: LeadConditionGroup) -> int:
    return 1 + max(map(_depth, group.GroupConditions), default=0)


def _count(group: LeadConditionGroup) -> int:
    return len(group.Condition) + sum(map(_count, group.GroupConditions))


def _csv(names: Sequence[str], rows: Sequence[FlatLead]) -> str:
    lines = [csv_row(list(names))]
    lines += [csv_row([safe_cell(row[name] or "") for name in names]) for row in rows]
    return "".join(lines)


ENDPOINTS: Final[dict[str, Endpoint]] = {
    "Leads.LeadDistribution": by_lead_field,
}
