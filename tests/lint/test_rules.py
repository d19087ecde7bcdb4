"""Each rule finds what was planted, and leaves what only looks like it alone."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from stores.builders import NOON_MS, FixedClock, call, every, keep_all

from leadwire.calls.record import CallRecord
from leadwire.lint import RULES, Finding, LintReport, lint
from leadwire.lint import walk as walk_module
from leadwire.lint.names import unknown_names
from leadwire.lint.seen import Seen, seen_of
from leadwire.operations import BY_PATH, CATALOGUE
from leadwire.stores.sqlite import SqliteCallStore

LEADS = "/v2/LeadManagement.svc/"
SECOND = 1_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteCallStore]:
    opened = SqliteCallStore(tmp_path / "calls", clock=FixedClock())
    yield opened
    opened.close()


def linted(store: SqliteCallStore, calls: Sequence[CallRecord], **options: object) -> LintReport:
    keep_all(store, calls)
    return lint(store.reader, every(), **options)


def found(report: LintReport, rule: str) -> list[Finding]:
    return [finding for finding in report.findings if finding.rule == rule]


def one(report: LintReport, rule: str) -> Finding:
    [finding] = found(report, rule)
    return finding


def write(
    seconds: float,
    *,
    operation: str = "Lead.Capture",
    email: str = "a@example.com",
    **fields: object,
) -> CallRecord:
    """A lead write at so many seconds after noon."""
    city = fields.pop("city", "")
    body = [{"Attribute": "EmailAddress", "Value": email}]
    body += [{"Attribute": "mx_City", "Value": city}] if city else []
    values = {
        "operation": operation,
        "path": LEADS + operation,
        "key_id": "key_1",
        "request_body": json.dumps(body),
    }
    return call(int(NOON_MS + seconds * SECOND), **(values | fields))


def read(
    seconds: float, *, operation: str = "Leads.GetByEmailaddress", query: str = "", **fields: object
) -> CallRecord:
    values = {
        "operation": operation,
        "path": LEADS + operation,
        "key_id": "key_1",
        "method": "GET",
        "query_string": query,
        "request_body": "",
    }
    return call(int(NOON_MS + seconds * SECOND), **(values | fields))


FAILED = {
    "status_code": 500,
    "outcome": "client_fault",
    "exception_type": "MXInvalidInputException",
}


def limited(seconds: float, wait: int | None = 4, **fields: object) -> CallRecord:
    headers = "content-type: application/json"
    headers += f"\nretry-after: {wait}" if wait is not None else ""
    values = {
        "status_code": 429,
        "outcome": "refused",
        "exception_type": "MXAPIRateLimitExceededException",
        "response_headers": headers,
    }
    return write(seconds, **(values | fields))


class TestRetryStorms:
    def test_a_request_that_fails_again_and_again_is_found(self, store: SqliteCallStore) -> None:
        """The first call is not a repeat; every later one is counted, once."""
        finding = one(linted(store, [write(n, **FAILED) for n in range(8)]), "retry_storm")
        assert (finding.operation, finding.cases, finding.calls) == ("Lead.Capture", 4, 7)
        assert finding.share == pytest.approx(7 / 8)
        assert finding.keys == (("key_1", 7),)

    @pytest.mark.parametrize(
        "calls",
        [
            [write(n, **FAILED) for n in range(4)],
            [write(s, **FAILED) for s in (0, 1, 3, 7, 15, 31)],
            [write(n, email=f"{n}@example.com", **FAILED) for n in range(9)],
            [write(n, key_id=f"key_{n}", **FAILED) for n in range(9)],
            [write(n, **(FAILED if n % 3 else {})) for n in range(9)],
            [read(n) for n in range(9)],
        ],
        ids=["few", "doubling pauses", "other bodies", "other keys", "successes between", "reads"],
    )
    def test_innocent_repeats_are_not(self, store: SqliteCallStore, calls: list) -> None:
        """A few attempts, growing pauses, different requests, and what succeeds."""
        assert found(linted(store, calls), "retry_storm") == []


class TestIgnoredWaits:
    def test_calls_within_the_time_to_wait_are_found(self, store: SqliteCallStore) -> None:
        """Each, with the refusal that it ignored."""
        refusal = limited(0)
        report = linted(store, [refusal, write(1), write(3, email="b@example.com"), write(5)])
        finding = one(report, "ignored_wait")
        assert finding.calls == 2
        assert {example.with_call_id for example in finding.examples} == {refusal.call_id}

    @pytest.mark.parametrize(
        "calls",
        [
            [limited(0), write(4.1)],
            [limited(0), write(0.1)],
            [limited(0, duration_ms=900.0), write(0.8)],
            [limited(0), write(1, key_id="key_2")],
            [limited(0, wait=None), write(1)],
            [write(0, **FAILED), write(1)],
        ],
        ids=["waited", "at once", "before the answer", "other key", "not told", "no limit"],
    )
    def test_calls_that_could_not_know_or_waited_are_not(
        self, store: SqliteCallStore, calls: list
    ) -> None:
        """Also calls that were on their way."""
        assert found(linted(store, calls), "ignored_wait") == []


class TestSameBody:
    def test_a_write_that_succeeds_twice_is_found(self, store: SqliteCallStore) -> None:
        """Also from two keys: two workers on one queue."""
        first = write(0)
        finding = one(linted(store, [first, write(2, key_id="key_2")]), "same_body")
        assert (finding.calls, finding.examples[0].with_call_id) == (1, first.call_id)

    @pytest.mark.parametrize(
        "calls",
        [
            [write(0), write(11)],
            [write(0, **FAILED), write(1)],
            [write(0), write(1, email="b@example.com")],
            [write(n, operation="Lead.Update", query_string="leadId=x") for n in range(2)],
            [write(n, operation="Leads.Get") for n in range(2)],
            [read(n, query="emailaddress=a") for n in range(2)],
        ],
        ids=["later", "a retry", "another body", "safe to repeat", "a search", "a read"],
    )
    def test_innocent_writes_are_not(self, store: SqliteCallStore, calls: list) -> None:
        """A retry after a failure, another body, later, and what changes nothing twice."""
        assert found(linted(store, calls), "same_body") == []


def pairs(count: int, *, pause: float = 1, operation: str = "Lead.Create") -> list[CallRecord]:
    """A read and a write of one address, again and again."""
    calls = []
    for n in range(count):
        email = f"lead{n}@example.com"
        calls.append(read(20 * n, query=f"emailaddress={email.upper().replace('@', '%40')}"))
        calls.append(write(20 * n + pause, operation=operation, email=email))
    return calls


class TestReadsBeforeWrites:
    def test_a_habit_of_reading_first_is_found(self, store: SqliteCallStore) -> None:
        """All its reads, also those that made the habit; in any letter case, encoded or not."""
        finding = one(linted(store, pairs(8)), "read_before_write")
        assert (finding.operation, finding.calls) == ("Leads.GetByEmailaddress", 8)
        assert finding.better == "Lead.CreateOrUpdate"
        assert all(example.with_call_id for example in finding.examples)

    @pytest.mark.parametrize(
        "calls",
        [
            pairs(5),
            pairs(9, pause=11),
            [*(write(20 * n, email=f"x{n}@example.com") for n in range(20)), *pairs(5)],
            [
                c
                for n in range(9)
                for c in (read(20 * n, query="emailaddress=z"), write(20 * n + 1))
            ],
            pairs(9, operation="Lead.Update"),
        ],
        ids=["few", "much earlier", "mostly without", "of another lead", "an update"],
    )
    def test_reads_with_a_reason_are_not(self, store: SqliteCallStore, calls: list) -> None:
        """Now and then, of other leads, long before, or before an update, which needs the id."""
        assert found(linted(store, calls), "read_before_write") == []


class TestUnchangedUpdates:
    def test_an_update_to_the_same_values_is_found(self, store: SqliteCallStore) -> None:
        """However much later, by whichever operation, and also of some fields only."""
        calls = [
            write(0, city="Pune"),
            write(3_000, city="Pune", operation="Lead.CreateOrUpdate"),
            write(9_000),
        ]
        findings = found(linted(store, calls), "unchanged_update")
        assert sum(finding.calls for finding in findings) == 2
        assert {e.with_call_id for f in findings for e in f.examples} == {calls[0].call_id}

    @pytest.mark.parametrize(
        "calls",
        [
            [write(0, city="Pune"), write(60, city="Delhi"), write(120, city="Pune")],
            [write(0), write(60, city="Pune")],
            [write(0, city="Pune"), write(60, city="Pune", email="b@example.com")],
            [write(0, city="Pune", **FAILED), write(60, city="Pune")],
            [write(0, city="Pune"), write(60, city="Pune", **FAILED)],
            [
                write(0, city="Pune"),
                write(30, operation="Lead.BulkUpdate", request_body="{}"),
                write(60, city="Pune"),
            ],
        ],
        ids=[
            "changed back",
            "one more field",
            "another lead",
            "failed before",
            "failed",
            "bulk between",
        ],
    )
    def test_updates_that_may_change_something_are_not(
        self, store: SqliteCallStore, calls: list
    ) -> None:
        """A value that was changed meanwhile, more fields, other leads, and failures."""
        assert found(linted(store, calls), "unchanged_update") == []


def poll(seconds: float, page: int = 1, **fields: object) -> CallRecord:
    body = json.dumps({"Parameter": {"FromDate": str(seconds)}, "Paging": {"PageIndex": page}})
    values = {"operation": "Leads.RecentlyModified", "request_body": body}
    return write(seconds, **(values | fields))


class TestPolling:
    def test_twelve_polls_in_an_hour_are_found(self, store: SqliteCallStore) -> None:
        """All but the first; a webhook is named instead."""
        finding = one(linted(store, [poll(60 * n) for n in range(30)]), "polling")
        assert (finding.calls, finding.better) == (29, "Webhook.Create")

    @pytest.mark.parametrize(
        "calls",
        [
            [poll(600 * n) for n in range(30)],
            [poll(n, page=n + 1) for n in range(30)],
            [poll(60 * n, key_id=f"key_{n % 5}") for n in range(30)],
            [poll(60 * n, operation="Leads.Get") for n in range(30)],
        ],
        ids=["every ten minutes", "pages", "several keys", "searches"],
    )
    def test_rare_reads_and_pages_are_not(self, store: SqliteCallStore, calls: list) -> None:
        """A synchronisation reads many pages, which is not a poll."""
        assert found(linted(store, calls), "polling") == []


class TestSingleCalls:
    def test_a_run_of_single_creates_is_found(self, store: SqliteCallStore) -> None:
        """One call in so many as a bulk call takes rows is not spared."""
        calls = [write(n, email=f"{n}@example.com", operation="Lead.Create") for n in range(120)]
        finding = one(linted(store, calls), "single_calls")
        assert finding.calls == 120 - 3
        assert finding.better == "Lead.BulkCreate"
        assert finding.windows == 24

    @pytest.mark.parametrize(
        "calls",
        [
            [write(n, email=f"{n}@example.com") for n in range(9)],
            [write(10 * n, email=f"{n}@example.com") for n in range(40)],
            [write(n, email=f"{n}@example.com", key_id=f"key_{n % 6}") for n in range(40)],
            [write(n, operation="Lead.BulkCreate", request_body=f"[[{n}]]") for n in range(40)],
        ],
        ids=["few", "spaced", "several keys", "bulk calls"],
    )
    def test_calls_without_hurry_are_not(self, store: SqliteCallStore, calls: list) -> None:
        """Some, slow ones, and those that are bulk calls already."""
        assert found(linted(store, calls), "single_calls") == []


class TestUnknownNames:
    def test_misspelt_names_are_found_with_what_is_meant(self, store: SqliteCallStore) -> None:
        """In the URL, in the body and in objects inside it; each call counts once."""
        body = {"Parameter": {"FromDate": "x", "ToDatee": "y"}, "Pagging": {"PageIndex": 1}}
        calls = [
            read(0, query="emailadress=a%40example.com&format=json"),
            write(1, operation="Leads.RecentlyModified", request_body=json.dumps(body)),
        ]
        findings = {f.operation: f for f in found(linted(store, calls), "unknown_name")}
        assert dict(findings["Leads.GetByEmailaddress"].details) == {
            "query.emailadress, perhaps emailaddress": 1,
            "query.format": 1,
        }
        assert dict(findings["Leads.RecentlyModified"].details) == {
            "body.Parameter.ToDatee, perhaps ToDate": 1,
            "body.Pagging, perhaps Paging": 1,
        }
        assert all(finding.calls == 1 for finding in findings.values())

    @pytest.mark.parametrize(
        "calls",
        [
            [read(0, query="EMAILADDRESS=a")],
            [read(0, query="emailaddress=a&accessKey=x&secretKey=y")],
            [write(0, operation="Leads.Get", request_body='{"parameter":{"LOOKUPNAME":"x"}}')],
            [write(0, request_body='[{"Attribute":"mx_Own","Value":{"Odd":1}}]')],
            [write(0, request_body="no json"), write(1, request_body='[1,null,["x"]]')],
            [write(0, operation="", request_body='{"x":1}', query_string="y=1")],
        ],
        ids=["letter case", "keys", "case in bodies", "own fields", "no objects", "no operation"],
    )
    def test_names_in_any_case_and_what_is_no_name_are_not(
        self, store: SqliteCallStore, calls: list
    ) -> None:
        """The server reads names in any letter case; values are the caller's own."""
        assert found(linted(store, calls), "unknown_name") == []

    def test_what_is_documented_is_known(self) -> None:
        """No documented golden exchange and no example of the catalogue has an unknown name."""
        for file in sorted((Path(__file__).parents[1] / "contract").glob("*.json")):
            for exchange in json.loads(file.read_text()).get("exchanges", ()):
                request = exchange["request"]
                path, _, query = request["target"].partition("?")
                operation = BY_PATH.get(path.lower())
                if operation is not None and exchange["evidence"] == "documented":
                    found = list(unknown_names(operation, query, request.get("body")))
                    assert found == [], exchange["name"]
        for operation in CATALOGUE:
            if operation.body_example:
                body = json.loads(operation.body_example)
                assert list(unknown_names(operation, "", body)) == [], operation.name


