"""Explaining what a server in the process recorded, and sending what an explanation repairs."""

from urllib.parse import urlsplit

from support import Answer, InProcess

from leadwire.explain import Explanation, Repair
from leadwire.server.explaining import explain_once
from leadwire.settings import Settings
from leadwire.stores.sqlite import SqliteCallReader


class Explained:
    """Explanations of the calls of one server, as the command line makes them."""

    def __init__(self, api: InProcess, settings: Settings) -> None:
        self.api = api
        self._settings = settings
        self.reader = SqliteCallReader(api.folder / "calls")

    def close(self) -> None:
        self.reader.close()

    def of(self, answer: Answer) -> Explanation | None:
        record = self.reader.get(answer.call_id)
        assert record is not None
        return explain_once(self._settings, record, self.reader)

    def fault(self, answer: Answer) -> Explanation:
        explained = self.of(answer)
        assert explained is not None, answer.body
        return explained

    def send(self, repair: Repair) -> Answer:
        """The repaired request, with the keys of the server."""
        target = urlsplit(repair.target)
        assert not target.netloc
        return self.api.call(
            repair.method, repair.target, repair.body.encode(), headers=dict(repair.headers)
        )
