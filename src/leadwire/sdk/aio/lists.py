"""Lists of leads and their members."""

from collections.abc import AsyncIterator, Iterable
from typing import Any, Final

from leadwire.operations import BY_NAME
from leadwire.sdk import reading, writing
from leadwire.sdk.aio.resource import AsyncResource
from leadwire.sdk.models.lead import Lead, Written, number_of
from leadwire.sdk.models.lead_list import LeadList
from leadwire.sdk.reading import Page
from leadwire.sdk.rows import Rows

IDS_MAX: Final = BY_NAME["List.AddLeads"].rows_max

_BY_NUMBER: Final = "ProspectAutoId"
_WITHOUT_RECOUNT: Final = "0"


class AsyncLists(AsyncResource):
    """Lists."""

    async def all(
        self, *, kind: int | None = None, search: str | None = None, page: int | None = None
    ) -> Rows[LeadList]:
        """Lists. *kind*: 0 static, 1 dynamic, 2 refreshable. *search* matches part of the name."""
        return await self._call(
            "Lists.Get",
            reading.many(LeadList),
            query={"ListType": kind, "SearchText": search, "PageIndex": page},
        )

    async def create(self, name: str, *, description: str = "") -> Written:
        """Create an empty static list and return its ``id``. Raises Duplicate for a taken name."""
        body = {"Name": name, "Description": description}
        return await self._call("List.Create", reading.message(Written), body=body)

    async def leads(
        self,
        list_id: str,
        *,
        columns: Iterable[str] | None = None,
        sort_by: str | None = None,
        descending: bool = True,
        page: int = 1,
        page_size: int = 100,
    ) -> Page[Lead]:
        """One page of the leads of a list; at most 5,000 rows."""
        name = None if sort_by is None else writing.schema_name(sort_by)
        body = {
            "SearchParameters": {"ListId": list_id, "RetrieveBehaviour": _WITHOUT_RECOUNT},
            "Columns": writing.columns(columns),
            "Sorting": writing.sorting(name, descending=descending),
            "Paging": writing.paging(page, page_size, of="Leads.RetrieveBySearchParameter"),
        }
        return await self._call(
            "Leads.RetrieveBySearchParameter",
            reading.page(Lead, "Leads"),
            body=writing.without_none(body),
        )

    async def iter_leads(
        self, list_id: str, *, columns: Iterable[str] | None = None, page_size: int = 1_000
    ) -> AsyncIterator[Lead]:
        """Every lead of a list, oldest first, fetched page by page.

        Each lead has its ProspectAutoId, whatever the *columns*.
        """
        chosen = None if columns is None else writing.columns_with(_BY_NUMBER, columns)

        async def fetch(index: int, size: int) -> Page[Lead]:
            return await self.leads(
                list_id, columns=chosen, sort_by=_BY_NUMBER, descending=False,
                page=index, page_size=size,
            )  # fmt: skip

        async for lead in self._every(fetch, page_size, number_of):
            yield lead

    async def add(self, list_id: str, lead_ids: Iterable[str]) -> Written:
        """Add leads to a static list. Leads that are members already are skipped."""
        body = {"listId": list_id, "leadIds": writing.ids(lead_ids, of="List.AddLeads")}
        return await self._call("List.AddLeads", reading.message(Written), body=body)

    async def add_one(self, list_id: str, lead_id: str) -> Written:
        """Add a lead to a static list. ``affected_rows`` is missing if it is a member already."""
        return await self._call(
            "List.AddLead",
            reading.message(Written),
            query={"listId": list_id, "leadId": lead_id},
        )

    async def remove(self, list_id: str, lead_id: str) -> Written:
        """Remove a lead from a static list. Raises NotFound if it is not a member."""
        return await self._call(
            "List.RemoveLead",
            reading.message(Written),
            query={"ListId": list_id, "LeadID": lead_id},
        )

    async def empty(self, list_id: str) -> Written:
        """Remove every lead from a static list."""
        return await self._call("List.Empty", reading.message(Written), query={"ListId": list_id})

    async def contains(self, list_id: str, lead_id: str) -> bool:
        """Whether a lead is a member of a list."""
        written = await self._call(
            "List.CheckLead",
            reading.message(Written),
            query={"listId": list_id, "leadId": lead_id},
        )
        return written.is_successful is True

    async def count(self, list_id: str) -> int:
        """How many leads a list has."""
        return await self._call("List.MemberCount", _count, query={"listId": list_id})


def _count(tree: Any) -> int:  # noqa: ANN401  # any JSON
    count = tree.get("Count") if isinstance(tree, dict) else tree
    if type(count) is not int:
        raise reading.UnexpectedShape
    return count
