"""Accounts on demand, and their states: reset, snapshot and restore."""

import threading

import pytest
from controls.conftest import LEADS, Account, Running

from leadwire import Client, NotFound


def test_accounts_do_not_meet(server: Running) -> None:
    """The same lead in two accounts, at the same time."""
    one, other = server.account(), server.account()
    assert one.create("asha@example.com").status_code == 200
    assert other.find("asha@example.com") == []
    assert other.create("asha@example.com").status_code == 200


def test_a_plan_and_settings_are_those_of_one_account(server: Running) -> None:
    """Few calls in five seconds on Lite, any number beside it."""
    small, free = server.account(plan="lite"), server.account()
    answers = [small.api.get(LEADS + "LeadsMetaData.Get") for _ in range(30)]
    assert [answer.status_code for answer in answers].count(429) > 0
    assert all(free.api.get(LEADS + "LeadsMetaData.Get").status_code == 200 for _ in range(30))


def test_a_setting_that_cannot_be_chosen_is_refused(server: Running) -> None:
    """With the reason, and without an account."""
    before = server.controls.get("").json()["accounts"]
    answer = server.controls.post("accounts", json={"settings": {"port": 1}})
    assert answer.status_code == 400
    assert "port" in answer.json()["error"]["message"]
    assert server.controls.get("").json()["accounts"] == before


def test_a_reset_brings_back_the_start_and_keeps_the_keys(account: Account) -> None:
    """Leads, webhooks and fields go; the same client goes on."""
    account.create("asha@example.com")
    account.webhook(receiver(account))
    done = account.ask("POST", "reset", {"account": account.id})
    assert done["reset"] == 1
    assert done["in_flight"] == 0
    assert account.find("asha@example.com") == []
    assert (
        account.api.post("/v2/Webhook.svc/Retrieve", json={"Parameter": {}})
        .json()
        .get("RecordCount", 0)
        == 0
    )
    [lead_after] = (account.create("asha@example.com"), account.find("asha@example.com"))[1]
    assert lead_after["ProspectAutoId"] == "1"


def receiver(account: Account) -> str:
    return str(account.ask("PUT", f"receivers/{account.id}", {})["url"])


def test_a_reset_of_one_account_leaves_the_others(server: Running, account: Account) -> None:
    """Also what quick search finds them by."""
    other = server.account()
    for number in range(40):
        other.create(f"lead{number}@example.com")
    account.create("asha@example.com")
    account.ask("POST", "reset", {"account": account.id})
    assert len(other.find("lead7@example.com")) == 1
    found = other.api.get(LEADS + "Leads.GetByQuickSearch", params={"key": "lead39@"})
    assert len(found.json()) == 1


@pytest.mark.parametrize("kept", ["webhooks", "fields", "lists", "activity_types", "users"])
def test_a_reset_keeps_what_it_is_told_to(account: Account, kept: str) -> None:
    """Each kind by its name."""
    account.webhook(receiver(account))
    account.ask("POST", "reset", {"account": account.id, "keep": [kept]})
    webhooks = account.api.post("/v2/Webhook.svc/Retrieve", json={"Parameter": {}}).json()
    assert ("RecordCount" in webhooks and webhooks["RecordCount"] == 1) is (kept == "webhooks")


def test_a_snapshot_can_be_restored_again_and_again(account: Account) -> None:
    """With the ids that it had."""
    account.create("asha@example.com")
    [kept] = account.find("asha@example.com")
    account.ask("POST", "snapshots", {"name": "base", "account": account.id})
    for _ in range(2):
        account.create("ravi@example.com")
        account.ask("POST", "snapshots/base/restore", {"account": account.id})
        assert account.find("ravi@example.com") == []
        assert account.find("asha@example.com") == [kept]


def test_a_snapshot_has_files_and_users(account: Account) -> None:
    """What was uploaded can be downloaded again, and a user who was added is there again."""
    with sdk(account) as client:
        lead_id = client.leads.create(email_address="asha@example.com").id
        plan = client.files.upload(b"two rooms", name="plan.txt")
    seed = {"leadwire": 1, "users": {"priya": {"email": "priya@acme.example"}}}
    account.ask("POST", "seed", seed, account=account.id)
    account.ask("POST", "snapshots", {"name": "base", "account": account.id})
    account.ask("POST", "reset", {"account": account.id})
    with sdk(account) as client:
        assert client.leads.get(lead_id) is None
        with pytest.raises(NotFound):
            client.files.download(plan.path)
        assert len(client.users.all()) == 1
        account.ask("POST", "snapshots/base/restore", {"account": account.id})
        assert client.files.download(plan.path) == b"two rooms"
        emails = {user.email_address for user in client.users.all()}
    assert "priya@acme.example" in emails
    assert len(emails) == 2


