"""The pages of leads: what they find, what they say about each value, and what they hide."""

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from engines import place
from support import ACTIVITIES, LEADS, InProcess
from webhooks.steps import Console

from leadwire.access.accounts import create_account
from leadwire.access.audit import COMMAND_LINE
from leadwire.access.passwords import hash_password
from leadwire.access.users import UserDraft, insert_user
from leadwire.clock import SystemIds
from leadwire.data_folder.making import access_store

LIST = "/console/leads"
NO_ID = "01900000-0000-7000-8000-000000000000"
PASSWORD = "a long password"  # noqa: S105  # made up


@pytest.fixture
def api(make_api: Callable[..., InProcess]) -> InProcess:
    return make_api(lead_delete=True, leads_shown_max=5)


@pytest.fixture
def console(api: InProcess) -> Console:
    return Console(api)


def text(console: Console, address: str, status: int = 200) -> str:
    """The visible text of a page, with one blank between words."""
    answer = console.get(address)
    assert answer.status == status, (address, answer.status)
    page = re.sub(
        r"<(script|style|datalist|select|fieldset).*?</\1>",
        " ",
        answer.body.decode(),
        flags=re.DOTALL,
    )
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())


def found(console: Console, query: str) -> list[str]:
    """The names of the leads that a list shows, in order."""
    page = console.get(f"{LIST}?{query}").body.decode()
    return [
        unescape(name)
        for name in re.findall(r'<a href="/console/leads/[0-9a-f-]{36}">(.*?)</a>', page)
    ]


def row(page: str, field: str) -> str:
    """The text of the row of *field* on the page of a lead."""
    match = re.search(rf"<th[^>]*>{field}.*?</tr>", page, re.DOTALL)
    assert match, field
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", match[0].replace("<wbr>", ""))).split())


def lead_page(console: Console, lead_id: str, query: str = "") -> str:
    answer = console.get(f"{LIST}/{lead_id}?{query}")
    assert answer.status == 200, answer.status
    return answer.body.decode()


def entries(page: str) -> list[str]:
    """The titles of the timeline, newest first."""
    timeline = page.partition('class="card timeline"')[2]
    return [
        unescape(re.sub(r"<[^>]*>", "", title))
        for title in re.findall(r'class="entry-head">(?:<a[^>]*>|<strong>)(.*?)</', timeline)
    ]


def test_a_lead_is_found_by_words_values_and_dates(api: InProcess) -> None:
    """Alone and together; without a value, too."""
    api.create(FirstName="Ravi", LastName="Kumar", EmailAddress="ravi@example.com", mx_City="Pune")
    api.clock.advance(86_400_000)
    api.create(FirstName="Meera", EmailAddress="meera@example.com", ProspectStage="Customer")
    console = Console(api)
    assert found(console, "") == ["Meera", "Ravi Kumar"]
    assert found(console, "q=avi+kum") == ["Ravi Kumar"]
    assert found(console, "q=MEERA%40") == ["Meera"]
    assert found(console, "stage=customer") == ["Meera"]
    assert found(console, "field=mx_City&value=pune") == ["Ravi Kumar"]
    assert found(console, "field=mx_City") == ["Meera"]
    assert found(console, "created_to=2026-03-04") == ["Ravi Kumar"]
    assert found(console, "created_from=2026-03-05&modified_from=now-1h") == ["Meera"]
    assert found(console, f"owner={NO_ID}") == []
    assert "Nothing has all of these values" in text(console, f"{LIST}?q=nobody")


def test_pages_and_orders_show_every_lead_once(api: InProcess, console: Console) -> None:
    """Up and down; a page past the end is empty."""
    for number in range(12):
        api.create(FirstName=f"Lead{number:02}", EmailAddress=f"l{number}@example.com")
    pages = [found(console, f"sort=FirstName&page={page}") for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [5, 5, 2]
    assert [name for page in pages for name in page] == [f"Lead{n:02}" for n in range(12)]
    assert found(console, "sort=-FirstName")[0] == "Lead11"
    assert "12 leads" in text(console, LIST)
    assert found(console, "page=99999") == []


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("created_from=soonish", "'soonish' is not a date-time"),
        (
            "created_from=2026-03-05&created_to=2026-03-04",
            "The start of the range is after its end",
        ),
        ("field=mx_None&value=x", "There is no lead field 'mx_None'"),
        ("field=Revenue&value=much", "Revenue"),
        ("sort=mx_None", "There is no lead field 'mx_None'"),
        (f"list={NO_ID}", "List does not exist"),
    ],
)
def test_a_wrong_filter_is_named_and_kept(console: Console, query: str, said: str) -> None:
    """The form has what was written, and nothing was searched."""
    page = text(console, f"{LIST}?{query}", status=400)
    assert said in page
    assert "Nothing was searched" in page


