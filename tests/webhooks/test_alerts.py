"""Alerts: a search that matches too many calls tells somebody, once, and nothing of a call."""

import re

import pytest
from support import LEADS, InProcess
from webhooks.receiver import Receiver
from webhooks.steps import Console, hook

ALERTS = "/console/alerts"
MINUTE_MS = 60_000
FORM = {
    "name": "Failed creates", "q": "status:error", "calls_max": "2", "minutes": "5",
    "pause_minutes": "30", "to": "mail", "email": "ops@example.com",
}  # fmt: skip


@pytest.fixture
def console(api: InProcess) -> Console:
    return Console(api)


def create(console: Console, **fields: str) -> None:
    answer = console.post(ALERTS, FORM | fields)
    assert (answer.status, answer.headers["location"]) == (303, f"{ALERTS}?done=created")


def fail(api: InProcess, times: int) -> None:
    for number in range(times):
        api.post(LEADS + "Lead.Update", [{"Attribute": "City", "Value": f"secret {number}"}])


def pass_time(api: InProcess, minutes: int = 0) -> None:
    """Let *minutes* pass, and every alert and message be worked through."""
    api.clock.advance(minutes * MINUTE_MS)
    api.run(api.app.workers.settled())


def mails(console: Console) -> list[str]:
    """The subjects of the mails in the outbox."""
    page = console.get("/console/outbox").body.decode()
    return re.findall(r">((?:Test of the a|A)lert: [^<]*)<", page)


def shown(console: Console) -> str:
    return console.get(ALERTS).body.decode()


class TestFiring:
    def test_too_many_matches_are_told_once_until_the_pause_is_over(
        self, api: InProcess, console: Console
    ) -> None:
        """Quiet, fired, still fired without another mail, then another after the pause."""
        create(console)
        fail(api, 2)
        pass_time(api)
        assert mails(console) == []
        assert "quiet" in shown(console)
        fail(api, 1)
        pass_time(api, 1)
        assert mails(console) == ["Alert: Failed creates"]
        assert "fired" in shown(console)
        pass_time(api, 1)
        assert len(mails(console)) == 1
        for _ in range(30):
            fail(api, 1)
            pass_time(api, 1)
        assert len(mails(console)) == 2

    def test_it_is_quiet_again_when_the_matches_are_old(
        self, api: InProcess, console: Console
    ) -> None:
        """Only the last minutes count."""
        create(console)
        fail(api, 3)
        pass_time(api, 1)
        assert "fired" in shown(console)
        pass_time(api, 6)
        assert "quiet" in shown(console)
        assert len(mails(console)) == 1

    def test_other_accounts_and_other_calls_do_not_count(
        self, api: InProcess, console: Console
    ) -> None:
        """What the list of the link shows is what was counted."""
        create(console, q="operation:Lead.Create")
        fail(api, 9)
        pass_time(api, 1)
        assert "quiet" in shown(console)

    def test_a_mail_has_counts_and_a_link_and_nothing_of_a_call(
        self, api: InProcess, console: Console
    ) -> None:
        """The link opens exactly the counted calls."""
        create(console)
        pass_time(api)  # a new alert is looked at once: not between two of the calls
        fail(api, 4)
        pass_time(api, 1)
        page = console.get("/console/outbox").body.decode()
        target = re.search(r'href="(/console/outbox/[0-9a-f-]+)"', page)[1]
        mail = console.get(target).body.decode()
        assert "4 calls in 5 minutes match" in mail
        assert "secret" not in mail
        link = re.search(r"(/console/api-logs\?q=status\S+?to=[0-9+:-]+)", mail)[1]
        listed = console.get(link.replace("&amp;", "&").replace("logs?", "logs.json?")).json
        assert len(listed["calls"]) == 4


