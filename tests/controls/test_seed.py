"""Seed files: the data that an account begins with, by the rules of the API."""

import json
import subprocess
from pathlib import Path

import httpx2
import pytest
from controls.conftest import LEADS, SERVE, Account, Running

SEED = """
leadwire: 1
users:
  priya: {email: priya@acme.example, first_name: Priya, role: Sales_User}
fields:
  - {display_name: District, type: Text}
  - {display_name: Plot, type: Select, options: [North, South]}
activity_types:
  visit: {name: Second visit, score: 3}
leads:
  asha:
    FirstName: Asha
    EmailAddress: asha@acme.example
    mx_District: no
    mx_Plot: North
    Owner: priya
    CreatedOn: -3d
    activities:
      - {type: visit, note: Looked at plot 7, on: -2d}
    tasks:
      - {subject: Call back, due: +1d, owner: priya}
    notes: [Prefers mails]
  ravi: {FirstName: Ravi, EmailAddress: ravi@acme.example, Phone: 0123}
lists:
  hot: {name: Hot leads, members: [asha, ravi]}
webhooks:
  - {event: Lead_Post_Create, to: "receiver:new-leads"}
"""


def sown(account: Account, seed: str) -> httpx2.Response:
    return account.controls.post(
        "seed",
        params={"account": account.id},
        content=seed.encode(),
        headers={"Content-Type": "application/yaml"},
    )


def test_a_seed_gives_an_account_its_data(account: Account) -> None:
    """Users, fields, types, leads with activities and tasks, lists and webhooks."""
    answer = sown(account, SEED)
    assert answer.status_code == 200, answer.text
    ids = answer.json()["ids"]
    [asha] = account.find("asha@acme.example")
    assert asha["ProspectID"] == ids["asha"]
    assert asha["OwnerId"] == ids["priya"]
    assert (asha["mx_District"], asha["mx_Plot"], asha["Score"]) == ("no", "North", "3")
    assert account.find("ravi@acme.example")[0]["Phone"] == "0123"
    members = account.api.get(LEADS + "Leads.Retrieve.ByListId", params={"listId": ids["hot"]})
    assert members.status_code in (200, 404)
    account.create("nora@example.com")
    found = account.ask("GET", "receivers/new-leads/deliveries", wait=1, within_ms=5000)
    assert len(found["deliveries"]) == 1


def test_json_is_a_seed_too(account: Account) -> None:
    """The same members."""
    seed = {"leadwire": 1, "leads": {"a": {"EmailAddress": "a@example.com"}}, "sample": 20}
    answer = sown(account, json.dumps(seed))
    assert answer.json()["leads"] == 21
    assert len(account.find("a@example.com")) == 1


@pytest.mark.parametrize(
    ("before", "after", "at", "message"),
    [
        ("type: visit,", "type: visitt,", "leads.asha.activities[0].type", "no activity type"),
        ("members: [asha", "members: [ashaa", "lists.hot.members[0]", "no lead 'ashaa'"),
        ("Owner: priya", "Owner: pria", "leads.asha.Owner", "no user 'pria'"),
        ("mx_District: no", "mx_Distric: no", "leads.asha", "mx_Distric"),
        ("CreatedOn: -3d", "CreatedOn: soon", "leads.asha.CreatedOn", "'soon'"),
        ("type: Select", "type: Selec", "fields[1].type", "There is no type 'Selec'."),
        ("event: Lead_Post_Create", "event: Lead_Creat", "webhooks[0].event", "There is no event"),
        ("leadwire: 1", "leadwire: 2", "leadwire", "1"),
        ("sample", "sampel", "", ""),
        ("subject: Call", "subjct: Call", "leads.asha.tasks[0]", "subjct"),
        ("  ravi: {", "  ravi: [", "line 23, column", "cannot be read"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_nothing_is_added(
    account: Account, before: str, after: str, at: str, message: str
) -> None:
    """All of it, or nothing: also no user."""
    text = SEED.replace(before, after, 1)
    if text == SEED:
        text += f"{after}: 3\n"
        at, message = after, f"There is no member '{after}'."
    answer = sown(account, text)
    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    assert error["at"].startswith(at), error
    assert message in error["message"]
    assert account.find("ravi@acme.example") == []
    assert sown(account, SEED).status_code == 200


def test_a_sample_account_is_the_same_each_time(server: Running) -> None:
    """Two hundred plausible leads in well under a second."""
    first, second = server.account(), server.account()
    for account in (first, second):
        assert sown(account, "{leadwire: 1, sample: 200}").status_code == 200
    body = {"Parameter": {"LookupName": "EmailAddress", "LookupValue": "@example.com",
                          "SqlOperator": "LIKE"},
            "Paging": {"PageIndex": 1, "PageSize": 300}}  # fmt: skip

    def emails(account: Account) -> list[str]:
        answer = account.api.post(LEADS + "Leads.Get", json=body)
        return sorted(lead["EmailAddress"] for lead in answer.json())

    found = [emails(account) for account in (first, second)]
    assert len(found[0]) == 200
    assert found[0] == found[1]


def test_the_command_line_sows_a_folder(tmp_path: Path) -> None:
    """`leadwire seed` while no server runs, and `serve --seed` for a new account."""
    data, file = str(tmp_path / "data"), tmp_path / "crm.yaml"
    file.write_text(SEED.replace("receiver:new-leads", "https://receiver.example/hook"))

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [*SERVE[:3], *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # our own

    assert run("init", "--data", data).returncode == 0
    done = run("seed", str(file), "--data", data, "--json")
    assert done.returncode == 0, done.stderr
    assert {"asha", "ravi", "priya", "hot"} == set(json.loads(done.stdout)["ids"])
    again = run("seed", str(file), "--data", data)
    assert again.returncode == 1
    assert "users.priya" in again.stderr
    missing = run("seed", str(tmp_path / "none.yaml"), "--data", data)
    assert "No such file" in missing.stderr
