"""Calls to fill a store with: generated, the same ones in every run, and cached as Arrow parts.

Two weeks of a lead API: 20 accounts, of which the first has 60 % of the calls; 18 operations; 3 %
errors; busy days and quiet nights; about 1 kB of text a call. One e-mail address stands in
exactly one call. In the spelled corpus, three of ten bodies are written as the JSON encoders of
other languages write them, with a note that gives these something to escape.
"""

import json
import math
import random  # noqa: TID251  # seeded: the corpus is the same in every run
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from bench.store.words import CITIES, DOMAINS, FAMILY_NAMES, GIVEN_NAMES, SOURCES, STAGES
from leadwire.calls.record import CallRecord, outcome_of
from leadwire.dates import DAY_MS, format_seconds

if TYPE_CHECKING:
    import pyarrow as pa

DAYS: Final = 14
FIRST_MS: Final = 1_790_000_000_000 // DAY_MS * DAY_MS
FROM_MS, UNTIL_MS = FIRST_MS + 7 * DAY_MS, FIRST_MS + DAYS * DAY_MS
ACCOUNT: Final = "a1"
ONCE: Final = "rohit.verma918273645@gmail.com"
"""Stands in one call of ACCOUNT, ten days after the first."""
PART_CALLS: Final = 50_000
COLUMNS: Final = (
    "call_id", "started_at_ms", "duration_ms", "account_id", "user_id", "key_id", "api_type",
    "operation", "method", "path", "query_string", "request_content_type", "request_body",
    "status_code", "outcome", "exception_type", "exception_message", "response_body",
    "client_address", "user_agent",
)  # fmt: skip
"""The columns that every peer keeps."""

_ACCOUNTS: Final = 20
_FIRST_ACCOUNT_SHARE: Final = 0.6
_ERROR_SHARE: Final = 0.03
_SLOW_SHARE: Final = 0.01
_ONCE_AT: Final = 0.72
_SPELLED_SHARE: Final = 0.3
NOTE: Final = 'Jürgen Müller asked for "plan 12"\nhttps://example.com/offer/9182 ⚡'


class Operation(NamedTuple):
    family: str
    name: str
    method: str
    path: str
    weight: float
    median_ms: float
    asks: str
    """The kind of request, a method of _Writer; empty for none."""
    answers: str


def _operation(
    name: str, method: str, weight: float, median_ms: float, asks: str, answers: str
) -> Operation:
    family = name.split(".", maxsplit=1)[0].removesuffix("s")
    path = f"/v2/{family}Management.svc/{name}"
    return Operation(family, name, method, path, weight, median_ms, asks, answers)


OPERATIONS: Final = (
    _operation("Lead.Capture", "POST", 24, 9, "attributes", "accepted"),
    _operation("Lead.CreateOrUpdate", "POST", 17, 11, "attributes", "accepted"),
    _operation("Lead.Update", "POST", 9, 8, "attributes", "accepted"),
    _operation("Leads.GetById", "GET", 8, 2.5, "", "one_lead"),
    _operation("Leads.GetByEmailaddress", "GET", 6, 2.8, "", "one_lead"),
    _operation("Leads.GetByPhoneNumber", "GET", 6, 3.1, "", "one_lead"),
    _operation("Leads.Get", "POST", 4, 26, "lookup", "leads"),
    _operation("Leads.RecentlyModified", "POST", 3, 31, "lookup", "leads"),
    _operation("Activity.Create", "POST", 9, 7, "activity", "accepted"),
    _operation("Activity.Custom", "POST", 2, 12, "activity", "accepted"),
    _operation("Activity.Retrieve", "POST", 3, 14, "activity", "leads"),
    _operation("Task.Create", "POST", 3, 6, "task", "accepted"),
    _operation("Task.Retrieve", "GET", 1, 2.5, "", "accepted"),
    _operation("Opportunity.Capture", "POST", 2, 15, "attributes", "accepted"),
    _operation("Opportunity.GetDetails", "GET", 1, 4, "", "accepted"),
    _operation("Metadata.Get", "GET", 1, 5, "", "fields"),
    _operation("User.Get", "GET", 0.6, 5.2, "", "fields"),
    _operation("Lead.BulkCreate", "POST", 0.4, 120, "bulk", "accepted"),
)
_ERRORS: Final = (
    (400, "MXInvalidParameterException", "Invalid parameter value for {}", 0.35),
    (400, "MXDuplicateEntryException", "A lead with the same {} already exists.", 0.25),
    (404, "MXRecordNotFoundException", "Record not found: {}", 0.15),
    (401, "MXUnauthorizedAccessException", "Access denied for {}", 0.1),
    (429, "MXAPIRateLimitExceededException", "Call rate limit exceeded by {}", 0.1),
    (500, "MXException", "An error occurred while {} was worked on.", 0.05),
)


