"""The tests of a pretend integration, as its authors would write them."""

import asyncio
from contextlib import nullcontext

import pytest

from leadwire import (
    AnswerUnreadable,
    Client,
    ConnectionLost,
    Duplicate,
    RateLimited,
    ServerFault,
    TimedOut,
)
from leadwire.testing import Account, AsyncAccount, Server


def sign_up(client: Client, email: str) -> str:
    """The code under test."""
    return client.leads.create(first_name="Asha", email_address=email).id


@pytest.mark.parametrize(
    ("kind", "members", "error"),
    [
        ("status", {"status": 503}, ServerFault),
        ("exception", {"exception_type": "MXDuplicateEntryException"}, Duplicate),
        ("rate_limit", {}, RateLimited),
        ("html", {}, ServerFault),
        ("empty", {}, AnswerUnreadable),
        ("delay", {"delay_ms": 50}, None),
        ("hang", {}, TimedOut),
        ("reset", {"when": "after_write"}, ConnectionLost),
        ("close", {}, ConnectionLost),
        ("truncate", {"bytes": 9}, ConnectionLost),
        ("slow_body", {"chunk_ms": 5}, None),
    ],
)
def test_each_fault_is_told_apart(
    leadwire: Account, kind: str, members: dict[str, object], error: type[Exception] | None
) -> None:
    """The program gets an exception of its own for each, and calls once."""
    leadwire.fault("Lead.Create", kind, **members)
    seconds = 1 if error is TimedOut else 30
    raised = pytest.raises(error) if error else nullcontext()
    with leadwire.client(retries=0, timeout=seconds) as client, raised:
        sign_up(client, "asha@example.com")
    [call] = leadwire.expect("operation:Lead.Create", count=1, quiet=0.05)
    assert f" {kind} " in call.fault
    assert call.request["EmailAddress"] == "asha@example.com"


def test_a_page_of_a_proxy_is_tried_again(leadwire: Account) -> None:
    """Twice, and then it is a lead."""
    leadwire.fault("Lead.Create", "html", times=2)
    with leadwire.client(retries=3) as client:
        sign_up(client, "asha@example.com")
    leadwire.expect("operation:Lead.Create", count=3)


@pytest.mark.parametrize("number", range(2))
def test_accounts_do_not_meet(leadwire: Account, leadwire_client: Client, number: int) -> None:
    """The same address in tests that run at the same time."""
    del number
    sign_up(leadwire_client, "asha@example.com")
    with pytest.raises(Duplicate):
        sign_up(leadwire_client, "asha@example.com")
    assert len(leadwire.calls("outcome:success operation:Lead.Create")) == 1


@pytest.mark.leadwire(frozen="2030-01-01 09:00:00")
def test_a_delivery_that_fails_comes_again(leadwire: Account, leadwire_server: Server) -> None:
    """Half a minute later, as the receiver's answers ask for."""
    receiver = leadwire.receiver(respond=[500, 200])
    with leadwire.client() as client:
        client.webhooks.create(event="Lead_Post_Create", url=receiver.url)
        sign_up(client, "asha@example.com")
    moved = leadwire_server.clock.advance(hours=2)
    assert (moved.now, moved.complete) == ("2030-01-01 11:00:00.000", True)
    first, second = receiver.wait(2)
    assert (first.attempt, second.attempt) == (1, 2)
    assert first.body == second.body


def test_an_asynchronous_program_is_tested_alike(leadwire_async: AsyncAccount) -> None:
    """The same names, awaited."""

    async def use() -> None:
        await leadwire_async.fault("Lead.Create", "status", status=503)
        async with leadwire_async.client(retries=2) as client:
            await client.leads.create(first_name="Asha")
        assert len(await leadwire_async.expect("operation:Lead.Create", count=2)) == 2

    asyncio.run(use())
