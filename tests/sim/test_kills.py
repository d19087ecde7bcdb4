"""kill -9 on a real server under load: in commits, seals, and while days are closed and dropped."""

import asyncio
import json
import os
import random  # noqa: TID251  # a replayable history
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from stores.builders import call, every, keep_all
from support import LEADS, Answer, Api, ServerProcess, answer_over, attributes, leadwire

from leadwire.access.accounts import FirstAccount
from leadwire.clock import SystemClock
from leadwire.dates import DAY_MS
from leadwire.folder_identity import CALLS_FOLDER, read_identity
from leadwire.stores.sqlite import SqliteCallReader, SqliteCallStore

_KILLS: Final = int(os.environ.get("LEADWIRE_SIM_KILLS", "4"))
_ANSWERS_MAX: Final = 60
_CLIENTS: Final = 3
_OLD_CALLS: Final = 1_200
_CREATE: Final = LEADS + "Lead.Create"


class Load:
    """Clients that create leads until the server dies, and note every answer they got whole."""

    def __init__(self, server: ServerProcess, names: str, *, answers: int) -> None:
        self.answers: list[Answer] = []
        self.enough = threading.Event()
        self._answers_wanted = answers
        self._server = server
        self._threads = [
            threading.Thread(target=self._work, args=(f"{names}-{n}",)) for n in range(_CLIENTS)
        ]
        for thread in self._threads:
            thread.start()

    def _work(self, name: str) -> None:
        pair = [
            ("x-LSQ-AccessKey", self._server.keys.access_key),
            ("x-LSQ-SecretKey", self._server.keys.secret_key),
        ]
        connection = self._server.connect()
        number = 0
        try:
            while True:
                number += 1
                body = json.dumps(attributes({"FirstName": f"{name}-{number}"})).encode()
                answer = answer_over(connection, "POST", _CREATE, pair, body)
                self.answers.append(answer)
                if len(self.answers) >= self._answers_wanted:
                    self.enough.set()
        except (OSError, EOFError, ValueError, asyncio.IncompleteReadError):
            pass
        except Exception as error:  # noqa: BLE001  # http.client's own kinds of a cut-off answer
            assert type(error).__module__ == "http.client", error  # noqa: PT017
        finally:
            connection.close()
            self.enough.set()

    def join(self) -> None:
        for thread in self._threads:
            thread.join()


@pytest.mark.slow
def test_no_answered_call_is_missing_after_many_kills(
    data_folder: Path, keys: FirstAccount
) -> None:
    """At moments of the seed's choice, the first of which fall into the dropping of old days,
    and the closing of yesterday: every call whose answer
    arrived is in the log once, its lead is there, and verify finds nothing wrong, each time."""
    calls = data_folder / CALLS_FOLDER
    chance = random.Random(1)  # noqa: S311
    server = ServerProcess(data_folder, keys)
    answered: list[Answer] = []
    kept: list[str] = []
    for kill in range(_KILLS):
        kept += _add_old_days(calls)
        server.start()
        try:
            load = Load(server, f"round-{kill}", answers=chance.randrange(_ANSWERS_MAX))
            assert load.enough.wait(60)
        finally:
            server.kill()
        load.join()
        answered += load.answers
        assert {answer.status for answer in load.answers} <= {200}
        verified = leadwire("calls", "verify", "--data", str(data_folder))
        assert verified.exit_code == 0, verified.output
        _check(calls, [*(answer.call_id for answer in answered), *kept])
    server.start()
    try:
        made = {answer.json["Message"]["Id"] for answer in answered}
        api = server.api()
        assert made <= {lead["ProspectID"] for page in _pages(api) for lead in page}
        # Also beside a server that works.
        verified = leadwire("calls", "verify", "--data", str(data_folder))
        assert verified.exit_code == 0, verified.output
    finally:
        server.stop()
    _check(calls, [*(answer.call_id for answer in answered), *kept])


def _check(calls: Path, wanted: list[str]) -> None:
    reader = SqliteCallReader(calls)
    try:
        ids = [record.call_id for record in reader.stream(every())]
    finally:
        reader.close()
    assert len(set(ids)) == len(ids)
    assert set(wanted) <= set(ids)


def _add_old_days(calls: Path) -> list[str]:
    """Calls of a day past retention, and of one that is over; the ids of the second."""
    clock = SystemClock()
    identity = read_identity(calls.parent)
    store = SqliteCallStore(calls, clock=clock, folder_id=identity.folder_id)
    try:
        keep_all(store, [call(clock.now_ms() - 40 * DAY_MS) for _ in range(50)])
        yesterday = [call(clock.now_ms() - DAY_MS) for _ in range(_OLD_CALLS)]
        keep_all(store, yesterday)
    finally:
        store.close()
    return [record.call_id for record in yesterday]


def _pages(api: Api) -> Iterator[list[dict[str, str]]]:
    """Every lead, in pages."""
    index = 1
    while True:
        body = {
            "Columns": {"Include_CSV": "ProspectID"},
            "Sorting": {"ColumnName": "ProspectAutoId", "Direction": "0"},
            "Paging": {"PageIndex": index, "PageSize": 1000},
        }
        page = api.post(LEADS + "Leads.Get", body).json
        if not page:
            return
        yield page
        index += 1
