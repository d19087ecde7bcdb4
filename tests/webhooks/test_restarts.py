"""Deliveries survive whatever happens to the server."""

from collections.abc import Callable
from pathlib import Path

import pytest
from support import ServerProcess
from webhooks.receiver import Received, Receiver, Reply
from webhooks.steps import hook

from leadwire.access.accounts import FirstAccount

LEADS = 12


@pytest.mark.parametrize("end", [ServerProcess.kill, ServerProcess.stop])
def test_every_lead_is_told_of_though_the_server_dies_again_and_again(
    data_folder: Path, keys: FirstAccount, receiver: Receiver, end: Callable[[ServerProcess], int]
) -> None:
    """At least once, in order, under one id each: kill -9 or a stop in the middle of deliveries.

    The receiver refuses some, so that the server also dies between an attempt and the next.
    """
    seen: set[str] = set()

    def reply(received: Received) -> Reply:
        # Every third is refused the first time that it comes.
        new = received.delivery_id not in seen
        seen.add(received.delivery_id)
        return Reply(500 if new and len(seen) % 3 == 0 else 200)

    receiver.reply = reply
    flags = ("--webhook-private-addresses", "true", "--webhook-backoff-seconds", "0")
    server = ServerProcess(data_folder, keys, *flags).start()
    heard: list[Received] = []
    try:
        hook(server.api(), receiver, "3")
        for number in range(LEADS):
            server.api().create(FirstName=str(number))
            if number % 4 == 3:
                end(server)
                server.start()
        while not heard or heard[-1].json["FirstName"] != str(LEADS - 1):
            heard.append(receiver.next())
    finally:
        server.stop()
    names = [received.json["FirstName"] for received in heard]
    assert list(dict.fromkeys(names)) == [str(number) for number in range(LEADS)]
    assert names == sorted(names, key=int)
    ids = {received.delivery_id for received in heard}
    bodies = {(received.delivery_id, received.body) for received in heard}
    assert len(ids) == len(bodies) == LEADS
