"""Two servers that differ in nothing but their database engine, and one question for both.

A call is ``(operation, body, parameters)``. In its texts ``{lead:1}`` stands for the id of the
second lead that an earlier answer named; with fewer leads it starts again at the first.
"""

import re
import shutil
from collections import defaultdict
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from engines import server
from support import Answer, InProcess, LoopThread, StandingClock

from leadwire.crm.leads.trigram_index import forget_words
from leadwire.crm.tables import METADATA, counters, lead_field_uses, lead_fields
from leadwire.crm.unit import NOBODY, Unit
from leadwire.data_folder.database_copy import copy_databases
from leadwire.data_folder.database_side import Digests, differences
from leadwire.database.places import Place
from leadwire.database.table_rows import batches, digest_of, tables_of
from leadwire.operations import BY_NAME
from leadwire.server.app import set_up_data_folder
from leadwire.settings import Settings
from leadwire.wire.faults import UNHANDLED

Call = tuple[str, Any, Mapping[str, str]]
_SUCCESS: Final = 200
_UNAVAILABLE: Final = 503
_PLACEHOLDER: Final = re.compile(r"\{(\w+):(\d+)\}")
_KEPT: Final = (lead_fields, lead_field_uses)
"""Tables whose rows outlive an example: servers remember them, or fill them in the background."""
NAMED_BY: Final = {
    "Lead.Create": "lead",
    "Lead.Capture": "lead",
    "Lead.CreateOrUpdate": "lead",
    "ProspectActivity.Create": "activity",
    "SalesActivity.Create": "activity",
    "Task.Create": "task",
    "List.Create": "list",
    "Note.Create": "note",
    "Company.Create": "company",
    "CompanyActivity.Create": "company activity",
    "Product.Create": "product",
    "Opportunity.Capture": "opportunity",
}
"""What kind of thing the Id in the answer of an operation belongs to."""


class SameIds:
    """Ids that depend only on how many were given. They do not sort by creation."""

    def __init__(self) -> None:
        self._given = 0

    def begin_again(self) -> None:
        self._given = 0

    def call_id(self, at_ms: int) -> str:
        return f"{at_ms:012x}"[:8] + f"-{at_ms:012x}"[9:] + "-7" + self.guid()[15:]

    def guid(self) -> str:
        self._given += 1
        return str(UUID(bytes=sha256(str(self._given).encode()).digest()[:16], version=4))

    def hex_digits(self, count: int) -> str:
        self._given += 1
        return sha256(str(self._given).encode()).hexdigest()[:count]


class BothEngines:
    """A server on SQLite and one on PostgreSQL, with the same account, clock and ids."""

    def __init__(self, loop: LoopThread, folder: Path, **settings: object) -> None:
        keys = set_up_data_folder(Place(folder), account_name="Acme", email="admin@acme.test")
        twin = shutil.copytree(folder, folder.with_name("twin"))
        url = server().create_database()
        copy_databases(Place(twin), Place(twin, url), lambda *_: None)
        self.keys = keys
        self._clock, self._ids = StandingClock(), (SameIds(), SameIds())
        places = (Place(folder), Place(twin, url))
        self.servers = [
            InProcess(
                loop,
                Settings(data=place.folder, database_url=place.database_url, **settings),
                keys,
                clock=self._clock,
                ids=ids,
            )
            for place, ids in zip(places, self._ids, strict=True)
        ]
        self._readers = [place.crm.reader(connections=1) for place in places]
        self._named: dict[str, list[str]] = defaultdict(list)

    def close(self) -> None:
        for reader in self._readers:
            reader.dispose()
        for api in self.servers:
            api.close()

    def begin_again(self) -> None:
        """Delete what calls made, but the fields of leads. The clock and the ids begin again."""

        def clear(unit: Unit) -> None:
            forget_words(unit.connection, self.keys.account_id)
            for table in reversed(METADATA.sorted_tables):
                if table not in _KEPT:
                    unit.connection.execute(table.delete())
            # The row that writers lock on PostgreSQL.
            unit.connection.execute(counters.insert().values(account_id=""))

        for api, ids in zip(self.servers, self._ids, strict=True):
            api.run(api.app._crm.write(NOBODY, clear))
            ids.begin_again()
        self._clock.at_ms = StandingClock().at_ms
        self._named.clear()

    def wait(self, ms: int) -> None:
        self._clock.advance(ms)

    def keep_up(self) -> None:
        """Bring the indexes up to date, as servers do in the background."""
        for api in self.servers:
            api.run(api.app._crm.keep_up())

    def ask(self, call: Call) -> Answer:
        """The answer of both. Fails if they differ, or if a server could not answer."""
        name, body, parameters = call
        operation = BY_NAME[name]
        body, parameters = self._filled(body), self._filled(parameters)
        one, other = (
            api.get(operation.url_path, **parameters)
            if operation.method == "GET"
            else api.post(operation.url_path, body, **parameters)
            for api in self.servers
        )
        found = [(answer.status, answer.body.decode()) for answer in (one, other)]
        assert found[0] == found[1], (name, body, parameters)
        assert UNHANDLED.exception_type.encode() not in one.body, (name, body, parameters)
        assert one.status < _UNAVAILABLE, (name, body, parameters, one.body)
        kind = NAMED_BY.get(name)
        if kind and one.status == _SUCCESS:
            answer = one.json
            made = answer.get("CreatedOpportunityId") or answer.get("Message", {}).get("Id")
            if made and made not in self._named[kind]:
                self._named[kind].append(made)
        return one

    def differing_tables(self) -> list[str]:
        """The names of tables with other rows, as ``leadwire db check --with`` finds them."""
        found: list[Digests] = []
        for reader in self._readers:
            with reader.connect() as connection:
                tables = [table for table in tables_of(METADATA) if table not in _KEPT]
                found.append({t.name: digest_of(batches(connection, t)) for t in tables})
        return differences(*found)

    def _filled(self, value: Any) -> Any:  # noqa: ANN401  # any JSON
        if isinstance(value, str):
            return _PLACEHOLDER.sub(self._id, value)
        if isinstance(value, list):
            return [self._filled(part) for part in value]
        if isinstance(value, Mapping):
            return {key: self._filled(part) for key, part in value.items()}
        return value

    def _id(self, place: re.Match[str]) -> str:
        named = self._named[place[1]]
        return named[int(place[2]) % len(named)] if named else place[0]
