"""Callers who do nothing wrong while somebody else does."""

import http.client
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from support import LEADS, ServerProcess

GOOD_CALLERS = 16


class GoodCallers:
    """Sixteen threads that look a lead up; half of them open a connection for each call."""

    def __init__(self, server: ServerProcess) -> None:
        self._server = server
        self._stopping = threading.Event()
        self.statuses: list[int] = []
        self.durations_ms: list[float] = []
        self.errors: list[str] = []
        self._headers = {
            "x-LSQ-AccessKey": server.keys.access_key,
            "x-LSQ-SecretKey": server.keys.secret_key,
        }
        self._threads = [
            threading.Thread(target=self._go_on, args=(number % 2 == 0,))
            for number in range(GOOD_CALLERS)
        ]

    @contextmanager
    def at_work(self) -> Iterator["GoodCallers"]:
        for thread in self._threads:
            thread.start()
        try:
            yield self
        finally:
            self._stopping.set()
            for thread in self._threads:
                thread.join()

    def _go_on(self, keeps_connection: bool) -> None:
        connection = self._server.connect()
        while not self._stopping.is_set():
            began = time.perf_counter()
            try:
                self.statuses.append(self._call(connection))
            except (OSError, http.client.HTTPException) as error:
                self.errors.append(repr(error))
            self.durations_ms.append((time.perf_counter() - began) * 1_000)
            if not keeps_connection:
                connection.close()
            time.sleep(0.02)
        connection.close()

    def _call(self, connection: http.client.HTTPConnection) -> int:
        target = LEADS + "Leads.GetByEmailaddress?emailaddress=asha%40example.com"
        for is_last in (False, True):
            try:
                connection.request("GET", target, headers=self._headers)
                response = connection.getresponse()
                body = response.read()
                if response.status != http.HTTPStatus.OK:
                    self.errors.append(f"{body!r} {response.headers.items()}")
            except (OSError, http.client.HTTPException):
                connection.close()  # as any client does: an idle connection may be closed
                if is_last:
                    raise
            else:
                return response.status
        raise AssertionError
