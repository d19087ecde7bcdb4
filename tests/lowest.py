"""The SDK, with nothing but its dependencies: what ``scripts/package`` runs, and no test collects.

Both clients against a server of the standard library, with a call log in each kind of file. It
prints the versions, and fails like any program does.
"""

import asyncio
import json
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version
from pathlib import Path

import leadwire
from leadwire import (
    AsyncClient,
    CallFile,
    CallLog,
    Client,
    Duplicate,
    JsonLinesSink,
    SqliteSink,
)
from leadwire.webhooks import new_secret, sign, verify

LEADS = [{"ProspectID": "7", "FirstName": "Asha", "CreatedOn": "2026-01-02 03:04:05.000"}]
FAULT = {"Status": "Error", "ExceptionType": "MXDuplicateEntryException", "ExceptionMessage": "x"}


class Api(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:  # its base names it so
        self._answer(200, LEADS)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(500, FAULT)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass

    def _answer(self, status: int, tree: object) -> None:
        body = json.dumps(tree).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def blocking(host: str, log: CallLog) -> None:
    with Client(host=host, access_key="a", secret_key="b", call_log=log) as client:  # noqa: S106
        lead = client.leads.get("7")
        assert lead is not None
        assert (lead.first_name, str(lead.created_on)) == ("Asha", "2026-01-02 03:04:05+00:00")
        try:
            client.leads.create(first_name="Asha")
        except Duplicate as error:
            assert error.status == 500  # noqa: PT017  # no test framework is installed here
        else:
            raise AssertionError


async def waiting(host: str, log: CallLog) -> None:
    async with AsyncClient(host=host, access_key="a", secret_key="b", call_log=log) as client:  # noqa: S106
        assert (await client.leads.quick_search("asha"))[0].id == "7"


def main() -> None:
    assert all(getattr(leadwire, name) is not None for name in leadwire.__all__)
    server = HTTPServer(("127.0.0.1", 0), Api)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    host = f"http://127.0.0.1:{server.server_port}"
    with tempfile.TemporaryDirectory() as folder:
        lines = Path(folder) / "calls.jsonl"
        with CallLog(JsonLinesSink(lines), SqliteSink(Path(folder) / "calls.sqlite")) as log:
            blocking(host, log)
            asyncio.run(waiting(host, log))
            assert log.lost == 0
        assert len(lines.read_text().splitlines()) == 3
        assert len(CallFile(lines).search("status:500")) == 1
    secret = new_secret()
    assert verify(secret, sign(secret, "{}", event="Lead_Post_Create"), "{}").name
    server.shutdown()
    server.server_close()
    found = ", ".join(f"{name} {version(name)}" for name in ("anyio", "httpx2", "msgspec"))
    sys.stdout.write(f"the SDK works with {found}\n")


if __name__ == "__main__":
    main()