class TestWebhooks:
    def test_a_webhook_gets_a_delivery_of_its_own(
        self, api: InProcess, console: Console, receiver: Receiver
    ) -> None:
        """Signed and listed like any; its body has counts and a link."""
        webhook_id = hook(api, receiver, "3")
        create(console, to=webhook_id, email="")
        fail(api, 3)
        pass_time(api, 1)
        message = receiver.next().json
        assert (message["Event"], message["Name"]) == ("Alert", "Failed creates")
        assert (message["Calls"], message["MoreThan"], message["IsTest"]) == (3, 2, False)
        assert "/console/api-logs?q=status%3Aerror&from=" in message["Url"]
        pass_time(api)
        assert "Delivered" in console.get("/console/webhooks").body.decode()
        assert mails(console) == []

    def test_a_webhook_that_is_gone_or_disabled_is_said(
        self, api: InProcess, console: Console, receiver: Receiver
    ) -> None:
        """Beside the alert, which goes on counting."""
        webhook_id = hook(api, receiver, "3")
        create(console, to=webhook_id)
        console.post(f"/console/webhooks/{webhook_id}/disable")
        fail(api, 3)
        pass_time(api, 1)
        assert "Its webhook is disabled." in shown(console)
        console.post(f"/console/webhooks/{webhook_id}/delete")
        pass_time(api, 31)
        fail(api, 3)
        pass_time(api, 1)
        assert "Its webhook was deleted." in shown(console)


class TestPage:
    def test_a_test_message_says_that_it_is_one(self, api: InProcess, console: Console) -> None:
        """It leaves the state as it is."""
        create(console)
        pass_time(api)
        target = re.search(rf'action="({ALERTS}/[0-9a-f-]+/test)"', shown(console))[1]
        answer = console.post(target)
        assert (answer.status, answer.headers["location"]) == (303, f"{ALERTS}?done=tested")
        assert mails(console) == ["Test of the alert: Failed creates"]
        assert "quiet" in shown(console)

    @pytest.mark.parametrize(
        ("field", "value", "says"),
        [
            ("name", "", "Write a name"),
            ("name", "x" * 101, "Write a name"),
            ("q", "status:nope", "is not a value of status"),
            ("q", "(a", "bracket"),
            ("calls_max", "-1", "Write a whole number"),
            ("minutes", "0", "Write a whole number from 1 to 1,440"),
            ("minutes", "9" * 40, "Write a whole number"),
            ("pause_minutes", "x", "Write a whole number"),
            ("to", "nobody", "Choose mail or one of these"),
            ("email", "a@b.c, d@e.f", "Write one e-mail address"),
        ],
    )
    def test_a_mistake_is_said_beside_its_field_and_nothing_is_lost(
        self, console: Console, field: str, value: str, says: str
    ) -> None:
        """The other fields keep what was typed."""
        answer = console.post(ALERTS, FORM | {"name": "Kept name", field: value})
        assert answer.status == 422
        page = answer.body.decode()
        assert says in page
        assert field == "name" or 'value="Kept name"' in page
        assert "None yet." in page

    def test_an_account_has_so_many_alerts_at_most(self, make_api: object) -> None:
        """The setting says how many."""
        console = Console(make_api(alerts_max=1))
        create(console)
        assert "has 1 alerts already" in console.post(ALERTS, FORM).body.decode()

    def test_an_alert_is_deleted_and_unknown_ones_are_not_found(
        self, api: InProcess, console: Console
    ) -> None:
        """It is counted no more."""
        create(console)
        target = re.search(rf'action="({ALERTS}/[0-9a-f-]+)/delete"', shown(console))[1]
        assert console.post(f"{target}/delete").status == 303
        for action in ("delete", "test"):
            assert console.post(f"{target}/{action}").status == 404
        fail(api, 5)
        pass_time(api, 1)
        assert mails(console) == []

    def test_the_form_takes_the_filters_of_a_list(self, console: Console) -> None:
        """As links from lists and saved views carry them."""
        page = console.get(f"{ALERTS}?name=Ravi&q=ravi&api_type=Lead&status=5xx").body.decode()
        for value in ("Ravi", "ravi", "Lead", "5xx"):
            assert f'value="{value}"' in page
