"""Mails of the outbox: sent when they are due, again when it failed, and never a secret shown."""

import socket
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

import pytest
from engines import place
from mail_server import MailServer
from support import InProcess, LoopThread, StandingClock

from leadwire.access.accounts import FirstAccount
from leadwire.background.mails import ATTEMPTS_MAX, RETRY_AFTER_MS, MailQueue
from leadwire.background.worker import Worker, WorkerRules
from leadwire.clock import SystemIds
from leadwire.crm.leads.attributes import LeadWrite
from leadwire.crm.leads.writes import create_lead, get_lead
from leadwire.crm.mails.mails import Content, Sending, send_to_lead, with_text
from leadwire.crm.mails.outbox import OutboxMail, OutboxReader, claim_due, prune_mails
from leadwire.crm.store import CrmStore
from leadwire.crm.unit import NOBODY, Actor, Person, Unit
from leadwire.dates import DAY_MS
from leadwire.errors import SenderInvalid, SetupError
from leadwire.settings import Settings
from leadwire.settings_sources import load_settings

MAILS = "/v2/EmailMarketing.svc/"
ADMIN = Person("Åsa Rao", "asa@acme.test")
ACTOR = Actor("account", "user", {"user": ADMIN})
MINUTE_MS = 60_000


class Outbox:
    """A store with mails in it, and the worker that sends them."""

    def __init__(self, loop: LoopThread, folder: Path) -> None:
        self._loop = loop
        self.clock = StandingClock()
        self.store = loop.run(self._open(folder))
        self.reader = OutboxReader(place(folder).crm)

    async def _open(self, folder: Path) -> CrmStore:
        return CrmStore(place(folder).crm, clock=self.clock, ids=SystemIds())

    def put(
        self,
        *,
        due_on: int | None = None,
        email: str = "ravi@example.com",
        people: Mapping[str, Person] = ACTOR.people,
        is_delivered: bool = True,
    ) -> None:
        """A mail to a new lead, from its owner."""
        sending = Sending(
            call_id="call",
            sender=None,
            people=people,
            content=with_text(
                Content("Hello\n@{Lead:FirstName,you}", "<p>Hi @{Lead:FirstName,you}</p>", "")
            ),
            copies=["boss@acme.test"],
            due_on=due_on,
            is_delivered=is_delivered,
        )

        def work(unit: Unit) -> None:
            lead_id = create_lead(unit, LeadWrite({"FirstName": "R & B", "EmailAddress": email}))
            lead = get_lead(unit, lead_id)
            assert lead is not None
            send_to_lead(unit, sending, lead, lambda lead: lead.values)

        self._loop.run(self.store.write(ACTOR, work))

    def deliver(self, *, retention_days: int = 30, **settings: object) -> int:
        """Let a worker send what is due. Returns how many attempts it made."""
        attempts = self._attempts()

        async def work() -> None:
            queue = MailQueue(self.store, Settings(**settings), clock=self.clock)
            rules = WorkerRules(1, retention_days, close_seconds=5)
            worker = Worker(queue, clock=self.clock, rules=rules)
            await worker.settled()
            await worker.close()

        self._loop.run(work())
        return self._attempts() - attempts

    def _attempts(self) -> int:
        return sum(mail.attempts for mail in self.mails)

    def claim(self, lease_ms: int) -> None:
        self._loop.run(self.store.write(NOBODY, lambda unit: claim_due(unit, lease_ms=lease_ms)))

    def prune(self, before_ms: int) -> int:
        work = partial(prune_mails, before_ms=before_ms)
        return self._loop.run(self.store.write(NOBODY, work))

    @property
    def mails(self) -> tuple[OutboxMail, ...]:
        return self.reader.page("account", state=None, cursor="", mails_max=10).mails

    @property
    def mail(self) -> OutboxMail:
        (mail,) = self.mails
        return mail

    def close(self) -> None:
        self.reader.close()
        self.store.close()


@pytest.fixture
def outbox(loop_thread: LoopThread, data_folder: Path) -> Iterator[Outbox]:
    outbox = Outbox(loop_thread, data_folder)
    yield outbox
    outbox.close()


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


def test_a_call_sends_a_mail(
    make_api: Callable[..., InProcess], keys: FirstAccount, server: MailServer
) -> None:
    """From the call to the server of mails, by the worker that the application starts."""
    api = make_api(**server.settings)
    api.create(FirstName="Asha", EmailAddress="asha@example.com")
    answer = api.post(
        MAILS + "SendEmailToLead",
        {
            "SenderType": "APICaller",
            "RecipientType": "LeadEmailAddress",
            "Recipient": "ASHA@example.com",
            "EmailType": "Html",
            "Subject": "Welcome",
            "ContentHTML": "<p>Dear @{Lead:FirstName,you}</p>",
        },
    )
    assert answer.status == 200, answer.body
    received = server.next()
    api.close()
    assert received.recipients == ["asha@example.com"]
    assert received.sender == received.message["From"].addresses[0].addr_spec == "admin@acme.test"
    reader = OutboxReader(place(api.folder).crm)
    (mail,) = reader.page(keys.account_id, state="sent", cursor="", mails_max=10).mails
    reader.close()
    assert (mail.call_id, mail.attempts, mail.problem) == (answer.call_id, 1, "")


