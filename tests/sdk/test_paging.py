"""Iterators over pages: what others add, change and take away meanwhile costs no row."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx2
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sdk.both import Driven, Made

from leadwire.sdk import Page, Row, errors
from leadwire.sdk.paging import Paginator

DAY = (datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 3, tzinfo=UTC))


def lead(number: int) -> dict[str, Any]:
    return {"LeadPropertyList": [{"Attribute": "ProspectAutoId", "Value": str(number)}]}


def of(name: str) -> Callable[[int], dict[str, Any]]:
    return lambda number: {name: str(number)}


Iterate = Callable[[Driven], list[Row]]

ITERATORS: dict[str, tuple[Iterate, str, Callable[[int], dict[str, Any]]]] = {
    "leads.iter_search": (
        lambda client: client.leads.iter_search("mx_City", "Pune", page_size=10),
        "",
        of("ProspectAutoId"),
    ),
    "leads.iter_modified_between": (
        lambda client: client.leads.iter_modified_between(*DAY, page_size=10),
        "Leads",
        lead,
    ),
    "leads.iter_distribution": (
        lambda client: client.leads.iter_distribution(["first_name"], page_size=10),
        "Results",
        of("ProspectAutoId"),
    ),
    "lists.iter_leads": (
        lambda client: client.lists.iter_leads("x", columns=["first_name"], page_size=10),
        "Leads",
        lead,
    ),
    "activities.iter_of_lead": (
        lambda client: client.activities.iter_of_lead("x", page_size=10),
        "ProspectActivities",
        of("Id"),
    ),
    "activities.iter_modified_between": (
        lambda client: client.activities.iter_modified_between(*DAY, 201, page_size=10),
        "List",
        of("ProspectActivityId"),
    ),
    "opportunities.iter_modified_between": (
        lambda client: client.opportunities.iter_modified_between(*DAY, page_size=10),
        "List",
        of("OpportunityId"),
    ),
    "tasks.iter_search": (
        lambda client: client.tasks.iter_search(
            owner_id="x", due_from=DAY[0], due_to=DAY[1], page_size=10
        ),
        "List",
        of("UserTaskId"),
    ),
    "notes.iter_of_lead": (
        lambda client: client.notes.iter_of_lead("x", page_size=10),
        "List",
        of("ProspectNoteId"),
    ),
    "products.iter_search": (
        lambda client: client.products.iter_search("x", page_size=10),
        "List",
        of("ProductId"),
    ),
    "companies.iter_search": (
        lambda client: client.companies.iter_search("x", columns=["name"], page_size=10),
        "Companies",
        of("CompanyId"),
    ),
    "webhooks.iter_search": (
        lambda client: client.webhooks.iter_search("x", page_size=10),
        "Response",
        of("WebhookId"),
    ),
}


@pytest.mark.parametrize("name", ITERATORS)
def test_no_row_is_skipped_while_others_change(make: Made, name: str) -> None:
    """Rows of a page that was read leave, as many join at the end; every other is met once."""
    iterate, member, row_of = ITERATORS[name]
    numbers = list(range(1, 41))
    asked: list[int] = []

    def respond(request: httpx2.Request) -> httpx2.Response:
        paging = msgspec.json.decode(request.content)["Paging"]
        size = paging.get("PageSize") or paging["RowCount"]
        start = paging["Offset"] if "Offset" in paging else (paging["PageIndex"] - 1) * size
        asked.append(size)
        if len(asked) in (2, 6):  # six rows leave, and six join: the total says nothing
            del numbers[:6]
            numbers.extend(range(numbers[-1] + 1, numbers[-1] + 7))
        rows = [row_of(number) for number in numbers[start : start + size]]
        answer = {"RecordCount": len(numbers), member: rows} if member else rows
        return httpx2.Response(200, json=answer)

    found = [int(str(next(iter(row.values())))) for row in iterate(make.answered_by(respond))]
    assert found == list(range(1, 53))
    assert max(asked) == 10


def test_a_page_has_at_least_one_row(make: Made) -> None:
    """A size that cannot be is refused before anything is sent."""
    client = make.answered_by(lambda _: pytest.fail("it was sent"))
    for name in ("activities", "notes"):
        with pytest.raises(errors.InvalidValue):
            getattr(client, name).iter_of_lead("x", page_size=0)


@given(
    size=st.integers(8, 15),
    count=st.integers(0, 60),
    changes=st.lists(
        st.lists(st.tuples(st.booleans(), st.integers(0, 200)), max_size=6), max_size=20
    ),
)
def test_every_row_that_stays_comes_once(
    size: int, count: int, changes: list[list[tuple[bool, int]]]
) -> None:
    """Whatever comes and goes between two pages, at the beginning, in the middle, at the end."""
    rows = [float(number) for number in range(count)]
    staying = set(rows)
    paginator: Paginator[Row] = Paginator(size, lambda row: row["n"])
    found: list[float] = []
    steps = 0
    while not paginator.is_over:
        steps += 1
        assert steps < 500
        start = (paginator.index - 1) * paginator.size
        page = Page([Row({"n": number}) for number in rows[start : start + paginator.size]])
        found += [row["n"] for row in paginator.take(page)]
        for is_new, where in changes.pop() if changes else ():
            at = where % (len(rows) + 1)
            if is_new:
                before = rows[at - 1] if at else -1000.0 - steps
                after = rows[at] if at < len(rows) else before + 2
                rows.insert(at, (before + after) / 2)
            elif at < len(rows):
                staying.discard(rows.pop(at))
    assert len(found) == len(set(found))
    assert staying <= set(found)
