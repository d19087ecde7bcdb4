"""What the tests share: a server in the process, a real server process, and a client for both."""

import asyncio
import http.client
import os
import signal
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from select import POLLIN, poll
from typing import Any, NamedTuple, Self, TypeVar
from urllib.parse import quote, unquote, urlencode, urlsplit

import msgspec
from click.testing import CliRunner, Result
from engines import environment as database_environment
from engines import place
from sqlalchemy import select

from leadwire.access.accounts import FirstAccount
from leadwire.access.audit import COMMAND_LINE
from leadwire.access.key_pairs import replace_async_key
from leadwire.access.tables import METADATA as ACCESS
from leadwire.calls.record import CallRecord
from leadwire.calls.store import CallStore
from leadwire.cli import main
from leadwire.clock import IdSource, SystemClock, SystemIds
from leadwire.crm.tables import METADATA as CRM
from leadwire.data_folder.making import access_store
from leadwire.dates import parse_date_time
from leadwire.errors import LeadwireError, RecordingError
from leadwire.folder_identity import CALLS_FOLDER
from leadwire.server.app import App
from leadwire.server.parts import AS_SERVED, Parts
from leadwire.settings import Settings
from leadwire.stores.sqlite import SqliteCallReader

T = TypeVar("T")

LEADWIRE = (sys.executable, "-c", "from leadwire.cli import main; main()")
ENVELOPE = ["Status", "ExceptionType", "ExceptionMessage"]
LEADS = "/v2/LeadManagement.svc/"
ACTIVITIES = "/v2/ProspectActivity.svc/"
UPLOAD = "/File/Upload"
USERS = "/v2/UserManagement.svc/Users.Get"
NOW = "2026-03-04 05:06:07"
NOW_MS = parse_date_time(NOW) + 89
_WAIT_SECONDS = 30
_KEPT = [
    {
        # When a key was last used is noted in the background.
        table.name: str(
            select(*(column for column in table.c if column.name != "used_on")).order_by(
                *table.primary_key
            )
        )
        for table in tables.sorted_tables
        # The last three are made in the background, from what is kept or what was searched.
        if table.name not in ("sessions", "counters", "lead_words", "lead_field_uses")
    }
    for tables in (ACCESS, CRM)
]
"""What ``InProcess.kept`` asks of each database."""


class StandingClock:
    """Stands still until a test moves it."""

    def __init__(self, at_ms: int = NOW_MS) -> None:
        self.at_ms = at_ms

    def now_ms(self) -> int:
        return self.at_ms

    def elapsed_ns(self) -> int:
        return self.at_ms * 1_000_000

    def advance(self, ms: int) -> None:
        self.at_ms += ms


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401  # any JSON
        return msgspec.json.decode(self.body)

    @property
    def call_id(self) -> str:
        return self.headers["x-leadwire-call-id"]

    @property
    def exception_type(self) -> str:
        return self.json["ExceptionType"]

    @property
    def message(self) -> str:
        return self.json["ExceptionMessage"]


Send = Callable[[str, str, list[tuple[str, str]], bytes], Answer]


class Api:
    """A client that knows the keys. ``call`` sends anything; the rest are short ways to it."""

    def __init__(self, send: Send, keys: FirstAccount) -> None:
        self._send = send
        self.keys = keys

    def call(
        self,
        method: str,
        target: str,
        body: object = b"",
        *,
        headers: Mapping[str, str] | None = None,
        keys: str = "headers",
    ) -> Answer:
        """*body* is sent as it is when bytes or text, and as JSON otherwise.

        *keys* says where the key pair travels: ``headers``, ``query`` or ``none``.
        """
        sent = dict(headers or {})
        if keys == "headers":
            sent |= {"x-LSQ-AccessKey": self.keys.access_key}
            sent |= {"x-LSQ-SecretKey": self.keys.secret_key}
        elif keys == "query":
            pair = {"accessKey": self.keys.access_key, "secretKey": self.keys.secret_key}
            target += ("&" if "?" in target else "?") + urlencode(pair)
        if isinstance(body, str):
            body = body.encode()
        elif not isinstance(body, bytes):
            body = msgspec.json.encode(body)
            sent.setdefault("Content-Type", "application/json")
        return self._send(method, target, list(sent.items()), body)

    def get(self, target: str, **parameters: str) -> Answer:
        query = f"?{urlencode(parameters)}" if parameters else ""
        return self.call("GET", target + query)

    def post(self, target: str, body: object = b"", **parameters: str) -> Answer:
        query = f"?{urlencode(parameters)}" if parameters else ""
        return self.call("POST", target + query, body)

    def write(self, operation: str, values: Mapping[str, object], **parameters: str) -> Answer:
        """A lead write: ``Lead.Create`` and its siblings, of *values* by schema name."""
        return self.post(LEADS + operation, attributes(values), **parameters)

    def create(self, **values: object) -> str:
        """The id of a new lead; it must be accepted."""
        answer = self.write("Lead.Create", values)
        assert answer.status == 200, answer.body
        return answer.json["Message"]["Id"]

    def lead(self, lead_id: str) -> dict[str, str | None]:
        (lead,) = self.get(LEADS + "Leads.GetById", id=lead_id).json
        return lead

    def leads(self) -> list[dict[str, str | None]]:
        """Every lead, in the order in which they were made."""
        body = {
            "Sorting": {"ColumnName": "ProspectAutoId", "Direction": "0"},
            "Paging": {"PageIndex": 1, "PageSize": 1000},
        }
        return self.post(LEADS + "Leads.Get", body).json

    def activities(self, lead_id: str) -> list[dict[str, Any]]:
        body = {"Paging": {"Offset": 0, "RowCount": 1000}}
        return self.post(ACTIVITIES + "Retrieve", body, leadId=lead_id).json["ProspectActivities"]


