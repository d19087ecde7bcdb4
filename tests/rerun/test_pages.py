"""Running a call again from its page: by role, rolled back first, for real when confirmed."""

import re

import pytest
from support import LEADS, Answer, InProcess, attributes
from webhooks.steps import Console

CREATE = LEADS + "Lead.Create"
LOGS = "/console/api-logs"


@pytest.fixture
def console(api: InProcess) -> Console:
    return Console(api)


@pytest.fixture
def refused(api: InProcess) -> Answer:
    """A duplicate, whose repair is certain."""
    api.create(FirstName="Asha", EmailAddress="asha@x.test")
    return api.post(CREATE, attributes({"FirstName": "Mira", "EmailAddress": "asha@x.test"}))


def audit_of(console: Console) -> str:
    return console.get("/console/settings/audit.csv").body.decode()


def test_a_failed_call_is_found_repaired_and_seen_to_succeed(
    api: InProcess, console: Console, refused: Answer
) -> None:
    """The box offers the repair, rolled back it answers 200, and nothing has changed."""
    page = console.get(f"{LOGS}/{refused.call_id}").body.decode()
    assert "This e-mail address already belongs to a lead" in page
    assert "Run repaired, rolled back" in page
    before = api.kept()
    result = console.post(f"{LOGS}/{refused.call_id}/run", {"repaired": "1"})
    shown = result.body.decode()
    assert result.status == 200
    assert "Nothing was kept." in shown
    address = f"{LOGS}/{refused.call_id}"
    assert f'action="{address}/run"' in shown
    assert f'formaction="{address}/run-for-real"' in shown
    assert re.search(r'class="differs">500', shown)
    assert re.search(r'class="differs">200', shown)
    assert "Lead.CreateOrUpdate" in shown
    # The trail says who ran it, and when the keys were used last is stored now and then.
    changed = {name for name, rows in api.kept().items() if rows != before[name]}
    assert changed <= {"audit", "secrets"}
    assert "call.run" in audit_of(console)


def test_a_real_run_leads_to_the_new_call_which_links_the_old(
    api: InProcess, console: Console, refused: Answer
) -> None:
    """After a confirmation in the page; the audit trail has both ids."""
    address = f"{LOGS}/{refused.call_id}"
    assert "Yes, run it for real" in console.get(f"{address}/run?repaired=1").body.decode()
    made = console.post(f"{address}/run-for-real", {"repaired": "1"})
    assert made.status == 303
    new_id = made.headers["location"].rpartition("/")[2]
    record = api.record(new_id)
    assert (record.status_code, record.rerun_of) == (200, refused.call_id)
    assert f'href="{address}"' in console.get(f"{LOGS}/{new_id}").body.decode()
    assert f"rerun%3A{refused.call_id}" in console.get(address).body.decode()
    assert new_id in audit_of(console)
    [lead] = api.leads()
    assert lead["FirstName"] == "Mira"


def test_the_request_is_edited_before_it_runs(
    api: InProcess, console: Console, refused: Answer
) -> None:
    """Method, path, content type and body are those of the form."""
    form = {
        "method": "GET", "target": f"{LEADS}Leads.GetByEmailaddress?emailaddress=asha@x.test",
        "content_type": "", "body": "",
    }  # fmt: skip
    shown = console.post(f"{LOGS}/{refused.call_id}/run", form).body.decode()
    assert re.search(r'class="differs">200', shown)
    assert "asha@x.test" in shown
    assert len(api.leads()) == 1


def test_what_cannot_run_says_why_and_keeps_what_was_written(
    console: Console, refused: Answer
) -> None:
    """A form with a mistake is shown again, with 422."""
    form = {"method": "POST", "target": "no/slash", "content_type": "x/y", "body": "kept text"}
    answer = console.post(f"{LOGS}/{refused.call_id}/run", form)
    assert answer.status == 422
    shown = answer.body.decode()
    assert "begin with a slash" in shown
    assert "kept text" in shown


@pytest.mark.parametrize("end", ["/run", "/run-for-real"])
def test_a_call_of_nobody_is_not_found(console: Console, end: str) -> None:
    """As for every page of a call."""
    assert console.post(f"{LOGS}/00000000-0000-7000-8000-000000000000{end}").status == 404


def test_another_site_cannot_run_a_call(console: Console, refused: Answer) -> None:
    """Like every form of the console."""
    address = f"{LOGS}/{refused.call_id}/run-for-real"
    answer = console.post(address, {}, Origin="https://evil.test")
    assert answer.status == 403