def sdk(account: Account) -> Client:
    return Client(
        host=str(account.api.base_url),
        access_key=account.made["access_key"],
        secret_key=account.made["secret_key"],
    )


def test_a_reset_during_a_delivery_lets_nothing_of_it_come_back(account: Account) -> None:
    """It waits for the answer of the receiver, and no attempt follows the failed one."""
    account.ask("POST", "clock", {"freeze": "2030-01-01 09:00:00"})
    url = account.ask(
        "PUT", f"receivers/{account.id}", {"respond": [{"status": 500, "delay_ms": 700}]}
    )["url"]
    account.webhook(url)
    account.create("asha@example.com")
    path = f"receivers/{account.id}/deliveries"
    assert len(account.ask("GET", path, wait=1)["deliveries"]) == 1
    done = account.ask("POST", "reset", {"account": account.id, "wait_ms": 10_000})
    assert done["took_ms"] > 300
    account.advance("2h")
    assert len(account.ask("GET", path)["deliveries"]) == 1


def test_a_reset_that_does_not_wait_throws_the_delivery_away(account: Account) -> None:
    """What a delivery that is under way writes later belongs to no webhook."""
    url = account.ask(
        "PUT", f"receivers/{account.id}", {"respond": [{"status": 500, "delay_ms": 700}]}
    )["url"]
    account.webhook(url)
    account.create("asha@example.com")
    path = f"receivers/{account.id}/deliveries"
    assert len(account.ask("GET", path, wait=1)["deliveries"]) == 1
    account.ask("POST", "reset", {"account": account.id, "wait_ms": 0})
    account.create("ravi@example.com")
    account.advance("2h")
    assert len(account.ask("GET", path)["deliveries"]) == 1
    assert len(account.find("ravi@example.com")) == 1


def test_a_snapshot_is_the_start_of_another_account(server: Running, account: Account) -> None:
    """Its administrator owns all of it."""
    account.create("asha@example.com")
    account.ask("POST", "snapshots", {"name": "base", "account": account.id})
    copy = server.account(**{"from": f"{account.id}/base"})
    [lead] = copy.find("asha@example.com")
    assert lead["OwnerId"] == copy.made["user_id"]
    copy.ask("POST", "reset", {"account": copy.id})
    assert len(copy.find("asha@example.com")) == 1


def test_names_of_snapshots_are_checked(account: Account) -> None:
    """A taken name and an unknown one: what there is, and what to do."""
    account.ask("POST", "snapshots", {"name": "base", "account": account.id})
    taken = account.refused("POST", "snapshots", {"name": "base", "account": account.id})
    assert taken["message"] == "There is a snapshot 'base' already."
    unknown = account.refused("POST", "snapshots/bas/restore", {"account": account.id})
    assert unknown["message"] == "There is no snapshot 'bas': there are base."
    nameless = account.refused("POST", "reset", {"account": "nobody"})
    assert nameless["message"] == "There is no account 'nobody'."
    which = account.refused("POST", "reset", {})
    assert which["message"].startswith("Say which account: there are ")


@pytest.mark.parametrize(
    ("path", "body", "at", "fix"),
    [
        ("reset", {"acount": "x"}, "acount", "Did you mean 'account'?"),
        ("faults", [{"kind": "status"}, {"knd": 1}], "[1].knd", "Did you mean 'kind'?"),
        ("clock", {"advanced": 1}, "advanced", "Did you mean 'advance'?"),
        ("calls/expect", {"count": {"mn": 1}}, "count.mn", "Did you mean 'min'?"),
    ],
)
def test_a_misspelt_member_is_named(
    account: Account, path: str, body: object, at: str, fix: str
) -> None:
    """With its place and the nearest name, and nothing is done."""
    error = account.refused("POST", path, body)
    assert (error["at"], error["fix"]) == (at, fix)


def test_an_empty_array_of_php_is_an_empty_object(server: Running) -> None:
    """``json_encode([])`` of PHP."""
    assert server.controls.post("accounts", json=[]).status_code == 201


def test_a_reset_under_load_loses_and_doubles_nothing(account: Account) -> None:
    """Four writers: every call is answered 200, and afterwards the numbers have no gap."""
    codes: list[int] = []

    def write(worker: int) -> None:
        emails = (f"w{worker}-{number}@example.com" for number in range(40))
        codes.extend(account.create(email).status_code for email in emails)

    writers = [threading.Thread(target=write, args=(worker,)) for worker in range(4)]
    for writer in writers:
        writer.start()
    for _ in range(5):
        account.ask("POST", "reset", {"account": account.id})
    for writer in writers:
        writer.join()
    assert set(codes) == {200}
    calls = account.ask("GET", "calls", account=account.id, since="start", limit=1000)["calls"]
    assert len(calls) == len(codes)