def attributes(values: Mapping[str, object]) -> list[dict[str, object]]:
    return [{"Attribute": name, "Value": value} for name, value in values.items()]


def upload(
    api: Api, content: bytes, *, name: str = "plan.pdf", field: str = "uploadFiles"
) -> Answer:
    """Upload a file by a form."""
    form = (
        b'--edge\r\nContent-Disposition: form-data; name="'
        + field.encode()
        + b'"; filename="'
        + name.encode()
        + b'"\r\nContent-Type: application/pdf\r\n\r\n'
        + content
        + b"\r\n--edge--\r\n"
    )
    headers = {"Content-Type": "multipart/form-data; boundary=edge"}
    return api.call("POST", UPLOAD, form, headers=headers)


class FullDisk:
    """A call store that cannot write while ``full``."""

    def __init__(self, store: CallStore) -> None:
        self.store = store
        self.full = False

    def append(self, record: CallRecord) -> "asyncio.Future[None]":
        if not self.full:
            return asyncio.ensure_future(self.store.append(record))
        future = asyncio.get_running_loop().create_future()
        future.set_exception(RecordingError("database or disk is full"))
        return future

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever the store has
        return getattr(self.store, name)


class LoopThread:
    """An event loop in a thread of its own, so that tests may be plain functions."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.start(work).result(_WAIT_SECONDS)

    def start(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Begin *work* and do not wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    def close(self) -> None:
        self.run(self.loop.shutdown_default_executor())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


class InProcess(Api):
    """The application in this process: no socket, real stores, and a clock that stands still."""

    def __init__(
        self,
        loop: LoopThread,
        settings: Settings,
        keys: FirstAccount,
        *,
        parts: Parts = AS_SERVED,
        clock: StandingClock | None = None,
        ids: IdSource | None = None,
    ) -> None:
        super().__init__(self.send, keys)
        self._loop = loop
        self.clock = clock or StandingClock()
        self.folder = settings.data
        self.app = App(settings, clock=self.clock, ids=ids, parts=parts)
        try:
            loop.run(self.app.open())
        except LeadwireError:
            loop.run(self.app.close())
            raise
        data = place(self.folder)
        self._readers = [data.access.reader(connections=1), data.crm.reader(connections=1)]

    def close(self) -> None:
        for reader in self._readers:
            reader.dispose()
        self._loop.run(self.app.close())

    def send(self, method: str, target: str, headers: list[tuple[str, str]], body: bytes) -> Answer:
        return self._loop.run(exchange(self.app, method, target, headers, body))

    def send_many(self, calls: Sequence[tuple[str, str, object]]) -> list[Answer]:
        """All of *calls* (method, target, body) under way at once."""
        pair = [
            ("x-LSQ-AccessKey", self.keys.access_key),
            ("x-LSQ-SecretKey", self.keys.secret_key),
        ]

        async def together() -> list[Answer]:
            return await asyncio.gather(
                *(
                    exchange(self.app, method, target, pair, msgspec.json.encode(body))
                    for method, target, body in calls
                )
            )

        return self._loop.run(together())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._loop.run(work)

    def kept(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of the databases but those of sessions and of what searches are quick by."""
        rows = {}
        for engine, questions in zip(self._readers, _KEPT, strict=True):
            with engine.connect() as connection:
                for table, question in questions.items():
                    rows[table] = list(map(tuple, connection.exec_driver_sql(question)))
        return rows

    def record(self, call: Answer | str) -> CallRecord:
        """The kept record of a call; it must be there."""
        call_id = call if isinstance(call, str) else call.call_id
        record = read_record(self.folder, call_id)
        assert record is not None, call_id
        return record


def new_async_key(folder: Path) -> str:
    """A new async key of the folder's account; the one that it had works no more."""
    access = access_store(place(folder), clock=SystemClock(), ids=SystemIds())
    try:
        account_id = access.account_ids()[0]
        return access.change(COMMAND_LINE, lambda c: replace_async_key(c, account_id))
    finally:
        access.close()


def read_record(folder: Path, call_id: str) -> CallRecord | None:
    reader = SqliteCallReader(folder / CALLS_FOLDER)
    try:
        return reader.get(call_id)
    finally:
        reader.close()


