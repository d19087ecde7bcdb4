"""A console over a real call store, with people who can sign in and calls to look at."""

import asyncio
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from sqlalchemy import create_engine, insert
from starlette.applications import Starlette
from starlette.testclient import TestClient

from leadwire.access.audit import Action, AuditQuery, Entry
from leadwire.access.chosen_settings import LiveSettings
from leadwire.access.people import add_person
from leadwire.access.sessions import Caller, SessionInfo
from leadwire.access.store import AccessStore
from leadwire.access.tables import accounts, users
from leadwire.access.viewer import Viewer
from leadwire.calls.record import CallRecord, outcome_of
from leadwire.clock import SystemIds
from leadwire.console import Completeness, ConsoleServices, PlanUse, build
from leadwire.crm.leads.schema import LeadSchema
from leadwire.crm.mails.outbox import MailDetails, MailState, OutboxMail, OutboxPage
from leadwire.crm.store import T, Work
from leadwire.crm.tables import METADATA
from leadwire.crm.unit import Actor, Unit
from leadwire.crm.webhooks.listeners import NOBODY
from leadwire.crm.webhooks.queue import QueueState
from leadwire.database.database import transaction
from leadwire.database.mark import make_empty_file
from leadwire.database.sqlite import SqliteDatabase
from leadwire.dates import parse_date_time
from leadwire.recording.rerun import RerunRequest
from leadwire.server.explaining import explain_alone
from leadwire.server.opened import ids_named
from leadwire.settings import Settings
from leadwire.stores.sqlite import SqliteCallStore

NOW = "2026-11-23 12:00:00"
NOW_MS = parse_date_time(NOW)
MINUTE_MS = 60_000
KEY_ID = "key_6c863e8d29ec"
KEY_NAME = "Nightly sync"
PASSWORD = "correct horse battery"  # noqa: S105  # made up
API_TYPES = ("Lead", "Activity", "Metadata", "User")

ASHA = Viewer(
    user_id="u-asha",
    account_id="acme",
    account_name="Acme",
    name="Asha Rao",
    email="asha@acme.test",
    role="administrator",
    may_see_bodies=True,
)
BEN = Viewer(
    user_id="u-ben",
    account_id="other",
    account_name="Other",
    name="Ben Ode",
    email="ben@other.test",
    role="viewer",
    may_see_bodies=True,
)

_IDS = SystemIds()


class SteppedClock:
    """Stands still until a test moves it."""

    def __init__(self, at_ms: int = NOW_MS) -> None:
        self.at_ms = at_ms

    def now_ms(self) -> int:
        return self.at_ms

    def elapsed_ns(self) -> int:
        return self.at_ms * 1_000_000


class SessionsInMemory:
    """The sign-in that the console asks for, with two people and one password."""

    def __init__(self) -> None:
        self.viewers = {viewer.email: viewer for viewer in (ASHA, BEN)}
        self.tokens: dict[str, Viewer] = {}
        self.checked = 0
        self.asked_on_event_loop = False

    def sign_in(self, email: str, password: str, caller: Caller) -> str | None:
        assert caller.address
        self.checked += 1
        self._notice_thread()
        viewer = self.viewers.get(email.lower())
        if viewer is None or password != PASSWORD:
            return None
        token = f"token-{self.checked}"
        self.tokens[token] = viewer
        return token

    def viewer(self, token: str) -> Viewer | None:
        self._notice_thread()
        return self.tokens.get(token)

    def sign_out(self, token: str) -> None:
        self._notice_thread()
        self.tokens.pop(token, None)

    def sessions_of(self, token: str, viewer: Viewer) -> list[SessionInfo]:
        del token, viewer
        return []

    def browser_mark(self, email: str) -> str:
        return f"mark-of-{email.lower()}"

    def _notice_thread(self) -> None:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return
        self.asked_on_event_loop = True


class UnaskedReruns:
    """Runs nothing."""

    async def rolled_back(self, request: RerunRequest) -> CallRecord:
        raise NotImplementedError

    async def for_real(self, request: RerunRequest, *, by_administrator: bool) -> CallRecord:
        raise NotImplementedError


class MailsInMemory:
    """The outbox that the console asks for; newest first."""

    def __init__(self) -> None:
        self.mails: list[OutboxMail] = []

    def page(
        self, account_id: str, *, state: MailState | None, cursor: str, mails_max: int
    ) -> OutboxPage:
        found = [m for m in self.mails if m.account_id == account_id and state in (None, m.state)]
        start = int(cursor) if cursor.isdecimal() else 0
        end = start + mails_max
        return OutboxPage(tuple(found[start:end]), str(end) if len(found) > end else "")

    def mail(self, account_id: str, mail_id: str) -> OutboxMail | None:
        own = (m for m in self.mails if m.account_id == account_id and m.mail_id == mail_id)
        return next(own, None)


