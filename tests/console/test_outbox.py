"""The Outbox pages: every mail of the account with what became of it, and nothing that runs."""

import pytest
from console.world import ASHA, BEN, World, mail
from starlette.testclient import TestClient

from leadwire.console.bodies.shown import RAW_CHARS_MAX
from leadwire.console.outbox import MAILS_SHOWN_MAX
from leadwire.crm.mails.outbox import MailDetails

EVIL = '"><script>alert(1)</script><img src=x onerror="alert(2)">'


def test_settings_lead_to_the_outbox(asha: TestClient) -> None:
    """Which says what puts a mail there when there is none."""
    assert 'href="/console/outbox"' in asha.get("/console/settings/profile").text
    page = asha.get("/console/outbox")
    assert page.status_code == 200
    assert "No mails yet" in page.text


@pytest.mark.parametrize(
    ("state", "word"),
    [
        ("sent", "Sent"),
        ("failed", "Failed"),
        ("waiting", "Waiting"),
        ("recorded", "Recorded only"),
    ],
)
def test_a_mail_is_listed_with_its_state(
    world: World, asha: TestClient, state: str, word: str
) -> None:
    """And found by it, and by no other."""
    world.outbox.mails = [mail(state, subject="Found me")]
    page = asha.get(f"/console/outbox?state={state}").text
    assert "Found me" in page
    assert word in page
    other = "sent" if state != "sent" else "failed"
    assert "Found me" not in asha.get(f"/console/outbox?state={other}").text
    assert "Found me" in asha.get("/console/outbox?state=nonsense").text


def test_a_mail_is_shown_whole(world: World, asha: TestClient) -> None:
    """Who, what, when, why it failed, and the call that asked for it."""
    one = mail("failed", copies=("boss@acme.test",))
    world.outbox.mails = [one]
    page = asha.get(f"/console/outbox/{one.mail_id}").text
    for text in (
        *("mira@example.com", "boss@acme.test", "asha@acme.test", "Dear Mira", "554 no"),
        "&lt;p&gt;Dear &lt;b&gt;Mira&lt;/b&gt;&lt;/p&gt;",
        f'href="/console/api-logs/{one.call_id}"',
    ):
        assert text in page


def test_the_content_of_a_mail_is_never_markup(world: World, asha: TestClient) -> None:
    """Whatever a caller sends is shown as text: nothing of it runs or loads."""
    one = mail(subject=EVIL, html=EVIL, text=EVIL, recipients=(EVIL,), problem=EVIL)
    world.outbox.mails = [one]
    for address in ("/console/outbox", f"/console/outbox/{one.mail_id}"):
        answer = asha.get(address)
        assert "<script>alert" not in answer.text
        assert "<img" not in answer.text
        assert "<iframe" not in answer.text
        assert "script-src 'self'" in answer.headers["content-security-policy"]


def test_an_account_sees_only_its_own_mails(world: World) -> None:
    """Another account's are neither listed nor told from those that there are not."""
    one = mail()
    world.outbox.mails = [one]
    ben = world.client(BEN)
    assert one.subject not in ben.get("/console/outbox").text
    assert ben.get(f"/console/outbox/{one.mail_id}").status_code == 404
    assert ben.get("/console/outbox/none").status_code == 404


def test_the_outbox_asks_for_a_sign_in(world: World) -> None:
    """And leads back."""
    answer = world.client().get("/console/outbox?state=sent")
    assert answer.status_code == 303
    assert "outbox" in answer.headers["location"]


def test_older_mails_are_on_the_next_page(world: World, asha: TestClient) -> None:
    """And what is not shown is said to be there."""
    world.outbox.mails = [mail(subject=f"Mail {n}.") for n in range(MAILS_SHOWN_MAX + 1)]
    page = asha.get("/console/outbox").text
    assert "there are older ones" in page
    last = f"Mail {MAILS_SHOWN_MAX}."
    assert last not in page
    assert last in asha.get(f"/console/outbox?older={MAILS_SHOWN_MAX}").text
    assert world.outbox.page(ASHA.account_id, state=None, cursor="x", mails_max=1).cursor == "1"


def test_a_cut_content_says_so(world: World, asha: TestClient) -> None:
    """A content of megabytes does not make a page of megabytes."""
    one = mail(html="x" * 200_000)
    world.outbox.mails = [one]
    page = asha.get(f"/console/outbox/{one.mail_id}").text
    assert f"{RAW_CHARS_MAX:,} of 200,000 characters" in page
    assert len(page) < 2 * RAW_CHARS_MAX


def test_a_template_mail_says_that_its_content_is_unknown(world: World, asha: TestClient) -> None:
    """The page says that its content is not kept; it does not show an empty mail."""
    one = mail("recorded", html="", text="", subject="", details=MailDetails(template="Welcome"))
    world.outbox.mails = [one]
    page = asha.get(f"/console/outbox/{one.mail_id}").text
    assert "Welcome" in page
    assert "leadwire does not know it" in page