class TestWalk:
    def test_an_empty_log_has_no_findings(self, store: SqliteCallStore) -> None:
        """And no division by zero."""
        assert linted(store, []) == LintReport(calls=0, from_ms=0, until_ms=0, findings=())

    def test_every_call_is_looked_at_once_oldest_first(
        self, store: SqliteCallStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Over the borders of slices and hours, in a range that cuts both."""
        monkeypatch.setattr(walk_module, "SLICE_CALLS", 7)
        seen: list[int] = []

        def noted(record: CallRecord) -> Seen:
            seen.append(record.started_at_ms)
            return seen_of(record)

        monkeypatch.setattr(walk_module, "seen_of", noted)
        times = [NOON_MS + n * 97_001 for n in range(120)]
        keep_all(store, [call(at) for at in times])
        report = lint(store.reader, every(from_ms=times[3], until_ms=times[110]))
        assert (report.calls, report.from_ms, report.until_ms) == (107, times[3], times[109])
        assert sorted(seen) == times[3:110]

    def test_a_bound_keeps_the_newest_hours_and_says_so(self, store: SqliteCallStore) -> None:
        """One hour at least, however busy."""
        calls = [call(NOON_MS + hour * 3_600_000 + n) for hour in range(5) for n in range(10)]
        report = linted(store, calls, calls_max=25)
        assert report.calls == 20
        assert report.notices == ("Only the newest 20 calls were looked at.",)
        assert lint(store.reader, every(), calls_max=1).calls == 10

    def test_a_walk_out_of_time_says_so(self, store: SqliteCallStore) -> None:
        """It reports what it saw until then."""
        report = linted(store, [call(NOON_MS + n) for n in range(10)], out_of_time=lambda: True)
        assert report.calls == 0
        assert "time was used up" in report.notices[0]

    def test_extreme_texts_are_no_error(self, store: SqliteCallStore) -> None:
        """Deep JSON, NUL, lone surrogates escaped, huge names."""
        bodies = ["[" * 5_000, '{"\\u0000":"\\ud800"}', '{"' + "x" * 100_000 + '":1}', "\0", "{"]
        calls = [
            write(
                n,
                operation="Leads.Get",
                request_body=body,
                query_string="%00=%ff&&=&" + "a=1&" * 300,
            )
            for n, body in enumerate(bodies)
        ]
        assert linted(store, calls).calls == len(bodies)

    def test_rules_have_names_of_their_own(self) -> None:
        """And each says what to do."""
        assert len({rule.name for rule in RULES}) == len(RULES)
        assert all(rule.says and rule.do and rule.title for rule in RULES)