def joined(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """*headers* by name, in lower case; those of one name follow each other, after commas."""
    found: dict[str, str] = {}
    for name, value in headers:
        before = found.get(name.lower())
        found[name.lower()] = value if before is None else f"{before}, {value}"
    return found


def scope_of(method: str, target: str, headers: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The ASGI scope that the web server would make."""
    path, _, query = target.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": quote(query, safe="/?:@!$&'()*+,;=%~-._").encode(),
        "root_path": "",
        "headers": [
            (b"host", b"leads.example.com"),
            *((name.lower().encode(), value.encode("latin-1")) for name, value in headers),
        ],
        "client": ("192.0.2.7", 50000),
        "server": ("leads.example.com", 80),
    }


async def exchange(
    app: App, method: str, target: str, headers: Sequence[tuple[str, str]], body: bytes
) -> Answer:
    """One call over ASGI."""
    incoming = [{"type": "http.request", "body": body, "more_body": False}]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if incoming:
            return incoming.pop()
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope_of(method, target, headers), receive, send)
    start = sent[0]
    return Answer(
        start["status"],
        joined((name.decode(), value.decode("latin-1")) for name, value in start["headers"]),
        b"".join(message.get("body", b"") for message in sent[1:]),
    )


def leadwire(*arguments: str, environment: Mapping[str, str] | None = None) -> Result:
    """Run the command line, in this process; its ``exit_code``, ``stdout`` and ``stderr``."""
    known = dict(environment or {})
    if "--data" in arguments:
        known |= database_environment(Path(arguments[arguments.index("--data") + 1]))
    return CliRunner(env=known).invoke(main, arguments)


class ServerProcess:
    """``leadwire serve`` as its own process, on a port that the system chose."""

    def __init__(
        self, folder: Path, keys: FirstAccount, *flags: str, open_files_max: int | None = None
    ) -> None:
        self.folder = folder
        self._open_files_max = open_files_max
        self.keys = keys
        self._flags = flags
        self.output = folder.with_name(f"{folder.name}-output.txt")
        self.errors = folder.with_name(f"{folder.name}-errors.txt")
        self.base = ""
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> Self:
        with self.errors.open("a") as errors:
            # A shell sets the limit: code between fork and exec may hang in a process of threads.
            few_files = ["sh", "-c", f'ulimit -n {self._open_files_max}; exec "$@"', "sh"]
            self._process = subprocess.Popen(  # noqa: S603  # our own command
                [
                    *(few_files if self._open_files_max else ()),
                    *(*LEADWIRE, "serve", "--data", str(self.folder), "--port", "0"),
                    *self._flags,
                ],
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **database_environment(self.folder)},
            )
        assert self._process.stdout is not None
        with self.output.open("a") as output:
            for line in self._process.stdout:
                output.write(line)
                if "API base URL" in line:
                    self.base = line.split()[-1].removesuffix("/v2")
                if "Data folder" in line:
                    break
        assert self.base, self.errors.read_text()
        return self

    @property
    def address(self) -> tuple[str, int]:
        parts = urlsplit(self.base)
        assert parts.hostname is not None
        assert parts.port is not None
        return parts.hostname, parts.port

    @property
    def process_id(self) -> int | None:
        return self._process.pid if self._process else None

    def api(self) -> Api:
        """A client with a connection per call."""
        return Api(self.send, self.keys)

    def send(self, method: str, target: str, headers: list[tuple[str, str]], body: bytes) -> Answer:
        connection = self.connect()
        try:
            return answer_over(connection, method, target, headers, body)
        finally:
            connection.close()

    def connect(self) -> http.client.HTTPConnection:
        host, port = self.address
        if self.base.startswith("https"):
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(host, port, timeout=_WAIT_SECONDS, context=context)
        return http.client.HTTPConnection(host, port, timeout=_WAIT_SECONDS)

    def stop(self) -> int:
        return self._end(signal.SIGTERM)

    def kill(self) -> int:
        return self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(number)
        assert process.stdout is not None
        with process.stdout, self.output.open("a") as output:
            output.write(process.stdout.read())
        return process.wait(_WAIT_SECONDS)


def is_readable(descriptor: int, *, seconds: float) -> bool:
    """Whether something can be read from *descriptor*, now or within *seconds*."""
    waiting = poll()  # select refuses numbers above 1,023, and chDB opens three a thread
    waiting.register(descriptor, POLLIN)
    return bool(waiting.poll(seconds * 1000))


def answer_over(
    connection: http.client.HTTPConnection,
    method: str,
    target: str,
    headers: list[tuple[str, str]],
    body: bytes,
) -> Answer:
    connection.request(method, target, body or None, dict(headers))
    response = connection.getresponse()
    names = joined(response.getheaders())
    return Answer(response.status, names, response.read())


def assert_fault(answer: Answer, status: int, exception_type: str, message: str = "") -> None:
    """*answer* is that fault, and its body is the three members in their order and nothing else."""
    assert (answer.status, answer.exception_type) == (status, exception_type), answer.body
    assert list(answer.json) == ENVELOPE
    assert answer.json["Status"] == "Error"
    assert answer.message
    assert message in answer.message
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
