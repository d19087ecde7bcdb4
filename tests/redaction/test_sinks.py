"""No sink has what was planted: in calls to a server, looked for in all that it writes."""

import json
import re
from collections.abc import Iterator
from urllib.parse import quote, urlencode

import pytest
from redaction.plants import IN_BODIES, NAMES, NOT_IN, misplaced
from stores.clickhouse.conftest import connect
from stores.clickhouse.world import ClickHouseWorld, new_settings
from support import LEADS, Answer, Api, ServerProcess, leadwire

from leadwire.access.accounts import FirstAccount
from leadwire.clock import SystemClock
from leadwire.folder_identity import CALLS_FOLDER
from leadwire.stores.clickhouse import Connect
from leadwire.stores.sqlite import SqliteCallReader

PLANT = "plant7f3a0b"
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}

__all__ = ["connect"]  # a fixture


def bodies() -> Iterator[str]:
    """One for each place, with every name in it."""
    for place, build in IN_BODIES.items():
        made = [build(n, PLANT) for n in NAMES if n not in NOT_IN.get(place, ())]
        if place in ("a form", "JSON in a form"):
            yield "&".join(made)
        elif "cut-off" in place or made[0][:1] not in "[{":
            yield "\n".join(made)
        else:
            yield f"[{','.join(made)}]"


def plant(api: Api) -> Iterator[Answer]:
    """Calls that are refused or only read."""
    for body in bodies():
        yield api.call("POST", f"{LEADS}Lead.Create", body)
        yield api.call("POST", "/v2/Nothing.svc/Here", body, keys="none")
    pairs = [f"{quote(name)}={PLANT}" for name in NAMES]
    yield api.call("GET", f"{LEADS}Leads.GetById?id=1&{'&'.join(pairs)}")
    yield api.call("GET", f"{LEADS}Leads.GetById?{quote(json.dumps(dict.fromkeys(NAMES, PLANT)))}")
    segments = "/".join(f"{quote(name)}/{PLANT}" for name in NAMES if name != "user[password]")
    yield api.call("GET", f"/v2/{segments}")
    keys = api.keys
    for target, headers, body in misplaced(keys.access_key, keys.secret_key).values():
        target = quote(target, safe="/?&=;:,%+$#@[]!")  # noqa: PLW2901
        yield api.call("POST" if body else "GET", target, body, headers=headers, keys="none")
    # The same in calls whose own pair is where it belongs: then only this server knows the key.
    for target, headers, body in misplaced(keys.access_key, keys.secret_key).values():
        target = quote(target, safe="/?&=;:,%+$#@[]!")  # noqa: PLW2901
        yield api.call("POST" if body else "GET", target, body, headers=headers)


def sinks(server: ServerProcess, api: Api) -> Iterator[tuple[str, bytes]]:
    """Everything that was written or can be read, by a name for it."""
    form = urlencode({"email": api.keys.user_email, "password": api.keys.password})
    signed_in = api.call("POST", "/console/sign-in", form, headers=_FORM, keys="none")
    cookie = {"Cookie": signed_in.headers["set-cookie"].partition(";")[0]}
    page = api.call("GET", "/console/api-logs.json", headers=cookie, keys="none")
    ids = [call["call_id"] for call in page.json["calls"]]
    yield "JSON", page.body
    for path in ("", ".csv", ".jsonl", ".parquet"):
        answer = api.call("GET", f"/console/api-logs{path}", headers=cookie, keys="none")
        assert answer.status == 200
        yield f"console {path}", answer.body
    refused = api.call("GET", "/console/refused-calls", headers=cookie, keys="none")
    yield "refused calls", refused.body
    for call_id in ids[:40]:
        target = f"/console/api-logs/{call_id}"
        yield target, api.call("GET", target, headers=cookie, keys="none").body
    yield "live", live(server, cookie)
    for path in ("/metrics", "/healthz"):
        yield path, api.get(path).body
    data = ("--data", str(server.folder))
    for words in (("search", "--json", "--limit", "500"), ("export", "--format", "jsonl")):
        yield " ".join(words), leadwire("calls", *words, *data).stdout.encode()
    yield "calls show", leadwire("calls", "show", ids[0], *data).stdout.encode()
    for path in sorted(server.folder.rglob("*")):
        if path.is_file():  # the calls, and the queue of webhooks and their history
            yield str(path.relative_to(server.folder)), path.read_bytes()
    yield "standard output", server.output.read_bytes()
    yield "standard error", server.errors.read_bytes()


def live(server: ServerProcess, cookie: dict[str, str]) -> bytes:
    """What the live list shows of a call that comes while it is open."""
    page = server.api().call("GET", "/console/api-logs", headers=cookie, keys="none")
    found = re.search(r'data-live="([^"]+)"', page.body.decode())
    assert found
    place = urlencode({"list": found[1].replace("&amp;", "&")})
    connection = server.connect()
    connection.request("GET", f"/console/live?{place}", headers=cookie)
    stream = connection.getresponse()
    assert stream.status == 200
    server.api().call("POST", f"{LEADS}Lead.Create?token={PLANT}", f"password: {PLANT}")
    lines = [stream.readline()]
    while b"data-call" not in lines[-1]:
        lines.append(stream.readline())
        assert lines[-1], "the stream ended before it showed the call"
    connection.close()
    return b"".join(lines)


def found_in(sink: str, content: bytes, keys: FirstAccount) -> list[tuple[str, str]]:
    lowered = content.lower()
    patterns = {"plant": PLANT, "secret key": keys.secret_key, "access key": keys.access_key[3:]}
    return [(sink, what) for what, value in patterns.items() if value.encode() in lowered]


def test_no_sink_has_what_was_planted(server: ServerProcess, keys: FirstAccount) -> None:
    """Files, pages, JSON, CSV, JSON Lines, Parquet, the live list, metrics, output, commands."""
    api = server.api()
    assert {answer.status for answer in plant(api)} <= {200, 400, 401, 404, 405, 500}
    assert [hit for sink in sinks(server, api) for hit in found_in(*sink, keys)] == []


@pytest.mark.clickhouse
def test_no_row_of_clickhouse_has_what_was_planted(
    server: ServerProcess, keys: FirstAccount, connect: Connect
) -> None:
    """Rows are made of records, and hold nothing that those do not."""
    answered = list(plant(server.api()))
    server.stop()
    reader = SqliteCallReader(server.folder / CALLS_FOLDER, clock=SystemClock())
    records = [reader.get(answer.call_id) for answer in answered]
    reader.close()
    settings = new_settings()
    world = ClickHouseWorld(connect, settings)
    world.put(*filter(None, records))
    rows = connect().query(f"SELECT * FROM {settings.database}.calls").result_rows  # noqa: S608
    assert len(rows) == len(answered)
    assert found_in("rows", repr(rows).encode(), keys) == []
    world.close()
