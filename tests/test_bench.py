"""The benchmark's own servers start, so that a change of the server does not break them unseen."""

from pathlib import Path

import pytest
from engines import place, settings
from proxy.rig import Wire, rig, run
from support import LEADS, LoopThread, exchange

from bench.proxy.relay import NoRecording
from bench.serve.variants import PARTS
from leadwire.clock import SystemClock
from leadwire.server.app import App, set_up_data_folder


@pytest.mark.parametrize("name", PARTS)
def test_a_server_with_the_parts_of_a_variant_answers(
    tmp_path: Path, loop_thread: LoopThread, name: str
) -> None:
    """A benchmark whose stand-ins no longer fit the server would measure nothing."""
    keys = set_up_data_folder(place(tmp_path), account_name="bench", email="bench@example.com")
    app = App(settings(tmp_path), parts=PARTS[name])
    loop_thread.run(app.open())
    try:
        pair = [("x-LSQ-AccessKey", keys.access_key), ("x-LSQ-SecretKey", keys.secret_key)]
        target = f"{LEADS}LeadsMetaData.Get"
        answer = loop_thread.run(exchange(app, "GET", target, pair, b""))
    finally:
        loop_thread.run(app.close())
    assert answer.status == 200, answer.body


def test_the_relay_of_the_benchmark_passes_calls_on() -> None:
    """Its recording that keeps nothing fits the relay."""

    async def serve(wire: Wire) -> None:
        await wire.head()
        await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    async def one_call() -> None:
        async with rig(serve) as made:
            made.relay.recording = NoRecording(SystemClock())
            wire = await made.caller()
            await wire.send(b"GET / HTTP/1.1\r\nHost: proxy\r\n\r\n")
            assert (await wire.answer())[1] == b"ok"

    run(one_call)