def test_without_a_server_a_mail_is_recorded_and_never_sent(
    api: InProcess, keys: FirstAccount
) -> None:
    """Also one that is to go out later."""
    lead_id = api.create(FirstName="Asha", EmailAddress="asha@example.com")
    body = {
        "SenderType": "APICaller",
        "RecipientType": "LeadId",
        "Recipient": lead_id,
        "Subject": "Later",
        "ContentText": "Dear @{Lead:LastName,you}",
        "Schedule": "2027-01-01 00:00:00",
    }
    assert api.post(MAILS + "ScheduleEmailToLead", body).status == 200
    reader = OutboxReader(place(api.folder).crm)
    (mail,) = reader.page(keys.account_id, state=None, cursor="", mails_max=10).mails
    reader.close()
    assert (mail.state, mail.next_attempt_on, mail.text) == ("recorded", None, "Dear you")


def test_a_message_says_what_was_asked_for(outbox: Outbox, server: MailServer) -> None:
    """Tokens are merged, values are no markup, a header is one line, and both forms are there."""
    outbox.put()
    assert outbox.deliver(**server.settings, mail_from="news@acme.test") == 1
    sender, recipients, message = server.next()
    assert (sender, recipients) == ("news@acme.test", ["ravi@example.com", "boss@acme.test"])
    assert str(message["From"]) == "Åsa Rao <news@acme.test>"
    assert message["Reply-To"].addresses[0].addr_spec == "asa@acme.test"
    assert message["Subject"] == "Hello R & B"
    html, text = message.get_body(("html",)), message.get_body(("plain",))
    assert html is not None
    assert text is not None
    assert html.get_content().strip() == "<p>Hi R &amp; B</p>"
    assert text.get_content().strip() == "Hi R & B"


def test_a_scheduled_mail_goes_out_at_its_time(outbox: Outbox, server: MailServer) -> None:
    """Not a millisecond before."""
    outbox.put(due_on=outbox.clock.at_ms + MINUTE_MS)
    outbox.clock.advance(MINUTE_MS - 1)
    assert outbox.deliver(**server.settings) == 0
    assert outbox.mail.state == "waiting"
    outbox.clock.advance(1)
    assert outbox.deliver(**server.settings) == 1
    assert outbox.mail.state == "sent"
    assert outbox.deliver(**server.settings) == 0


def test_a_passing_refusal_is_tried_again(outbox: Outbox, server: MailServer) -> None:
    """After a while, as the same message; what went wrong is kept until then."""
    outbox.put()
    server.refusals.append("451 come back later")
    assert outbox.deliver(**server.settings) == 1
    assert (outbox.mail.state, outbox.mail.attempts) == ("waiting", 1)
    assert "451 come back later" in outbox.mail.problem
    outbox.clock.advance(RETRY_AFTER_MS[0])
    outbox.deliver(**server.settings)
    assert server.next().message["Message-ID"] == f"<{outbox.mail.mail_id}@acme.test>"
    assert (outbox.mail.state, outbox.mail.attempts, outbox.mail.problem) == ("sent", 2, "")


@pytest.mark.parametrize("where", ["message", "recipients"])
def test_a_lasting_refusal_is_final(outbox: Outbox, server: MailServer, where: str) -> None:
    """Nothing is sent after it, and the outbox says why."""
    outbox.put()
    if where == "message":
        server.refusals.append("554 no such mail")
    else:
        server.refused_recipients |= dict.fromkeys(
            ("ravi@example.com", "boss@acme.test"), "550 nobody here"
        )
    outbox.deliver(**server.settings)
    assert (outbox.mail.state, outbox.mail.next_attempt_on) == ("failed", None)
    assert ("554 no such mail" if where == "message" else "nobody here") in outbox.mail.problem


def test_a_recipient_that_is_refused_is_named(outbox: Outbox, server: MailServer) -> None:
    """The others got the mail, so it is not sent again."""
    outbox.put()
    server.refused_recipients["boss@acme.test"] = "550 nobody here"
    outbox.deliver(**server.settings)
    assert server.next().recipients == ["ravi@example.com"]
    assert outbox.mail.state == "sent"
    assert outbox.mail.problem == "Not accepted for boss@acme.test (550 nobody here)"


def test_a_server_that_is_not_there_is_given_up_on(outbox: Outbox) -> None:
    """After as many attempts as are allowed, with waits that grow."""
    outbox.put()
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # taken, and never listened on
        settings = {"mail_smtp_host": "127.0.0.1", "mail_smtp_port": nobody.getsockname()[1]}
        for wait_ms in (*RETRY_AFTER_MS, 0):
            assert outbox.deliver(**settings) == 1
            outbox.clock.advance(wait_ms)
        assert outbox.deliver(**settings) == 0
    assert (outbox.mail.state, outbox.mail.attempts) == ("failed", ATTEMPTS_MAX)
    assert outbox.mail.problem.startswith("The server could not be used")