def test_each_value_has_the_call_that_last_set_it(api: InProcess, console: Console) -> None:
    """With the value before; a call that repeats a value does not set it."""
    lead_id = api.create(FirstName="Ravi", Phone="+91-9000012354", mx_City="Pune")
    api.clock.advance(1_000)
    first = api.write("Lead.Update", {"Phone": "+91-9000012345"}, leadId=lead_id)
    api.clock.advance(1_000)
    api.write("Lead.Update", {"Phone": "+91-9000012345", "mx_City": None}, leadId=lead_id)
    bulk = [[{"Attribute": "EmailAddress", "Value": "ravi@example.com"},
             {"Attribute": "ProspectID", "Value": lead_id},
             {"Attribute": "SearchBy", "Value": "ProspectID"}]]  # fmt: skip
    api.post(LEADS + "Lead/Bulk/CreateOrUpdate", bulk)
    page = lead_page(console, lead_id, "fields=all")
    assert row(page, "First Name").startswith("First Name FirstName Ravi Lead.Create")
    assert "+91-9000012354 → +91-9000012345 Lead.Update" in row(page, "Phone Number")
    assert f"/console/api-logs/{first.call_id}" in page
    assert "Pune → empty Lead.Update" in row(page, "City")
    assert "ravi@example.com Lead.BulkCreateOrUpdate" in row(page, "Email")
    assert "Lead.Create" in row(page, "Owner")
    assert "Lead.BulkCreateOrUpdate" in row(page, "Modified On")
    assert "empty" in row(page, "Job Title")
    assert "Job Title" not in lead_page(console, lead_id)


def test_calls_that_were_not_read_are_spoken_of(make_api: Callable[..., InProcess]) -> None:
    """A bound is said, and what it hides is not guessed."""
    api = make_api(lead_calls_max=2)
    lead_id = api.create(FirstName="Ravi")
    for city in ("Pune", "Mumbai", "Kochi"):
        api.clock.advance(1_000)
        api.write("Lead.Update", {"mx_City": city}, leadId=lead_id)
    page = lead_page(Console(api), lead_id)
    assert "Older than the calls that were read" in row(page, "First Name")
    assert "Mumbai → Kochi" in row(page, "City")
    assert "The newest 2 calls that name this lead" in page


def test_the_timeline_has_all_kinds_in_one_order(api: InProcess, console: Console) -> None:
    """What a call made stands with the call; one kind alone when asked."""
    lead_id = api.create(FirstName="Ravi", EmailAddress="ravi@example.com")
    api.clock.advance(60_000)
    api.post(ACTIVITIES + "Create", {"RelatedProspectId": lead_id, "ActivityEvent": 201,
                                     "ActivityNote": "Called back"})  # fmt: skip
    api.clock.advance(60_000)
    api.post(LEADS + "CreateNote", {"RelatedProspectId": lead_id, "Note": "Likes balconies"})
    api.clock.advance(60_000)
    api.write("Lead.Create", {"FirstName": "R", "EmailAddress": "ravi@example.com"})
    api.get(LEADS + "Leads.GetById", id=lead_id)
    page = lead_page(console, lead_id)
    assert entries(page) == [
        "Leads.GetById", "Note.Create", "ProspectActivity.Create", "Lead.Create",
    ]  # fmt: skip
    assert "Likes balconies" in page
    assert "Called back" in page
    assert entries(lead_page(console, lead_id, "show=note")) == ["Note by Administrator"]
    assert entries(lead_page(console, lead_id, "show=mail")) == []


def test_pages_of_the_timeline_show_each_entry_once(api: InProcess, console: Console) -> None:
    """Also those of one millisecond, whatever their kinds."""
    lead_id = api.create(FirstName="Ravi")
    for number in range(70):
        api.post(LEADS + "CreateNote", {"RelatedProspectId": lead_id, "Note": f"N{number}"})
        if number % 3 == 0:
            api.post(ACTIVITIES + "Create", {"RelatedProspectId": lead_id, "ActivityEvent": 201,
                                             "ActivityNote": f"A{number}"})  # fmt: skip
    seen: list[str] = []
    address = f"{LIST}/{lead_id}?show=note&show=activity"
    for _ in range(5):
        page = console.get(address).body.decode()
        seen += re.findall(r'<p class="muted">([NA]\d+)', page)
        link = re.search(r'href="([^"]*)#timeline" rel="next"', page)
        if link is None:
            break
        address = unescape(link[1])
    assert sorted(seen) == sorted(
        [f"N{number}" for number in range(70)] + [f"A{number}" for number in range(0, 70, 3)]
    )


