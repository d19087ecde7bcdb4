"""The calls that are timed, and the leads that they are asked about.

The same numbers make the same leads. Every call of a question finds as many leads however many
there are, so that what grows is the search.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

LM: Final = "LeadManagement.svc"
_SEARCHED: Final = ("mx_Policy", "mx_Premium")
_ANY: Final = "mx_Field_3"
"""A field of the account's own that no setting names, as the others."""
_OTHERS: Final = tuple(f"mx_Field_{number}" for number in range(3, 31))
FIELDS: Final = (*_SEARCHED, *_OTHERS)
PAGE: Final = 100
RECENT_PAGE: Final = 1_000
_FIRST_NAMES: Final = ("Asha", "Ravi", "Meera", "Arjun", "Divya", "Kiran", "Nikhil", "Priya")
_LAST_NAMES: Final = ("Verma", "Iyer", "Nair", "Shah", "Rao", "Das", "Gupta", "Khan")
_CITIES: Final = ("Bengaluru", "Chennai", "Delhi", "Kolkata", "Mumbai", "Pune")


class Call(NamedTuple):
    path: str
    body: Any = None


class Question(NamedTuple):
    """*ask* makes a call about the lead of a number. *rows* are what its answer must hold."""

    name: str
    ask: Callable[[int, str], Call]
    rows: int


def lead(number: int) -> list[dict[str, str]]:
    """The attributes of a lead, with thirty custom fields."""
    values = {
        "FirstName": _pick(number, _FIRST_NAMES),
        "LastName": _pick(number // 8, _LAST_NAMES),
        "EmailAddress": email(number),
        "Phone": f"+91-{phone(number)}",
        "mx_City": _pick(number // 64, _CITIES),
        "mx_Policy": _policy(number),
        "mx_Premium": str(_premium(number)),
        **{name: f"{name[3:]} value {number * 7_919 % 1_000_003}" for name in _OTHERS},
    }
    return [{"Attribute": name, "Value": value} for name, value in values.items()]


def _pick(number: int, values: Sequence[str]) -> str:
    return values[number % len(values)]


def email(number: int) -> str:
    return f"lead.{number}@example.com"


def phone(number: int) -> str:
    return str(9_000_000_000 + number * 7_919 % 999_999_937)


def _policy(number: int) -> str:
    return f"P-{number * 104_729 % 1_299_709:07d}"


def _premium(number: int) -> int:
    return 1_000 + number


def _criterion(name: str, operator: str, value: str, *, sort: str = "CreatedOn") -> Call:
    return Call(
        f"{LM}/Leads.Get",
        {
            "Parameter": {"LookupName": name, "SqlOperator": operator, "LookupValue": value},
            "Columns": {"Include_CSV": "ProspectID,EmailAddress"},
            "Sorting": {"ColumnName": sort, "Direction": "1"},
            "Paging": {"PageIndex": 1, "PageSize": PAGE},
        },
    )


def _sorted_page(column: str) -> Call:
    call = _criterion("", "", "", sort=column)
    del call.body["Parameter"]
    return call


def _recent(_number: int, _lead_id: str) -> Call:
    wanted = {"FromDate": "2020-01-01 00:00:00", "ToDate": "2090-01-01 00:00:00"}
    paging = {"PageIndex": 1, "PageSize": RECENT_PAGE}
    columns = {"Include_CSV": "ProspectID,EmailAddress,mx_Policy"}
    body = {"Parameter": wanted, "Paging": paging, "Columns": columns}
    return Call(f"{LM}/Leads.RecentlyModified", body)


QUESTIONS: Final = (
    Question("by id", lambda _, lead_id: Call(f"{LM}/Leads.GetById?id={lead_id}"), 1),
    Question(
        "by e-mail",
        lambda n, _: Call(f"{LM}/Leads.GetByEmailaddress?emailaddress={email(n)}"),
        1,
    ),
    Question("by phone", lambda n, _: Call(f"{LM}/RetrieveLeadByPhoneNumber?phone={phone(n)}"), 1),
    Question(
        "quick search, e-mail", lambda n, _: Call(f"{LM}/Leads.GetByQuickSearch?key={email(n)}"), 1
    ),
    Question(
        "quick search, phone", lambda n, _: Call(f"{LM}/Leads.GetByQuickSearch?key={phone(n)}"), 1
    ),
    Question(
        "quick search, common", lambda _n, _: Call(f"{LM}/Leads.GetByQuickSearch?key=asha"), 100
    ),
    Question("criteria =", lambda n, _: _criterion("mx_Policy", "=", _policy(n)), 1),
    Question(
        "criteria IN",
        lambda n, _: _criterion("mx_Policy", "IN", f"{_policy(n)}, {_policy(1)}"),
        2,
    ),
    Question(
        "criteria <",
        lambda _n, _: _criterion("mx_Premium", "<", str(_premium(PAGE + 1)), sort="mx_Premium"),
        PAGE,
    ),
    Question(
        "search by",
        lambda n, _: Call(
            f"{LM}/Lead.CreateOrUpdate",
            [
                {"Attribute": "mx_Policy", "Value": _policy(n)},
                {"Attribute": "mx_City", "Value": "Surat"},
                {"Attribute": "SearchBy", "Value": "mx_Policy"},
            ],
        ),
        2,
    ),
    Question("page, newest", lambda _n, _: _sorted_page("CreatedOn"), PAGE),
    Question("page, text", lambda _n, _: _sorted_page("mx_Policy"), PAGE),
    Question("page, number", lambda _n, _: _sorted_page("mx_Premium"), PAGE),
    Question("recently modified, 1,000", _recent, 2),
    Question(
        "criteria =, any field",
        lambda n, _: _criterion(_ANY, "=", lead(n)[7]["Value"]),
        -1,
    ),
    Question("page, any field", lambda _n, _: _sorted_page(_ANY), PAGE),
)
"""*rows* counts the members of an answer that is an object; -1: some."""
