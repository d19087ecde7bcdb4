"""The relay alone: ``python -m bench.proxy.relay UPSTREAM_PORT``."""

import asyncio
import gc
import json
import signal
import sys
from collections.abc import Callable
from ipaddress import ip_network

import uvloop

from leadwire.clock import SystemClock, SystemIds
from leadwire.proxy.head import AnswerHead, RequestHead
from leadwire.proxy.limits import Limits
from leadwire.proxy.relay import Relay
from leadwire.proxy.routes import Routes, tls_to_upstreams
from leadwire.proxy.watching import Ending


class Unwatched:
    """Keeps nothing of a call but its id."""

    caller = ""

    def __init__(self, call_id: str) -> None:
        self.call_id = call_id

    def request_head(self, head: RequestHead, upstream: str) -> None: ...

    def request_body(self, payload: bytes) -> None: ...

    def sending(self) -> None: ...

    def interim(self, head: AnswerHead) -> None: ...

    def answer_head(self, head: AnswerHead) -> None: ...

    def answer_body(self, payload: bytes) -> None: ...

    def close(self, ending: Ending, closed: Callable[[], None]) -> None:
        del ending
        closed()


class NoRecording:
    def __init__(self, clock: SystemClock) -> None:
        self._clock = clock
        self._ids = SystemIds()

    def begin(self, peer: str) -> Unwatched:
        del peer
        return Unwatched(self._ids.call_id(self._clock.now_ms()))


async def serve(upstream_port: int) -> None:
    clock = SystemClock()
    relay = Relay(
        Routes([f"http://127.0.0.1:{upstream_port}"]),
        NoRecording(clock),
        limits=Limits(),
        clock=clock,
        tls=tls_to_upstreams(),
        callers=[ip_network("127.0.0.0/8")],
    )
    port = await relay.listen("127.0.0.1", 0)
    print(json.dumps({"port": port}), flush=True)
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    await stopped.wait()
    await relay.drain(1)


if __name__ == "__main__":
    gc.freeze()  # as the command does
    uvloop.run(serve(int(sys.argv[1])))