def test_older_pages_of_the_timeline_read_older_calls(make_api: Callable[..., InProcess]) -> None:
    """Beyond those that tell who set the fields."""
    api = make_api(lead_calls_max=60)
    lead_id = api.create(FirstName="Ravi")
    for _ in range(150):
        api.clock.advance(1)
        api.get(LEADS + "Leads.GetById", id=lead_id)
    console, address, seen = Console(api), f"{LIST}/{lead_id}?show=call", 0
    while True:
        page = console.get(address).body.decode()
        seen += len(entries(page))
        link = re.search(r'href="([^"]*)#timeline" rel="next"', page)
        if link is None:
            break
        address = unescape(link[1])
    assert seen == 151


def test_a_merged_and_a_deleted_lead_say_what_became_of_them(
    api: InProcess, console: Console
) -> None:
    """With 410, and a way to the other lead or to the call."""
    master, child, gone = (api.create(FirstName=name) for name in ("Ravi", "Ravee", "Nobody"))
    api.post(LEADS + "Lead.Merge", masterId=master, childId=child)
    api.get(LEADS + "Lead/Delete/ById", leadId=gone)
    assert "This lead was merged" in text(console, f"{LIST}/{child}", status=410)
    assert f'href="{LIST}/{master}"' in console.get(f"{LIST}/{child}").body.decode()
    page = text(console, f"{LIST}/{gone}", status=410)
    assert "This lead was deleted" in page
    assert "Lead. Delete" in page


def test_ids_of_another_account_answer_as_unknown_ones(api: InProcess, data_folder: Path) -> None:
    """Of leads, and of all that belongs to them."""
    lead_id = api.create(FirstName="Ravi")
    activity = api.post(ACTIVITIES + "Create", {"RelatedProspectId": lead_id, "ActivityEvent": 201})
    ids = {"leads": lead_id, "activities": activity.json["Message"]["Id"]}
    access = access_store(place(data_folder), clock=api.clock, ids=SystemIds())
    try:
        other = access.change(
            COMMAND_LINE,
            lambda change: create_account(
                change,
                name="Other",
                email="ben@other.test",
                password=PASSWORD,
                password_hash=hash_password(PASSWORD),
            ),
        )
    finally:
        access.close()
    stranger = Console(api, email="ben@other.test", password=other.password)
    assert found(stranger, "") == []
    for kind in ("leads", "activities", "tasks", "opportunities", "lists"):
        unknown = stranger.get(f"/console/{kind}/{NO_ID}")
        theirs = stranger.get(f"/console/{kind}/{ids.get(kind, lead_id)}")
        assert unknown.status == theirs.status == 404
        assert unknown.body.replace(NO_ID.encode(), b"") == theirs.body.replace(
            ids.get(kind, lead_id).encode(), b""
        )


def test_personal_values_need_the_right_to_see_bodies(api: InProcess, data_folder: Path) -> None:
    """Neither shown, nor found, nor sorted by."""
    lead_id = api.create(FirstName="Ravi", EmailAddress="ravi@example.com", mx_City="Pune")
    api.post(LEADS + "CreateNote", {"RelatedProspectId": lead_id, "Note": "A secret of Ravi"})
    api.write("Lead.Update", {"mx_City": "Kochi", "FirstName": "Ravee"}, leadId=lead_id)
    assert "ravi" in api.write("Lead.Update", {"mx_ravi": "x"}, leadId=lead_id).message
    access = access_store(place(data_folder), clock=api.clock, ids=SystemIds())
    try:
        account_id = access.account_ids()[0]
        draft = UserDraft(
            first_name="Leela", email="leela@acme.test", role="Sales_User", password=PASSWORD,
            may_see_bodies=False,
        )  # fmt: skip
        access.change(COMMAND_LINE, lambda change: insert_user(change, account_id, draft))
    finally:
        access.close()
    leela = Console(api, email="leela@acme.test", password=PASSWORD)
    for address in (LIST, f"{LIST}/{lead_id}", "/console/activities"):
        page = leela.get(address).body.decode()
        assert not re.search("ravi|ravee|secret of", page, re.IGNORECASE), address
    page = lead_page(leela, lead_id)
    assert "hidden" in row(page, "Email")
    assert "Kochi" in row(page, "City")
    assert "Pune" not in page
    assert found(leela, "stage=Prospect") == ["Lead 1"]
    for query in ("q=ravi", "field=EmailAddress&value=ravi%40example.com", "sort=FirstName"):
        assert "right to see bodies" in text(leela, f"{LIST}?{query}", status=400)