def test_a_refused_sign_in_tells_no_password(outbox: Outbox, server: MailServer) -> None:
    """Neither the outbox nor a text of the settings shows it."""
    outbox.put()
    outbox.deliver(**server.settings, mail_smtp_user="asa", mail_smtp_password="hunter2")  # noqa: S106
    assert len(server.sign_ins) >= 1
    assert outbox.mail.problem == "The server refused the sign-in: 535 no such user"
    assert "hunter2" not in repr(Settings(mail_smtp_password="hunter2"))  # noqa: S106


@pytest.mark.parametrize("email", ["a:b@example.com", "a;b@example.com", "ü@example.com"])
def test_an_address_that_is_no_header_fails_at_once(
    outbox: Outbox, server: MailServer, email: str
) -> None:
    """Or one that the server cannot take: nobody else gets the mail, and the outbox says why."""
    outbox.put(email=email)
    outbox.deliver(**server.settings)
    assert outbox.mail.state in ("failed", "waiting")
    assert outbox.mail.problem
    assert server.received.empty()


def test_the_address_that_mails_come_from_is_one() -> None:
    """A server with another does not start."""
    for text in ("nobody", "a@b@c", "Asa <asa@acme.test>", "a@b.test, c@d.test"):
        with pytest.raises(SetupError, match="mail_from"):
            load_settings({"mail_from": text})


def test_an_owner_who_is_gone_sends_nothing(outbox: Outbox) -> None:
    """The sender is then invalid, whatever the lead is."""
    with pytest.raises(SenderInvalid):
        outbox.put(people={})


def test_a_server_without_starttls_gets_nothing(outbox: Outbox, server: MailServer) -> None:
    """Unless the settings say that its connections need not be safe."""
    outbox.put()
    outbox.deliver(**server.settings | {"mail_smtp_tls": "starttls"})
    assert server.received.empty()
    assert outbox.mail.state == "waiting"
    assert "STARTTLS" in outbox.mail.problem


def test_an_attempt_that_nobody_finished_is_made_again(outbox: Outbox, server: MailServer) -> None:
    """A crash between claiming and sending loses no mail."""
    outbox.put()
    outbox.claim(MINUTE_MS)
    assert outbox.deliver(**server.settings) == 0
    outbox.clock.advance(MINUTE_MS)
    assert outbox.deliver(**server.settings) == 1
    assert (outbox.mail.state, outbox.mail.attempts) == ("sent", 2)


def test_pages_of_the_outbox_hold_every_mail_once(outbox: Outbox) -> None:
    """Newest first, also those of one moment."""
    for number in range(7):
        outbox.put(email=f"lead{number}@example.com")
        outbox.clock.advance(number % 2)
    found, cursor = [], ""
    while True:
        page = outbox.reader.page("account", state="waiting", cursor=cursor, mails_max=3)
        found += page.mails
        cursor = page.cursor
        if not cursor:
            break
    assert len({mail.mail_id for mail in found}) == len(found) == 7
    created = [mail.created_on for mail in found]
    assert created == sorted(created, reverse=True)
    assert outbox.reader.page("other", state=None, cursor="", mails_max=3).mails == ()
    assert outbox.reader.mail("other", found[0].mail_id) is None
    assert outbox.reader.mail("account", found[0].mail_id) == found[0]


def test_old_mails_are_dropped_and_none_that_waits(outbox: Outbox, server: MailServer) -> None:
    """Sent, failed and recorded ones, once nothing was to be done for so long; a mail that is to
    go out next year, or is tried again, stays."""
    outbox.put(email="1@example.com")
    outbox.deliver(**server.settings)
    server.refusals.append("550 no")
    outbox.put(email="2@example.com")
    outbox.deliver(**server.settings)
    now_ms = outbox.clock.now_ms()
    outbox.put(email="3@example.com", is_delivered=False)
    outbox.put(email="4@example.com", is_delivered=False, due_on=now_ms + 2 * MINUTE_MS)
    outbox.put(email="5@example.com", due_on=now_ms + 365 * DAY_MS)
    outbox.put(email="6@example.com")
    outbox.claim(MINUTE_MS)
    assert outbox.prune(now_ms) == 0
    outbox.clock.advance(MINUTE_MS)
    assert outbox.prune(now_ms + MINUTE_MS) == 3
    assert outbox.prune(now_ms + MINUTE_MS) == 0
    assert sorted(mail.state for mail in outbox.mails) == ["recorded", "waiting", "waiting"]
    assert outbox.prune(now_ms + 3 * 365 * DAY_MS) == 1
    assert [mail.state for mail in outbox.mails] == ["waiting", "waiting"]


def test_the_worker_deletes_mails_past_retention(outbox: Outbox) -> None:
    """Retention counts days. A younger mail is kept."""
    outbox.put(is_delivered=False, email="old@example.com")
    outbox.clock.advance(2 * DAY_MS + 1)
    outbox.put(is_delivered=False, email="young@example.com")

    outbox.deliver(retention_days=2)
    assert outbox.mail.recipients == ("young@example.com",)
