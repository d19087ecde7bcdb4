"""Where webhooks may go: nowhere inside, by no name, number, redirect or change of mind."""

import asyncio
import socket
from collections.abc import Callable

import pytest
from support import InProcess, assert_fault
from webhooks.receiver import Receiver
from webhooks.steps import WEBHOOKS, settle

from leadwire.background.addresses import (
    AddressRefused,
    AddressUnknown,
    check_url,
    is_public,
    resolve,
)
from leadwire.background.receivers import Sender
from leadwire.clock import SystemClock
from leadwire.settings import Settings


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.9.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1"),  # noqa: S104
        *("169.254.169.254", "100.64.0.1", "192.0.2.7", "198.18.0.1", "224.0.0.1"),
        *("255.255.255.255", "240.0.0.1", "192.88.99.1"),
        *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1"),
        *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1"),
        *("64:ff9b:1::1", "2002:7f00:1::", "2001:0:7f00:1::", "2001:db8::1", "5f00::1"),
    ],
)
def test_an_address_inside_is_not_public(address: str) -> None:
    """Loopback, private, link-local, metadata, shared, reserved, multicast, and disguises."""
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "::ffff:8.8.8.8", "2606:4700::1111"])
def test_an_address_of_the_internet_is_public(address: str) -> None:
    """Those may be delivered to."""
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        *("ftp://example.com/", "file:///etc/passwd", "gopher://example.com", "example.com", ""),
        *("http://", "http:///path", "http://user:pw@example.com/", "http://example.com:99999/"),
        *("http://example.com/a b", "http://example.com/\\x", "http://[::1", "http://a\n.com/"),
        *("http://example.com:0/", "javascript:alert(1)"),
    ],
)
def test_what_is_no_plain_url_is_refused(url: str) -> None:
    """Another scheme, no host, a user name, blanks."""
    with pytest.raises(AddressRefused):
        check_url(url)


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "[::1]", "2130706433", "0x7f000001", "127.1", "0"]
)
def test_no_spelling_of_this_machine_passes(host: str) -> None:
    """What decides is the address that a name or number stands for."""
    url = f"http://{host}/"
    with pytest.raises((AddressRefused, AddressUnknown)):
        asyncio.run(resolve(url, private_addresses=False))


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> None:
    """Let the system's resolver give *answers* in turn, whatever it is asked for."""
    left = list(answers)

    def getaddrinfo(_host: str, port: int, *_rest: object, **_more: object) -> list[object]:
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in (left.pop(0) if len(left) > 1 else left[0])
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def test_one_address_inside_among_several_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which of them would be used is nobody's decision."""
    resolving(monkeypatch, ["8.8.8.8", "10.0.0.1"])
    with pytest.raises(AddressRefused, match="not on the public internet"):
        asyncio.run(resolve("https://hooks.example.com/", private_addresses=False))


def test_the_address_that_was_checked_is_the_one_connected_to(
    monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    """A name that resolves otherwise a moment later gains nothing; the receiver sees its name."""
    port = receiver.url.rsplit(":", 1)[1].partition("/")[0]
    resolving(monkeypatch, ["127.0.0.1"], ["192.0.2.1"])

    async def probe() -> None:
        sender = Sender(Settings(webhook_private_addresses=True), clock=SystemClock())
        try:
            probed = await sender.probe(f"http://hooks.example.com:{port}/a//b.example/%41?b=ü", [])
        finally:
            await sender.close()
        assert (probed.refused, probed.notice) == ("", "")

    asyncio.run(probe())
    asked = receiver.probed.get_nowait()
    assert asked.headers["host"] == f"hooks.example.com:{port}"
    assert asked.target == "/a//b.example/%41?b=%C3%BC"


def test_a_webhook_to_this_machine_is_not_made(
    make_api: Callable[..., InProcess], receiver: Receiver
) -> None:
    """The fault names the URL, its help the setting; nothing was asked and nothing kept."""
    api = make_api()
    body = {"URL": receiver.url, "WebhookEvent": "3"}
    answer = api.post(WEBHOOKS + "Create", body)
    assert_fault(answer, 500, "MXInvalidInputException", "URL value is not correct.")
    problem = api.call(
        "POST", WEBHOOKS + "Create", body, headers={"Accept": "application/problem+json"}
    ).json
    assert "webhook_private_addresses" in problem["errors"][0]["fix"]
    assert receiver.probed.empty()
    assert api.post(WEBHOOKS + "Retrieve", {}).json == {"RecordCount": 0}


def test_a_name_that_moves_inside_is_not_delivered_to(
    make_api: Callable[..., InProcess], receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is checked for every attempt, not only when the webhook was made."""
    api = make_api()
    port = receiver.url.rsplit(":", 1)[1].partition("/")[0]
    # A public address of documentation nobody answers at: making it only gives a notice.
    resolving(monkeypatch, [])
    url = f"http://hooks.example.com:{port}/hook"
    answer = api.post(WEBHOOKS + "Create", {"URL": url, "WebhookEvent": "3"})
    assert answer.status == 200, answer.body
    assert answer.headers["x-leadwire-notice"]
    resolving(monkeypatch, ["127.0.0.1"])
    api.create(FirstName="Asha")
    settle(api)
    assert receiver.nothing()
    assert api.app.workers is not None
    assert api.app.workers.deliveries.results == {"failed": 1}


def test_a_redirect_inside_is_not_followed(api: InProcess, receiver: Receiver) -> None:
    """Neither when a receiver is asked."""
    receiver.head_status = 302
    body = {"URL": receiver.url, "WebhookEvent": "3"}
    assert api.post(WEBHOOKS + "Create", body).status == 200
    assert [receiver.probed.get(timeout=30).method for _ in range(2)] == ["HEAD", "POST"]
    assert receiver.probed.empty()