class AuditInMemory:
    """The audit trail that the console asks for."""

    def __init__(self) -> None:
        self.kept: list[tuple[Viewer, Action, str, str]] = []

    def record(self, viewer: Viewer, action: Action, thing: str = "", *, note: str = "") -> None:
        self.kept.append((viewer, action, thing, note))

    def actions(self) -> list[tuple[str, Action, str]]:
        """(who, what, to which thing), oldest first."""
        return [(viewer.email, action, thing) for viewer, action, thing, _ in self.kept]

    def entries(self, account_id: str, query: AuditQuery, *, rows_max: int) -> list[Entry]:
        found = [
            Entry(number, NOW_MS, viewer.doer, action, thing, note)
            for number, (viewer, action, thing, note) in enumerate(self.kept)
            if viewer.account_id == account_id and query.action in ("", action)
        ]
        return found[::-1][:rows_max]


class Accounts:
    """The access data of both people's accounts, made when a page asks for it."""

    def __init__(self, folder: Path, settings: Settings, clock: "SteppedClock") -> None:
        self._folder = folder
        self._settings = settings
        self._clock = clock

    @cached_property
    def access(self) -> AccessStore:
        path = self._folder / "access.sqlite"
        make_empty_file(path)
        store = AccessStore(SqliteDatabase(path), b"k" * 32, clock=self._clock, ids=_IDS)
        with transaction(store.engine) as connection:
            for number, viewer in enumerate((ASHA, BEN), 1001):
                connection.execute(
                    insert(accounts).values(
                        account_id=viewer.account_id,
                        number=number,
                        name=viewer.account_name,
                        created_on=NOW_MS,
                    )
                )
                add_person(connection, viewer.email)
                connection.execute(
                    insert(users).values(
                        user_id=viewer.user_id,
                        account_id=viewer.account_id,
                        email=viewer.email,
                        first_name=viewer.name,
                        last_name="",
                        role="Administrator" if viewer.is_administrator else "Sales_User",
                        is_active=1,
                        joined_on=NOW_MS,
                        created_on=NOW_MS,
                    )
                )
        return store

    @cached_property
    def live(self) -> LiveSettings:
        return LiveSettings(self.access, self._settings)


class IdleCrm:
    """An empty CRM, of which a test sets how many deliveries wait."""

    def __init__(self) -> None:
        self.deliveries = QueueState()

    async def read(self, actor: Actor, work: Work[T]) -> T:
        engine = create_engine("sqlite://")
        METADATA.create_all(engine)
        with engine.connect() as connection:
            unit = Unit(connection, actor, NOW_MS, _IDS, LeadSchema(), set(), NOBODY, set(), [])
            found = work(unit)
        engine.dispose()
        return self.deliveries if isinstance(found, QueueState) else found


class World:
    """Close it when done: it holds a store."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.clock = SteppedClock()
        self.sessions = SessionsInMemory()
        self._app: Starlette | None = None
        self.audit = AuditInMemory()
        self.outbox = MailsInMemory()
        self.crm = IdleCrm()
        self.store = SqliteCallStore(folder / "calls", clock=self.clock)
        self.settings = Settings(data=folder, **settings)
        self.services = ConsoleServices(
            settings_in_force=lambda: self.settings,
            clock=self.clock,
            calls=self.store.reader,
            log_days=self.store.reader.log_days,
            token_in_force=lambda: None,
            crm=self.crm,
            sign_in=self.sessions,
            audit=self.audit,
            account=Accounts(folder, self.settings, self.clock),  # type: ignore[arg-type]  # made late
            api_types=API_TYPES,
            names=lambda account_id: (
                {ASHA.user_id: ASHA.name, KEY_ID: KEY_NAME} if account_id == ASHA.account_id else {}
            ),
            ids_named=lambda account_id, name: ids_named(
                self.services.account.access, account_id, name
            ),
            completeness=lambda: Completeness(served=0, recorded=0, in_gaps=0, since_ms=NOW_MS),
            plan_use=lambda _account_id: PlanUse("unlimited", ()),
            outbox=self.outbox,
            explain=lambda record: explain_alone(record, self.store.reader),
            reruns=UnaskedReruns(),
            file=lambda _account_id, _file_id: None,
            stopping=lambda: False,
            controls_are_on=False,
            bound_met=lambda _setting: None,
        )

    def app(self) -> Starlette:
        return build(self.services)

    def app_once(self) -> Starlette:
        """The same application for several clients."""
        self._app = self._app or self.app()
        return self._app

    def client(self, viewer: Viewer | None = None) -> TestClient:
        """A browser without scripts; signed in when *viewer* is given."""
        client = TestClient(self.app(), base_url="http://localhost", follow_redirects=False)
        if viewer is not None:
            client.post("/console/sign-in", data={"email": viewer.email, "password": PASSWORD})
        return client

    def without_bodies(self) -> TestClient:
        """A browser of somebody in Acme who has no right to see bodies."""
        viewer = replace(ASHA, email="leela@acme.test", role="viewer", may_see_bodies=False)
        self.sessions.viewers[viewer.email] = viewer
        return self.client(viewer)

    def record(self, *records: CallRecord) -> None:
        async def append() -> None:
            for appended in [self.store.append(record) for record in records]:
                await appended

        # In a thread of its own: the browser's driver keeps a loop running in the test's.
        with ThreadPoolExecutor(1) as executor:
            executor.submit(lambda: asyncio.run(append())).result()

    def close(self) -> None:
        self.store.close()


def call(*, minutes_ago: float = 1, **fields: object) -> CallRecord:
    """A successful call of Acme's with a fresh id."""
    at_ms = NOW_MS - int(minutes_ago * MINUTE_MS)
    values = {
        "call_id": _IDS.call_id(at_ms),
        "started_at_ms": at_ms,
        "duration_ms": 4.21,
        "account_id": ASHA.account_id,
        "user_id": ASHA.user_id,
        "key_id": KEY_ID,
        "api_type": "Lead",
        "operation": "Lead.Capture",
        "method": "POST",
        "path": "/v2/LeadManagement.svc/Lead.Capture",
        "request_content_type": "application/json",
        "request_body": '[{"Attribute":"EmailAddress","Value":"mira@example.com"}]',
        "request_body_bytes": 57,
        "status_code": 200,
        "response_body": '{"Status":"Success","Message":{"Id":"2f0e","IsCreated":true}}',
        "response_body_bytes": 61,
        "client_address": "192.0.2.7",
        "user_agent": "lsq/0.0.15",
    } | fields
    values.setdefault(
        "outcome",
        outcome_of(
            status_code=values["status_code"], exception_type=values.get("exception_type", "")
        ),
    )
    return CallRecord(**values)


