"""A receiver, and a server that may deliver to it."""

from collections.abc import Callable, Iterator

import pytest
from support import InProcess
from webhooks.receiver import Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    yield server
    server.close()


@pytest.fixture
def api(make_api: Callable[..., InProcess]) -> InProcess:
    """A server whose webhooks may go to this machine, and whose activities are not gathered."""
    return make_api(webhook_private_addresses=True, webhook_group_seconds=0)