def make(folder: Path, calls: int, *, spelled: bool = False) -> Path:
    """The folder of the parts of a corpus of *calls*, those that are missing made first."""
    corpus = folder / f"{'spelled' if spelled else 'corpus'}-{calls}"
    corpus.mkdir(parents=True, exist_ok=True)
    count = math.ceil(calls / PART_CALLS)
    missing = [number for number in range(count) if not _path(corpus, number).exists()]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as workers:
        made = [workers.submit(_make_part, corpus, number, calls, spelled) for number in missing]
        for done, future in enumerate(made, count - len(made) + 1):
            future.result()
            print(f"\rcorpus: {done} of {count} parts", end="", file=sys.stderr, flush=True)
    if missing:
        print(file=sys.stderr)
    return corpus


def parts(corpus: Path) -> Iterator[list[CallRecord]]:
    """PART_CALLS records at a time, in the order of time."""
    from pyarrow import feather  # noqa: PLC0415  # only the corpus and two peers need it

    for path in sorted(corpus.glob("*.arrow")):
        table = feather.read_table(path, memory_map=False)
        yield [_record(row) for batch in table.to_batches(10_000) for row in batch.to_pylist()]


def arrow(records: list[CallRecord]) -> "pa.Table":
    import pyarrow as pa  # noqa: PLC0415

    return pa.table({name: [getattr(r, name) for r in records] for name in COLUMNS})


def live_calls(count: int) -> list[CallRecord]:
    """Calls of the first hours after the corpus, in the order of time."""
    writer = _Writer(random.Random(-1))  # noqa: S311
    return [_call(writer, UNTIL_MS + 40 * number) for number in range(count)]


def _record(row: dict[str, Any]) -> CallRecord:
    sizes = {name: len(row[name]) for name in ("request_body", "response_body")}
    return CallRecord(
        **row,
        request_body_bytes=sizes["request_body"],
        response_body_bytes=sizes["response_body"],
    )


def _path(corpus: Path, number: int) -> Path:
    return corpus / f"{number:04}.arrow"


def _make_part(corpus: Path, number: int, calls: int, spelled: bool) -> None:  # of another process
    from pyarrow import feather  # noqa: PLC0415

    path = _path(corpus, number)
    written = path.with_suffix(".new")
    records = _part(number, calls)
    if spelled:
        records = _spelled(records, random.Random(2_000 + number))  # noqa: S311
    feather.write_feather(arrow(records), written, compression="zstd")
    written.rename(path)


def _part(number: int, calls: int) -> list[CallRecord]:
    writer = _Writer(random.Random(1_000 + number))  # noqa: S311
    first, end = number * PART_CALLS, min(calls, (number + 1) * PART_CALLS)
    records = [_call(writer, _instant((place + 0.5) / calls)) for place in range(first, end)]
    once = int(calls * _ONCE_AT)
    if first <= once < end:
        records[once - first] = _call(writer, records[once - first].started_at_ms, once=True)
    return records


def _spelled(records: list[CallRecord], chance: random.Random) -> list[CallRecord]:
    """The same calls; some bodies with a note, and all of those in another spelling."""
    found = []
    for record in records:
        if record.request_body and chance.random() < _SPELLED_SHARE:
            tree = json.loads(record.request_body)
            if isinstance(tree, list) and isinstance(tree[0], dict):
                tree.append({"Attribute": "Notes", "Value": NOTE})
            body = chance.choice(_ENCODERS)(tree)
            fields = {"request_body": body, "request_body_bytes": len(body.encode())}
            found.append(msgspec.structs.replace(record, **fields))
        else:
            found.append(record)
    return found


_COMPACT: Final = (",", ":")
_ENCODERS: Final[tuple[Callable[[Any], str], ...]] = (
    json.dumps,
    lambda tree: json.dumps(tree, separators=_COMPACT).replace("/", "\\/"),
    lambda tree: (
        json.dumps(tree, separators=_COMPACT).replace('\\"', "\\u0022").replace("+", "\\u002B")
    ),
    lambda tree: json.dumps(tree, separators=_COMPACT, ensure_ascii=False),
)
"""As Python, PHP, .NET and a browser write JSON."""


