"""Creating, updating and finding companies."""

from collections.abc import Mapping, Sequence
from typing import Final, cast, get_args

from leadwire.crm.bulk_rows import RowDone, each_row
from leadwire.crm.companies.companies import (
    Company,
    Written,
    create_company,
    create_or_update_company,
    get_company,
    update_company,
)
from leadwire.crm.companies.fields import (
    DERIVED,
    FIELDS,
    FIRST_TYPE,
    CompanyType,
    CompanyWrite,
    check_company,
    is_field,
)
from leadwire.crm.companies.reads import MOMENTS, CompanyFilter, find_companies
from leadwire.crm.leads.bulk import check_rows
from leadwire.crm.leads.search import Criterion
from leadwire.crm.unit import Person, Unit
from leadwire.crm.values import scalar_text
from leadwire.dates import format_ms
from leadwire.dialect import incorrect
from leadwire.headers import IGNORED_HEADER
from leadwire.operations.companies import (
    CompanyBulkRow,
    CompanyBulkWrite,
    CompanyChange,
    CompanyOptions,
    CompanyQuery,
    CompanyRow,
    CompanyRows,
    CompanySearch,
    CompanyTypeName,
    OnCollision,
    UniqueField,
)
from leadwire.operations.companies import CompanyWrite as CreateBody
from leadwire.operations.shapes import AttributeValue, LeadProperty, WriteMessage, WriteResult
from leadwire.wire.endpoints.activity_forms import part_of
from leadwire.wire.endpoints.lead_printer import columns_of
from leadwire.wire.endpoints.lead_writes import success
from leadwire.wire.faults import exception_type_of
from leadwire.wire.members import counted, date_range, required_member
from leadwire.wire.request import Endpoint, Request

_SEARCHES: Final = {name.lower(): name for name in get_args(UniqueField)}
_NAMES: Final = {name.lower(): name for name in (*DERIVED, *FIELDS)}
_STRATEGIES: Final = {name.lower(): name for name in get_args(OnCollision)}


async def create(request: Request) -> WriteResult:
    body: CreateBody = request.body
    kind = _type(request, body.CompanyType, purpose="creating company")
    _tell_ignored(request, [body.CompanyProperties or []])

    def work(unit: Unit) -> str:
        return create_company(unit, kind, _checked(unit, body.CompanyProperties))

    company_id: str = await request.write(work)
    return success(WriteMessage(Id=company_id))


async def update(request: Request) -> WriteResult:
    company_id = request.parameter("companyId")
    # A lead's update takes an array. Here an array has no details, so it is refused.
    given: CompanyChange | list[LeadProperty] = request.body
    properties = None if isinstance(given, list) else given.CompanyProperties
    _tell_ignored(request, [properties or []])

    def work(unit: Unit) -> None:
        changes = _checked(unit, properties).values
        update_company(unit, get_company(unit, company_id, location="query.companyId"), changes)

    await request.write(work)
    return success(WriteMessage(AffectedRows=1))


async def bulk_create_or_update(request: Request) -> list[CompanyBulkRow]:
    body: CompanyBulkWrite = request.body
    kind = _type(request, body.CompanyType, purpose="creating or updating company")
    options = body.Options or CompanyOptions()
    search_by = _choice(options.SearchBy, "SearchBy", _SEARCHES, "CompanyName")
    strategy = _choice(
        options.CollisionResolutionStrategy,
        "CollisionResolutionStrategy",
        _STRATEGIES,
        "OverwriteAllFields",
    )
    rows_max = request.operation.rows_max
    check_rows(body.Companies, "Companies", rows_max=rows_max, what="company")
    _tell_ignored(request, body.Companies)

    def write(unit: Unit, row: list[LeadProperty]) -> Written:
        return create_or_update_company(
            unit,
            kind,
            _checked(unit, row),
            cast("UniqueField", search_by),
            cast("OnCollision", strategy),
        )

    done: list[RowDone[Written]] = await request.write(
        lambda unit: each_row(unit, body.Companies, write)
    )
    return [_bulk_row(number, row) for number, row in enumerate(done, 1)]


async def search(request: Request) -> CompanyRows:
    body: CompanySearch = request.body
    query = body.Query or CompanyQuery()
    wanted = _filter(request, query)
    names = None if body.Columns is None else _columns(body.Columns.Include_CSV)
    part = part_of(request.operation, body.Paging, body.Sorting)
    found: tuple[int, list[Company]] = await request.read(
        lambda unit: find_companies(unit, wanted, part)
    )
    total, companies = found
    rows = [company_row(company, request.actor.people) for company in companies]
    if names is not None:
        rows = [{name: row.get(name) for name in names} for row in rows]
    return counted(
        CompanyRows,
        total,
        [CompanyRow([AttributeValue(n, value) for n, value in row.items()]) for row in rows],
    )


