"""The event loop that an asynchronous client serves."""

from anyio.lowlevel import current_token

from leadwire.sdk.errors import Misuse


class OneLoop:
    """The loop of a client's connections: the one in which it is first used."""

    def __init__(self) -> None:
        self._token: object = None

    def check(self) -> None:
        """Raises Misuse in another loop: connections cannot leave the one that they wait in."""
        token: object = current_token()
        self._token = token if self._token is None else self._token
        if self._token != token:
            raise Misuse(
                "An AsyncClient serves the event loop in which it was first used: make one within "
                "each asyncio.run(), or use Client."
            )
