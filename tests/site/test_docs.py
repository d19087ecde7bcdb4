"""The docs in the server: what they find, whose calls they show, and calls made from them."""

import re
from html import unescape
from pathlib import Path

import pytest
from engines import place
from support import LEADS, Answer, InProcess
from webhooks.steps import Console

from leadwire.access.audit import COMMAND_LINE
from leadwire.access.key_pairs import PairDraft, create_pair, revoke_pair
from leadwire.access.users import UserDraft, insert_user
from leadwire.clock import SystemIds
from leadwire.data_folder.making import access_store
from leadwire.server.docs.trying import AGENT

PASSWORD = "a long password"  # noqa: S105  # made up


@pytest.fixture
def console(api: InProcess) -> Console:
    return Console(api)


def key_id(page: str) -> str:
    found = re.search(r'<option value="(key_[^"]*)"', page)
    assert found, "the form offers a key"
    return found[1]


def sent(console: Console, operation: str, **fields: str) -> Answer:
    page = console.get(f"/docs/{operation}").body.decode()
    return console.post(f"/docs/{operation}/try", {"key": key_id(page), **fields})


def new_user(folder: Path, api: InProcess, email: str, **rights: object) -> str:
    """A user without a key; the id."""
    access = access_store(place(folder), clock=api.clock, ids=SystemIds())
    try:
        account_id = access.account_ids()[0]
        draft = UserDraft(
            first_name="Ben", email=email, role="Sales_User", password=PASSWORD, **rights
        )
        return access.change(COMMAND_LINE, lambda change: insert_user(change, account_id, draft))
    finally:
        access.close()


@pytest.mark.parametrize(
    ("words", "found", "left_out"),
    [
        ("lead update", "Lead.Update", "Users.Get"),
        ("bulk/customactivity", "Bulk.CustomActivity.Update", "Lead.Create"),
        ("MXDuplicateEntryException phone", "RetrieveLeadByPhoneNumber", "Tasks"),
        ("emailaddress", "Leads.GetByEmailaddress", "Task.Create"),
    ],
)
def test_the_search_finds_names_paths_parameters_and_faults(
    shared_api: InProcess, words: str, found: str, left_out: str
) -> None:
    """Every word must match; without script, by the address."""
    answer = shared_api.call("GET", f"/docs?q={words.replace(' ', '+')}", keys="none")
    page = answer.body.decode().partition('class="docs-page"')[2]
    if "phone" not in words:
        assert f'href="/docs/{found}"' in page
    assert f'href="/docs/{left_out}"' not in page
    nothing = shared_api.call("GET", "/docs?q=%3Cscript%3E", keys="none").body
    assert b"No operation has all of these words" in nothing
    assert b"<script>" not in nothing.partition(b'class="docs-page"')[2]


def test_the_calls_of_an_operation_are_those_of_the_reader(
    api: InProcess, console: Console
) -> None:
    """Nobody else sees them."""
    made = api.write("Lead.Create", {"FirstName": "Ravi"})
    assert made.call_id in console.get("/docs/Lead.Create").body.decode()
    assert made.call_id not in console.get("/docs/Lead.Update").body.decode()
    stranger = api.call("GET", "/docs/Lead.Create", keys="none").body.decode()
    assert made.call_id not in stranger
    assert "Your calls" not in stranger


def test_a_call_from_the_docs_is_made_and_recorded(api: InProcess, console: Console) -> None:
    """As the chosen key; its agent says where it came from, and the page shows its answer."""
    body = '[{"Attribute":"FirstName","Value":"Ravi"},\r\n{"Attribute":"mx_City","Value":"Pune"}]'
    answer = sent(console, "Lead.Create", body=body)
    assert answer.status == 303, answer.body
    call_id = re.search(r"tried=([0-9a-f-]+)", answer.headers["location"])
    assert call_id
    record = api.record(call_id[1])
    assert (record.operation, record.status_code, record.user_agent) == ("Lead.Create", 200, AGENT)
    assert (record.user_id, record.rerun_of) == (api.keys.user_id, "")
    assert [lead["FirstName"] for lead in api.leads()] == ["Ravi"]
    page = console.get(answer.headers["location"].partition("#")[0]).body.decode()
    assert "200 Success" in page
    assert "&#34;Value&#34;:&#34;Ravi&#34;" in page
    assert api.keys.secret_key not in page
    assert api.keys.access_key not in page