def _instant(share: float) -> int:
    """When a share of all calls has come: most of them by day."""
    day, part = divmod(share * DAYS, 1)
    by_day = part - math.sin(2 * math.pi * part) / 10
    return FIRST_MS + int((day + by_day) * DAY_MS)


def _call(writer: "_Writer", at_ms: int, *, once: bool = False) -> CallRecord:
    chance = writer.chance
    account = 1 if once else writer.account()
    operation = OPERATIONS[0] if once else chance.choices(OPERATIONS, writer.weights)[0]
    email = ONCE if once else writer.email()
    body = writer.request(operation.asks, email)
    status, exception_type, message = (200, "", "") if once else writer.error(email)
    if exception_type:
        answer = (
            f'{{"Status":"Error","ExceptionType":"{exception_type}",'
            f'"ExceptionMessage":"{message}"}}'
        )
    else:
        answer = writer.answer(operation.answers, at_ms)
    duration_ms = operation.median_ms * math.exp(chance.gauss(0, 0.55))
    noise = f"{chance.getrandbits(76):019x}"
    stamp = f"{at_ms:012x}"
    return CallRecord(
        call_id=f"{stamp[:8]}-{stamp[8:]}-7{noise[:3]}-a{noise[3:6]}-{noise[6:18]}",
        started_at_ms=at_ms,
        duration_ms=round(duration_ms * (12 if chance.random() < _SLOW_SHARE else 1), 3),
        account_id=f"a{account}",
        user_id=f"u{account}",
        key_id=f"K{account * 10 + chance.randrange(3):04}",
        api_type=operation.family,
        operation=operation.name,
        method=operation.method,
        path=operation.path,
        query_string=writer.query(operation),
        request_content_type="application/json" if body else "",
        request_body=body,
        request_body_bytes=len(body),
        status_code=status,
        outcome=outcome_of(status_code=status, exception_type=exception_type),
        exception_type=exception_type,
        exception_message=message,
        response_body=answer,
        response_body_bytes=len(answer),
        client_address=f"103.{chance.randrange(4)}.{chance.randrange(8)}.{chance.randrange(250)}",
        user_agent="python-requests/2.31",
    )


