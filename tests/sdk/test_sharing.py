"""One client among threads, tasks, processes and event loops."""

import asyncio
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest
from sdk.both import ACCESS_KEY, SECRET_KEY, Made
from sdk.hostile import Hanging, HostileServer
from support import LoopThread, ServerProcess

from leadwire import AsyncClient, Client
from leadwire.calls.query import CallQuery
from leadwire.calls.sent import SentCall
from leadwire.sdk import CallLog, JsonLinesSink, errors
from leadwire.stores.files.reader import FileCallReader

ROOT = Path(__file__).parents[2]
KEYS = {"access_key": ACCESS_KEY, "secret_key": SECRET_KEY}
WAIT_SECONDS = 30


def together(jobs: list[Callable[[], None]]) -> None:
    """Run every job in a thread of its own, to their end."""
    threads = [threading.Thread(target=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_threads_and_tasks_share_one_client(
    make: Made, server: ServerProcess, loop_thread: LoopThread
) -> None:
    """Sixteen threads, or a hundred tasks: each gets its own answer, over real connections."""
    client = make.client(
        host=server.base, access_key=server.keys.access_key, secret_key=server.keys.secret_key
    ).target
    names: dict[str, str | None] = {}

    def in_thread(number: int) -> None:
        for turn in range(6):
            name = f"{number}-{turn}"
            names[name] = client.leads.get(client.leads.create(first_name=name).id).first_name

    async def in_task(number: int) -> None:
        written = await client.leads.create(first_name=f"{number}-0")
        names[f"{number}-0"] = (await client.leads.get(written.id)).first_name

    async def in_tasks() -> None:
        await asyncio.gather(*(in_task(number) for number in range(100)))

    if make.kind == "blocking":
        together([lambda number=number: in_thread(number) for number in range(16)])
    else:
        loop_thread.run(in_tasks())
    assert len(names) == (96 if make.kind == "blocking" else 100)
    assert all(name == found for name, found in names.items())


def test_closing_ends_calls_in_progress(make: Made, loop_thread: LoopThread) -> None:
    """With an error of the tree, and no later than the call's timeout; nothing is left open."""
    seen: list[BaseException] = []
    hanging = Hanging(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[")
    with HostileServer(hanging) as server:
        client = make.client(host=server.base, timeout=1, retries=0).target
        arrived = server.arrived

        def call() -> None:
            with pytest.raises(errors.NoAnswer) as caught:
                client.leads.create(first_name="Asha")
            seen.append(caught.value)

        async def call_and_close() -> None:
            task = asyncio.create_task(client.leads.create(first_name="Asha"))
            await asyncio.to_thread(arrived.wait, WAIT_SECONDS)
            await client.aclose()
            with pytest.raises(errors.NoAnswer) as caught:
                await task
            seen.append(caught.value)

        if make.kind == "blocking":
            thread = threading.Thread(target=call)
            thread.start()
            arrived.wait(WAIT_SECONDS)
            client.close()
            thread.join()
        else:
            loop_thread.run(call_and_close())
        hanging.release.set()
    assert [error.maybe_applied for error in seen] == [True]


def test_a_call_after_closing_leaves_no_record(make: Made, tmp_path: Path) -> None:
    """Nothing was sent, and a log says nothing of calls that were not."""
    log = CallLog(JsonLinesSink(tmp_path / "calls.jsonl"))
    client = make.answered_by(lambda _: httpx2.Response(200, json=[]), call_log=log)
    client.leads.get("x")
    client.close()
    with pytest.raises(errors.ClientClosed, match="Make another"):
        client.leads.get("x")
    log.close()
    reader = FileCallReader(tmp_path / "calls.jsonl")
    assert len(reader.search(CallQuery(account_id=None)).calls) == 1


def test_a_second_event_loop_is_refused_with_advice() -> None:
    """A client that was used in one loop and then in another: a sentence, not a closed loop's."""

    async def get(client: AsyncClient) -> object:
        return await client.leads.get("x")

    def answer(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, json=[])

    client = AsyncClient(host="http://x.example", transport=httpx2.MockTransport(answer), **KEYS)
    assert asyncio.run(get(client)) is None
    with pytest.raises(errors.Misuse, match="event loop"):
        asyncio.run(get(client))


def test_an_abandoned_iterator_leaves_nothing_open(make: Made) -> None:
    """After its first row: the client closes, and no further page was asked for."""
    asked: list[bytes] = []

    def respond(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.content)
        return httpx2.Response(200, json=[{"ProspectAutoId": str(n)} for n in range(10)])

    client = make.answered_by(respond).target

    async def first() -> object:
        rows = client.leads.iter_search("mx_City", "Pune", page_size=10)
        async for row in rows:
            await rows.aclose()
            return row
        return None

    if make.kind == "blocking":
        row = next(client.leads.iter_search("mx_City", "Pune", page_size=10))
    else:
        row = make.loop.run(first())
    assert (row["ProspectAutoId"], len(asked)) == ("0", 1)


FORKS = """
import os, sys
from leadwire import CallLog, Client, JsonLinesSink, SqliteSink
folder = sys.argv[1]
log = CallLog(
    JsonLinesSink(f"{folder}/calls.jsonl", file_bytes_max=8_000, files_kept=99),
    SqliteSink(f"{folder}/calls.sqlite"),
)
client = Client(call_log=log)
client.users.me()  # a connection, and open files, to be inherited
children = []
for _ in range(3):
    child = os.fork()
    if not child:
        children = []
        break
    children.append(child)
for turn in range(15):
    name = f"{os.getpid()}-{turn}"
    assert client.leads.get(client.leads.create(first_name=name).id).first_name == name
assert log.lost == 0, log.lost
client.close()
log.close()
codes = [os.waitpid(child, 0)[1] for child in children]
sys.exit(any(codes))
"""


def test_forked_processes_keep_using_a_client(server: ServerProcess, tmp_path: Path) -> None:
    """Each with connections of its own; and their common logs have every call once, rotated or
    not, in whole lines.
    """  # one sentence
    finished = subprocess.run(  # noqa: S603  # our own interpreter
        [sys.executable, "-c", FORKS, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT / "src"),
            "LEADWIRE_API_HOST": server.base,
            "LEADWIRE_ACCESS_KEY": server.keys.access_key,
            "LEADWIRE_SECRET_KEY": server.keys.secret_key,
        },
    )
    assert (finished.returncode, finished.stderr) == (0, "")
    for name in ("calls.jsonl", "calls.sqlite"):
        page = FileCallReader(tmp_path / name).search(CallQuery(account_id=None, limit=500))
        assert page.damaged == ()
        assert Counter(record.operation for record in page.calls) == {
            "UserByAccessKey.Get": 1,
            "Lead.Create": 60,
            "Leads.GetById": 60,
        }
    rotated = list(tmp_path.glob("calls.jsonl.*"))
    assert len(rotated) > 3
    assert all(file.stat().st_size <= 8_000 for file in rotated)


WRITERS = """
import os, sys
from leadwire import JsonLinesSink
from leadwire.calls.sent import SentCall
path, name = sys.argv[1:]
sink = JsonLinesSink(path, file_bytes_max=4_000, files_kept=999)
sys.stdin.readline()  # all begin at once
for turn in range(200):
    body = "x" * (turn * 7 % 900)
    sink.write(SentCall(call_id=f"{name}-{turn}", started_at_ms=turn, duration_ms=0.0, method="GET",
                        path="/", status_code=200, outcome="success", request_body=body))
"""


def test_processes_sharing_a_log_lose_no_line(tmp_path: Path) -> None:
    """Six of them, rotating at every turn, with a reader beside them that sees whole lines."""
    path = tmp_path / "calls.jsonl"
    path.touch()
    writers = [
        subprocess.Popen(  # noqa: S603  # our own interpreter
            [sys.executable, "-c", WRITERS, str(path), str(number)],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        )
        for number in range(6)
    ]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write(b"go\n")
        writer.stdin.flush()
    everything = CallQuery(account_id=None, limit=5_000)
    while any(writer.poll() is None for writer in writers):
        assert FileCallReader(path).search(everything).damaged == ()
    assert [writer.communicate()[1] for writer in writers] == [b""] * 6
    page = FileCallReader(path).search(everything)
    assert page.damaged == ()
    assert sorted(call.call_id for call in page.calls) == sorted(
        f"{number}-{turn}" for number in range(6) for turn in range(200)
    )
    assert all(file.stat().st_size <= 4_000 for file in tmp_path.iterdir())


def test_a_truncated_line_is_one_damaged_line(tmp_path: Path) -> None:
    """Neither the record after it nor an empty line is damaged, too."""
    path = tmp_path / "calls.jsonl"
    record = SentCall(
        call_id="call_1", started_at_ms=1, duration_ms=0.0, method="GET", path="/",
        status_code=200, outcome="success",
    )  # fmt: skip
    sink = JsonLinesSink(path)
    sink.write(record)
    with path.open("ab") as file:
        file.write(b'{"call_id":"call_2","sta')
    assert len(FileCallReader(path).search(CallQuery(account_id=None)).damaged) == 1
    sink.write(record)
    page = FileCallReader(path).search(CallQuery(account_id=None))
    assert page.damaged == ("Line 2 of calls.jsonl is not a complete record.",)
    assert len(page.calls) == 2
    sink.close()


def test_a_partly_written_record_is_removed(tmp_path: Path) -> None:
    """The call log counts it as lost, and the next one is whole."""
    path = tmp_path / "calls.jsonl"
    code = (
        "import resource, signal, sys\n"
        "from leadwire import JsonLinesSink\n"
        "from leadwire.calls.sent import SentCall\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (3_000, 3_000))\n"
        "sink = JsonLinesSink(sys.argv[1])\n"
        "lost = 0\n"
        "for body in ('', 'x' * 5_000, 'y' * 10):\n"
        "    try:\n"
        "        sink.write(SentCall(call_id='c', started_at_ms=1, duration_ms=0.0, method='GET',\n"
        "                            path='/', status_code=200, outcome='success',\n"
        "                            request_body=body))\n"
        "    except OSError:\n"
        "        lost += 1\n"
        "sys.exit(lost)\n"
    )
    finished = subprocess.run(  # noqa: S603  # our own interpreter
        [sys.executable, "-c", code, str(path)],
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )
    assert finished.returncode == 1
    page = FileCallReader(path).search(CallQuery(account_id=None))
    assert (len(page.calls), page.damaged) == (2, ())


def test_a_moved_log_file_is_replaced_by_a_new_one(tmp_path: Path) -> None:
    """By a rotation of the system's: no record goes into a file that nobody finds."""
    path = tmp_path / "calls.jsonl"
    log = CallLog(JsonLinesSink(path))
    answer = httpx2.MockTransport(lambda _: httpx2.Response(200, json=[]))
    with Client(host="http://x.example", transport=answer, call_log=log, **KEYS) as client:
        client.leads.get("x")
        path.replace(tmp_path / "old.jsonl")
        client.leads.get("y")
    log.close()
    assert b"id=x" in (tmp_path / "old.jsonl").read_bytes()
    assert b"id=y" in path.read_bytes()
    assert log.lost == 0