def test_everything_of_a_lead_has_a_list_and_a_page(api: InProcess, console: Console) -> None:
    """With links to the lead and to the calls that name it."""
    lead_id = api.create(FirstName="Ravi", EmailAddress="ravi@example.com")
    activity = api.post(ACTIVITIES + "Create", {"RelatedProspectId": lead_id, "ActivityEvent": 201,
                                                "ActivityNote": "Called back"})  # fmt: skip
    task = api.post("/v2/Task.svc/Create", {
        "Name": "Visit", "RelatedEntity": 1, "RelatedEntityId": lead_id, "StatusCode": 0,
        "DueDate": "2026-03-07 11:00:00", "NotifyBy": 1100,
    })  # fmt: skip
    opportunity = api.post("/v2/OpportunityManagement.svc/Capture", {
        "LeadDetails": [{"Attribute": "EmailAddress", "Value": "ravi@example.com"},
                        {"Attribute": "SearchBy", "Value": "EmailAddress"}],
        "Opportunity": {"OpportunityEventCode": 12000,
                        "Fields": [{"SchemaName": "mx_Custom_1", "Value": "Two rooms"}]},
    })  # fmt: skip
    made = api.post("/v2/LeadSegmentation.svc/CreateEmptyList", {"Name": "Call back"})
    list_id = made.json["Message"]["Id"]
    members = {"listId": list_id, "leadIds": [lead_id]}
    api.post("/v2/LeadSegmentation.svc/AddLeadsToStaticList", members)
    for kind, thing_id, title in (
        ("activities", activity.json["Message"]["Id"], "Site Visit"),
        ("tasks", task.json["Message"]["Id"], "Visit"),
        ("opportunities", opportunity.json["CreatedOpportunityId"], "Two rooms"),
        ("lists", list_id, "Call back"),
    ):
        page = console.get(f"/console/{kind}").body.decode()
        assert f'href="/console/{kind}/{thing_id}">{title}</a>' in page, kind
        one = console.get(f"/console/{kind}/{thing_id}").body.decode()
        assert f"<h1>{title}</h1>" in one
        assert kind == "lists" or f'href="{LIST}/{lead_id}"' in one
        assert "api-logs/" in one
    assert found(console, f"list={list_id}") == ["Ravi"]


@pytest.mark.parametrize(
    "address",
    [
        f"{LIST}/%00", f"{LIST}/%ED%A0%80", f"{LIST}/{'x' * 3000}", f"{LIST}?q=%00%ED%A0%80",
        f"{LIST}?q=%25_%5C%27%22", f"{LIST}?page=-1&sort=-&column=x&column=%00",
        f"{LIST}?created_from=1970-01-01&created_to=2999-12-31",
        f"{LIST}?field=mx_City&value=%E2%80%AE%00", f"{LIST}?owner=%00", f"{LIST}?list=%00",
        "/console/tasks/%00", "/console/activities?page=999999",
        f"/console/opportunities/{'9' * 20}",
        "/console/opportunities/9", "/console/lists/%ED%A0%80",
    ],
)  # fmt: skip
def test_strange_addresses_never_fail(console: Console, address: str) -> None:
    """Whatever bytes, numbers and dates they hold."""
    assert console.get(address).status in (200, 400, 404)


def test_strange_values_are_shown_as_text(api: InProcess, console: Console) -> None:
    """Markup and invisible characters of a caller steer nothing."""
    evil = "<script>alert(1)</script>\u202eabc"
    lead_id = api.create(FirstName=evil, mx_City="x" * 200)
    for address in (LIST, f"{LIST}/{lead_id}"):
        page = console.get(address).body.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page


def test_the_pages_need_a_session(api: InProcess) -> None:
    """Without one they lead to the sign-in."""
    for address in (LIST, f"{LIST}/{NO_ID}", "/console/activities", "/console/tasks/x"):
        answer = api.call("GET", address, keys="none")
        assert (answer.status, answer.headers["location"].partition("?")[0]) == (
            303, "/console/sign-in",
        )  # fmt: skip