def mail(state: MailState = "sent", **fields: object) -> OutboxMail:
    """A mail of Acme's to a lead."""
    values = {
        "account_id": ASHA.account_id,
        "mail_id": _IDS.guid(),
        "call_id": _IDS.call_id(NOW_MS),
        "lead_id": _IDS.guid(),
        "created_on": NOW_MS,
        "sender_name": ASHA.name,
        "sender_email": ASHA.email,
        "recipients": ("mira@example.com",),
        "copies": (),
        "subject": "Your visit",
        "html": "<p>Dear <b>Mira</b></p>",
        "text": "Dear Mira",
        "details": MailDetails(),
        "due_on": NOW_MS,
        "state": state,
        "attempts": 0 if state == "recorded" else 1,
        "next_attempt_on": NOW_MS + MINUTE_MS if state == "waiting" else None,
        "finished_on": NOW_MS if state in ("sent", "failed") else None,
        "problem": "The server refused it: 554 no" if state == "failed" else "",
    } | fields
    return OutboxMail(**values)


def failed_call(*, minutes_ago: float = 2, **fields: object) -> CallRecord:
    """Lead.Update without its leadId, as the error contract shows it."""
    message = "'leadId' is mandatory for updating lead"
    kind = "MXMandatoryAttributeMissingException"
    values = {
        "operation": "Lead.Update",
        "path": "/v2/LeadManagement.svc/Lead.Update",
        "status_code": 500,
        "exception_type": kind,
        "exception_message": message,
        "response_body": (
            f'{{"Status":"Error","ExceptionType":"{kind}","ExceptionMessage":"{message}"}}'
        ),
    } | fields
    return call(minutes_ago=minutes_ago, **values)


def refused_call(*, minutes_ago: float = 3, **fields: object) -> CallRecord:
    values = {
        "account_id": "",
        "user_id": "",
        "key_id": "unknown:9f3c51aa",
        "status_code": 401,
        "exception_type": "MXInvalidAccessDetailsException",
        "exception_message": "Invalid Access Details provided.",
        "refusal_reason": "no key has this fingerprint",
    } | fields
    return call(minutes_ago=minutes_ago, **values)


def busy_day(count: int = 60) -> Iterable[CallRecord]:
    """A mixed day: every outcome, several operations, quiet hours."""
    kinds = (
        {},
        {
            "operation": "Leads.GetByEmailaddress",
            "method": "GET",
            "path": "/v2/LeadManagement.svc/Leads.GetByEmailaddress",
            "query_string": "emailaddress=mira%40example.com",
            "request_body": "",
            "request_body_bytes": 0,
            "request_content_type": "",
        },
        {
            "operation": "Create",
            "api_type": "Activity",
            "path": "/v2/ProspectActivity.svc/Create",
        },
        {"status_code": 429, "exception_type": "MXAPIRateLimitExceededException"},
        {"status_code": 500, "exception_type": "NullReferenceException"},
        {"status_code": 404, "operation": "", "api_type": "", "path": "/v2/Lead.svc/Find"},
    )
    for number in range(count):
        ago = number * 7 + (number // 9) * 55
        if number % 11 == 5:
            yield failed_call(minutes_ago=ago)
        else:
            kind = kinds[number % 3] if number % 13 else kinds[3 + number // 13 % 3]
            yield call(minutes_ago=ago, duration_ms=0.8 + number * 3.7, **kind)