def _filter(request: Request, query: CompanyQuery) -> CompanyFilter:
    kind = _type(request, query.CompanyType, purpose="retrieving company")
    dates = date_range(query.DateRange) if query.DateRange else None
    moment = query.DateRange.DateField.replace(" ", "") if query.DateRange else "ModifiedOn"
    if moment not in MOMENTS:
        raise incorrect(
            "DateField",
            location="Query.DateRange.DateField",
            fix=f"Send one of {', '.join(MOMENTS)}.",
        )
    given = query.FilterBy
    criterion = None
    if given is not None and given.LookupName.strip():
        value = scalar_text(given.LookupValue)
        criterion = Criterion(given.LookupName.strip(), given.SqlOperator, value)
    return CompanyFilter(
        type=kind,
        text=query.SearchText.strip(),
        moment=moment,
        from_ms=dates.from_ms if dates else None,
        to_ms=dates.to_ms if dates else None,
        criterion=criterion,
    )


def _columns(include_csv: str) -> list[str] | None:
    """The names of columns; None for all. Raises InputInvalid for one that companies lack."""
    names = [_NAMES.get(name.lower(), name) for name in columns_of(include_csv) or ()]
    for name in names:
        if name not in DERIVED and not is_field(name):
            raise incorrect(
                "Include_CSV",
                location="Columns.Include_CSV",
                fix=f"{name} is no field of companies: send {', '.join(DERIVED)}, a field that"
                " callers write, or * for all.",
            )
    return names or None


def _type(request: Request, given: CompanyTypeName | None, *, purpose: str) -> CompanyType:
    name = required_member(
        given.CompanyTypeName if given else "", "CompanyTypeName", purpose=purpose
    )
    known = [part.strip() for part in request.services.settings.company_types.split(",")]
    for number, known_name in enumerate(known):
        if known_name and known_name.lower() == name.lower():
            return CompanyType(FIRST_TYPE + number, known_name)
    raise incorrect(
        "CompanyTypeName",
        location="CompanyType.CompanyTypeName",
        fix=f"Send one of {', '.join(known)}; the setting company_types holds them.",
    )


def _checked(unit: Unit, properties: Sequence[LeadProperty] | None) -> CompanyWrite:
    return check_company(unit, [(item.Attribute, item.Value) for item in properties or []])


def _tell_ignored(request: Request, rows: Sequence[Sequence[LeadProperty]]) -> None:
    sent = dict.fromkeys(item.Attribute for row in rows for item in row)
    ignored = [name for name in sent if name in DERIVED and name != "CompanyId"]
    if ignored:
        request.tell(IGNORED_HEADER, ",".join(ignored))


def _choice(given: str, member: str, names: dict[str, str], default: str) -> str:
    text = given.replace(" ", "").lower()
    if not text:
        return default
    if text not in names:
        raise incorrect(
            member, location=f"Options.{member}", fix=f"Send one of {', '.join(names.values())}."
        )
    return names[text]


def _bulk_row(number: int, row: RowDone[Written]) -> CompanyBulkRow:
    if row.result is not None:
        is_updated = row.result.is_changed and not row.result.is_created
        return CompanyBulkRow(
            number,
            row.result.company_id,
            CompanyCreated=row.result.is_created,
            CompanyUpdated=is_updated,
            AffectedRows=int(row.result.is_changed),
        )
    failed = CompanyBulkRow(number, "", CompanyCreated=False, CompanyUpdated=False, AffectedRows=0)
    if row.error is not None:
        failed.ExceptionType = exception_type_of(row.error)
        failed.ErrorMessage = str(row.error)
    return failed


def company_row(company: Company, people: Mapping[str, Person]) -> dict[str, str | None]:
    """Every attribute: system fields, standard fields, and the company's own fields."""

    def name_of(user_id: str | None) -> str | None:
        person = people.get(user_id or "")
        return None if person is None else person.name

    return {
        "CompanyId": company.company_id,
        "CompanyNumber": str(company.number),
        "CompanyType": str(company.type.code),
        "CompanyTypeName": company.type.name,
        **{name: company.values.get(name) for name in FIELDS},
        **{name: text for name, text in company.values.items() if name not in FIELDS},
        "OwnerName": name_of(company.values.get("OwnerId")),
        "CreatedBy": company.created_by,
        "CreatedByName": name_of(company.created_by),
        "CreatedOn": format_ms(company.created_on),
        "ModifiedBy": company.modified_by,
        "ModifiedByName": name_of(company.modified_by),
        "ModifiedOn": format_ms(company.modified_on),
    }


ENDPOINTS: Final[dict[str, Endpoint]] = {
    "Company.Create": create,
    "Company.Update": update,
    "Company.BulkCreateOrUpdate": bulk_create_or_update,
    "Company.Get": search,
}