class _Writer:
    """Writes requests and answers as such an API has them, by one source of chance."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.weights = [operation.weight for operation in OPERATIONS]
        rest = [1 / number for number in range(1, _ACCOUNTS)]
        share = (1 - _FIRST_ACCOUNT_SHARE) / sum(rest)
        self._accounts = [_FIRST_ACCOUNT_SHARE, *(weight * share for weight in rest)]
        self._errors = [error[-1] for error in _ERRORS]

    def account(self) -> int:
        return self.chance.choices(range(1, _ACCOUNTS + 1), self._accounts)[0]

    def email(self) -> str:
        pick, chance = self.chance.choice, self.chance
        domain = DOMAINS[int(chance.random() ** 2 * len(DOMAINS))]
        given, family = pick(GIVEN_NAMES), pick(FAMILY_NAMES)
        return f"{given}.{family}{chance.randrange(10**5)}@{domain}".lower()

    def phone(self) -> str:
        return f"+91-{self.chance.randrange(6 * 10**9, 10**10)}"

    def uuid(self) -> str:
        digits = f"{self.chance.getrandbits(120):030x}"
        return f"{digits[:8]}-{digits[8:12]}-4{digits[12:15]}-a{digits[15:18]}-{digits[18:]}"

    def query(self, operation: Operation) -> str:
        if operation.name == "Leads.GetByEmailaddress":
            return f"emailaddress={self.email().replace('@', '%40')}"
        if operation.name == "Leads.GetByPhoneNumber":
            return f"phone={self.phone().replace('+', '%2B')}"
        if operation.answers == "one_lead" or operation.name == "Lead.Update":
            return f"leadId={self.uuid()}"
        return ""

    def error(self, email: str) -> tuple[int, str, str]:
        """(status, exception type, message); mostly of a success."""
        if self.chance.random() >= _ERROR_SHARE:
            return 200, "", ""
        status, exception_type, message, _ = self.chance.choices(_ERRORS, self._errors)[0]
        return status, exception_type, message.format(email)

    def request(self, kind: str, email: str) -> str:
        pick, chance = self.chance.choice, self.chance
        if kind == "attributes":
            return self._attributes(email)
        if kind == "bulk":
            return "[" + ",".join(self._attributes(self.email()) for _ in range(5)) + "]"
        if kind == "lookup":
            return (
                '{"Parameter":{"LookupName":"EmailAddress","SqlOperator":"=","LookupValue":'
                f'"{email}"}},"Columns":{{"Include_CSV":"ProspectID,FirstName,LastName,Phone"}},'
                f'"Paging":{{"PageIndex":{chance.randrange(9)},"PageSize":{pick((10, 50, 100))}}}}}'
            )
        if kind == "activity":
            return (
                f'{{"RelatedProspectId":"{self.uuid()}",'
                f'"ActivityEvent":{chance.randrange(200, 230)},"ActivityNote":"{pick(STAGES)} '
                f'call with {pick(GIVEN_NAMES)} {pick(FAMILY_NAMES)} about {pick(SOURCES)}",'
                f'"Fields":[{{"SchemaName":"mx_Custom_1","Value":"{chance.randrange(10**6)}"}}]}}'
            )
        if kind == "task":
            return (
                f'{{"Name":"Follow up with {pick(GIVEN_NAMES)}","RelatedEntityId":"{self.uuid()}",'
                f'"OwnerEmailAddress":"{email}","Reminder":15,"StatusCode":0}}'
            )
        return ""

    def answer(self, kind: str, at_ms: int) -> str:
        if kind == "one_lead":
            return f"[{self._lead(at_ms)}]"
        if kind == "leads":
            count = 1 + int(self.chance.random() ** 2 * 8)
            leads = ",".join(self._lead(at_ms) for _ in range(count))
            return f'{{"RecordCount":{count},"Leads":[{leads}]}}'
        if kind == "fields":
            fields = ",".join(
                f'{{"SchemaName":"mx_Custom_{number}","DisplayName":"Custom {number}",'
                '"DataType":"Text","IsMandatory":false,"MaxLength":"200"}'
                for number in range(30)
            )
            return f"[{fields}]"
        return f'{{"Status":"Success","Message":{{"Id":"{self.uuid()}","AffectedRows":1}}}}'

    def _attributes(self, email: str) -> str:
        pick, chance = self.chance.choice, self.chance
        values = [
            ("FirstName", pick(GIVEN_NAMES)), ("LastName", pick(FAMILY_NAMES)),
            ("EmailAddress", email), ("Phone", self.phone()), ("mx_City", pick(CITIES)),
            ("Source", pick(SOURCES)), ("ProspectStage", pick(STAGES)),
            ("mx_Campaign_Id", self.uuid()),
        ]  # fmt: skip
        more = int(chance.random() ** 2 * 14)
        values = values[: 4 + more]
        values += [
            (f"mx_Custom_{number}", f"{pick(STAGES)} {chance.randrange(10**6)}")
            for number in range(4, more)
        ]
        written = (f'{{"Attribute":"{name}","Value":"{value}"}}' for name, value in values)
        return f'[{",".join(written)},{{"Attribute":"SearchBy","Value":"Phone"}}]'

    def _lead(self, at_ms: int) -> str:
        pick, when = self.chance.choice, format_seconds(at_ms)
        return (
            f'{{"ProspectID":"{self.uuid()}","ProspectAutoId":"{self.chance.randrange(10**6)}",'
            f'"FirstName":"{pick(GIVEN_NAMES)}","LastName":"{pick(FAMILY_NAMES)}",'
            f'"EmailAddress":"{self.email()}","Phone":"{self.phone()}","Company":"",'
            f'"mx_City":"{pick(CITIES)}","Source":"{pick(SOURCES)}","ProspectStage":'
            f'"{pick(STAGES)}","Score":"{self.chance.randrange(100)}","OwnerId":"{self.uuid()}",'
            f'"OwnerIdName":"{pick(GIVEN_NAMES)} {pick(FAMILY_NAMES)}","DoNotEmail":"0",'
            f'"LastActivity":"{pick(STAGES)}","LastActivityBy":"{self.uuid()}","Notes":"",'
            f'"CreatedOn":"{when}.000","ModifiedOn":"{when}.000","mx_Campaign_Id":null}}'
        )