def test_a_fault_of_a_call_from_the_docs_is_shown_as_it_is(
    api: InProcess, console: Console
) -> None:
    """A parameter travels in the query, and is in the form again."""
    answer = sent(console, "Leads.GetByEmailaddress", **{"p-emailaddress": "a+b@example.com"})
    page = unescape(console.get(answer.headers["location"].partition("#")[0]).body.decode())
    assert 'value="a+b@example.com"' in page
    broken = sent(console, "Lead.Create", body="[{")
    page = console.get(broken.headers["location"].partition("#")[0]).body.decode()
    assert "JsonReaderException" in page
    assert api.leads() == []


def test_only_own_keys_that_work_make_calls(
    api: InProcess, console: Console, data_folder: Path
) -> None:
    """Neither those of others, nor revoked ones, nor what is not a key."""
    user_id = new_user(data_folder, api, "ben@acme.test", is_developer=True, may_see_bodies=True)
    own = key_id(console.get("/docs/Lead.Create").body.decode())
    access = access_store(place(data_folder), clock=api.clock, ids=SystemIds())
    try:
        account_id = access.account_ids()[0]
        pair = access.change(
            COMMAND_LINE,
            lambda change: create_pair(change, account_id, PairDraft(user_id=user_id, name="Ben")),
        )
        ben = Console(api, email="ben@acme.test", password=PASSWORD)
        assert key_id(ben.get("/docs/Lead.Create").body.decode()) != own
        for key in (own, "", "key_000000000000"):
            refused = ben.post("/docs/Lead.Create/try", {"key": key, "body": "[]"})
            assert refused.status == 422
            assert b"Choose one of your own keys" in refused.body
        access.change(COMMAND_LINE, lambda change: revoke_pair(change, account_id, pair.key_id))
        assert b"You have no key that works" in ben.get("/docs/Lead.Create").body
    finally:
        access.close()
    assert api.leads() == []


def test_who_may_not_change_or_see_bodies_sends_no_call(
    api: InProcess, console: Console, data_folder: Path
) -> None:
    """A viewer, a developer without the right to bodies, nobody, and another site."""
    form = {"key": key_id(console.get("/docs/Lead.Create").body.decode()), "body": "[]"}
    new_user(data_folder, api, "v@acme.test", may_see_bodies=True)
    new_user(data_folder, api, "d@acme.test", is_developer=True, may_see_bodies=False)
    for email in ("v@acme.test", "d@acme.test"):
        person = Console(api, email=email, password=PASSWORD)
        assert person.post("/docs/Lead.Create/try", form).status == 403
        assert b"<form" not in person.get("/docs/Lead.Create").body.partition(b'id="try"')[2]
    nobody = api.call("POST", "/docs/Lead.Create/try", "key=x", keys="none")
    assert nobody.status == 303
    foreign = console.post("/docs/Lead.Create/try", form, **{"Sec-Fetch-Site": "cross-site"})
    assert foreign.status == 403
    assert api.leads() == []


@pytest.mark.parametrize("operation", ["File.Upload", "Web.SubmitForm", "Async.Lead.Status"])
def test_what_no_form_can_send_has_none(console: Console, operation: str) -> None:
    """And a form that is sent all the same finds nothing."""
    assert b'name="key"' not in console.get(f"/docs/{operation}").body
    assert console.post(f"/docs/{operation}/try", {"key": "x"}).status == 404


def test_an_unknown_operation_names_those_like_it(shared_api: InProcess) -> None:
    """Faults lead to operations, and operations to faults."""
    page = shared_api.call("GET", "/docs/Lead.Captur", keys="none").body.decode()
    assert 'href="/docs/Lead.Capture"' in page
    fault = shared_api.call("GET", "/errors/MXDuplicateEntryException", keys="none").body.decode()
    assert 'href="/docs/Lead.Create"' in fault
    operation = shared_api.call("GET", "/docs/Lead.Create", keys="none").body.decode()
    assert 'href="/errors/MXDuplicateEntryException"' in operation
    assert LEADS + "Lead.Create" in operation.replace("<wbr>", "")
