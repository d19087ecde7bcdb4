"""A whole server with a week of a small company's calls, for looking at every page.

The people and companies are invented. Times are those of a clock that the week moves.
"""

import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

import uvicorn
from console.world import PASSWORD
from engines import place, settings
from sqlalchemy import select
from support import (
    ACTIVITIES,
    LEADS,
    NOW_MS,
    Answer,
    Api,
    InProcess,
    LoopThread,
    StandingClock,
)
from webhooks.receiver import Receiver, Reply

from leadwire.access.accounts import FirstAccount
from leadwire.access.audit import COMMAND_LINE
from leadwire.access.change import Change
from leadwire.access.key_pairs import PairDraft, create_pair
from leadwire.access.keys import KeyPair
from leadwire.access.store import AccessStore
from leadwire.access.users import UserDraft, insert_user, invite_user
from leadwire.clock import SystemIds
from leadwire.crm.tables import mails, webhook_deliveries
from leadwire.data_folder.making import access_store
from leadwire.dates import format_seconds
from leadwire.server.app import set_up_data_folder
from leadwire.server.protocol import protocol_of

DAY_MS: Final = 86_400_000
MINUTE_MS: Final = 60_000
DAYS: Final = 6
_OPEN_MINUTES: Final = 910
ADMINISTRATOR: Final = "priya.nair@example.com"
DEVELOPER: Final = "arjun.mehta@example.com"
VIEWER: Final = "leela.shah@example.com"

_FIRST_NAMES: Final = (
    "Ravi", "Meera", "Karan", "Anita", "Vikram", "Divya", "Rahul", "Sunita", "Imran", "Neha",
    "Sanjay", "Pooja", "Farah", "Manoj", "Kavya", "Aditya", "Ritu", "Joseph", "Tara", "Naveen",
)  # fmt: skip
_LAST_NAMES: Final = ("Kumar", "Iyer", "Patil", "Singh", "Das", "Khan", "Reddy", "Menon", "Joshi")
_CITIES: Final = ("Pune", "Mumbai", "Nashik", "Hyderabad", "Chennai", "Kochi")
_SOURCES: Final = ("Landing page", "Referral", "Walk-in", "Portal")
_STAGES: Final = ("Prospect", "Contacted", "Qualified", "Visit planned")
_TASKS: Final = "/v2/Task.svc/"
_MAILS: Final = "/v2/EmailMarketing.svc/"


class BusyClock(StandingClock):
    """A clock whose calls take time: from half a millisecond to a second, in a fixed order."""

    def __init__(self, at_ms: int) -> None:
        super().__init__(at_ms)
        self._asked = 0
        self._elapsed_ns = 0

    def elapsed_ns(self) -> int:
        self._asked += 1
        noise = self._asked * 7_919 % 1_009
        slow = 40 if noise % 97 == 0 else 1
        self._elapsed_ns += (500_000 + noise * noise * 12) * slow
        return self.at_ms * 1_000_000 + self._elapsed_ns


class Served(NamedTuple):
    """Where the server listens, who may sign in, and the ids of what its pages show."""

    api: InProcess
    address: str
    ids: Mapping[str, str]
    """By the name of the place in an address, such as ``lead_id``."""


@contextmanager
def plausible_server(folder: Path, *, calls_a_day: int = 28, **values: object) -> Iterator[Served]:
    """A server on a free port with a week of calls, in a data folder below *folder*.

    *values* are settings.
    """
    with ExitStack() as closing:
        data = folder / "data"
        keys = set_up_data_folder(
            place(data), account_name="Example Homes", email="admin@example.com"
        )
        loop = LoopThread()
        closing.callback(loop.close)
        clock = BusyClock(NOW_MS - DAYS * DAY_MS)
        chosen = {
            "plan": "enterprise",
            "webhook_private_addresses": True,
            "webhook_group_seconds": 0,
            "lead_delete": True,
            **values,
        }
        api = InProcess(loop, settings(data, **chosen), keys, clock=clock)
        closing.callback(api.close)
        receiver = Receiver()
        closing.callback(receiver.close)
        week = _Week(api, receiver, calls_a_day)
        week.happen()
        yield Served(api, closing.enter_context(_listening(api, loop)), week.ids)


@contextmanager
def _listening(api: InProcess, loop: LoopThread) -> Iterator[str]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            api.app,
            http=protocol_of(api.app.connections),
            lifespan="off",
            log_level="warning",
            access_log=False,
            server_header=False,
        )
        server = uvicorn.Server(config)
        serving = loop.start(server.serve(sockets=[listener]))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            api.app.end_streams()
            server.should_exit = True
            serving.result(30)


def _user_and_pair(change: Change, *, account_id: str, draft: UserDraft) -> tuple[str, KeyPair]:
    """A user, and a key pair that is named after them."""
    user_id = insert_user(change, account_id, draft)
    return user_id, create_pair(change, account_id, PairDraft(user_id, f"{draft.first_name} key"))


class _Week:
    """What happened in the week, oldest first; ``ids`` has what the pages are asked for."""

    def __init__(self, api: InProcess, receiver: Receiver, calls_a_day: int) -> None:
        self._api = api
        self._receiver = receiver
        self._calls_a_day = calls_a_day
        self._as: dict[str, Api] = {}
        self._leads: list[str] = []
        self.ids: dict[str, str] = {}

    def happen(self) -> None:
        access = access_store(place(self._api.folder), clock=self._api.clock, ids=SystemIds())
        try:
            self._people(access)
        finally:
            access.close()
        self._set_up()
        for day in range(DAYS):
            self._day(day)
        self._last_minutes()
        self._api.clock.at_ms = NOW_MS

    def _people(self, access: AccessStore) -> None:
        account_id = access.account_ids()[0]
        for first, last, email, role in (
            ("Priya", "Nair", ADMINISTRATOR, "Administrator"),
            ("Arjun", "Mehta", DEVELOPER, "Marketing_User"),
            ("Leela", "Shah", VIEWER, "Sales_User"),
            ("Web", "Form", "web.form@example.com", "Marketing_User"),
            ("Nightly", "Sync", "nightly.sync@example.com", "Administrator"),
            ("Dialler", "", "dialler@example.com", "Sales_User"),
        ):
            draft = UserDraft(
                first_name=first,
                last_name=last,
                email=email,
                role=role,
                is_developer=email == DEVELOPER,
                password=PASSWORD,
            )
            user_id, pair = access.change(
                COMMAND_LINE, partial(_user_and_pair, account_id=account_id, draft=draft)
            )
            self.ids[f"{first.lower()}_id"] = user_id
            keys = FirstAccount(
                **self._api.keys._asdict()
                | {"access_key": pair.access_key, "secret_key": pair.secret_key}
            )
            self._as[first] = Api(self._api.send, keys)
        self.ids["join_token"] = access.change(
            COMMAND_LINE,
            lambda change: invite_user(
                change,
                account_id,
                insert_user(
                    change, account_id, UserDraft(email="new@example.com", role="Sales_User")
                ),
                hours=24 * DAYS * 2,
            ),
        )

    def _set_up(self) -> None:
        """Own fields, an activity type, a list, and two webhooks: one works, one does not."""
        admin = self._as["Priya"]
        for name, kind, render in (
            ("City", "Text", "Textbox"),
            ("Budget", "Number", "Textbox"),
        ):
            body = {"DisplayName": name, "DataType": kind, "RenderTypeTextValue": render}
            admin.post(LEADS + "CreateLeadField", body)
        created = self._done(
            admin.post("/v2/LeadSegmentation.svc/CreateEmptyList", {"Name": "Call back"})
        )
        self.ids["list_id"] = created.json["Message"]["Id"]
        self._receiver.reply = lambda received: Reply(500 if "lost" in received.target else 200)
        for key, path, event in (("webhook_id", "", "3"), ("failing_webhook_id", "/lost", "6")):
            body = {
                "Description": "Lead sync" if event == "3" else "Data warehouse",
                "URL": self._receiver.url + path,
                "WebhookEvent": event,
                "postUpdatedLead": True,
            }
            made = self._done(admin.post("/v2/Webhook.svc/Create", body))
            self.ids[key] = made.json["Message"]["Id"]

    def _day(self, day: int) -> None:
        """Calls from six in the morning until ten at night, and those of the nightly sync."""
        midnight = NOW_MS - (DAYS - day) * DAY_MS
        for number in range(self._calls_a_day):
            minute = 360 + number * _OPEN_MINUTES // self._calls_a_day
            self._api.clock.at_ms = midnight + minute * MINUTE_MS + number * 977
            self._one_of_many(day * self._calls_a_day + number)
        rows = [
            [{"Attribute": "EmailAddress", "Value": f"portal{day}.{row}@example.com"},
             {"Attribute": "FirstName", "Value": _FIRST_NAMES[row]},
             {"Attribute": "Source", "Value": "Portal"},
             {"Attribute": "SearchBy", "Value": "EmailAddress"}]
            for row in range(10)
        ]  # fmt: skip
        self._as["Nightly"].post(LEADS + "Lead/Bulk/CreateOrUpdate", rows)

    def _one_of_many(self, number: int) -> None:
        kind = number % 14
        if kind in (0, 4, 9) or len(self._leads) < 6:
            self._capture(number)
        elif kind in (1, 6):
            self._as["Priya"].write(
                "Lead.Update",
                {"ProspectStage": _STAGES[number % 4], "mx_City": _CITIES[number % 6]},
                leadId=self._lead(number),
            )
        elif kind in (2, 11):
            self._as["Dialler"].post(ACTIVITIES + "Create", {
                "RelatedProspectId": self._lead(number), "ActivityEvent": 201,
                "ActivityNote": f"Phone call, {number % 7 + 1} min, asked for two rooms",
            })  # fmt: skip
        elif kind in (3, 8, 12):
            self._as["Priya"].get(
                LEADS + "Leads.GetByEmailaddress", emailaddress=_email(number // 2)
            )
        elif kind == 5:
            self._failed(number)
        elif kind == 7:
            self._as["Nightly"].post(LEADS + "Leads.RecentlyModified", {
                "Parameter": {"FromDate": "2026-02-01 00:00:00", "ToDate": "2026-03-31 00:00:00"},
                "Paging": {"PageIndex": 1, "PageSize": 100},
            })  # fmt: skip
        else:
            self._as["Priya"].get(LEADS + "Leads.GetByQuickSearch", key=_FIRST_NAMES[number % 20])

    def _capture(self, number: int) -> None:
        values = {
            "FirstName": _FIRST_NAMES[number % 20],
            "LastName": _LAST_NAMES[number % 9],
            "EmailAddress": _email(number),
            "Phone": f"+91-90000{number:05}",
            "Source": _SOURCES[number % 4],
            "ProspectStage": "Prospect",
            "mx_City": _CITIES[number % 6],
            "mx_Budget": str(4_000_000 + number * 10_000),
        }
        self._leads.append(
            self._done(self._as["Web"].write("Lead.Capture", values)).json["Message"]["Id"]
        )

    def _failed(self, number: int) -> None:
        """One of the faults that integrations really have."""
        which = number // 14 % 6
        if which == 0:
            self._as["Web"].write("Lead.Create", {"EmailAddress": _email(0)})
        elif which == 1:
            self._as["Priya"].write("Lead.Update", {"mx_Citty": "Pune"}, leadId=self._lead(number))
        elif which == 2:
            self._as["Nightly"].post(LEADS + "Lead.Capture", b'[{"Attribute":"FirstName",}]')
        elif which == 3:
            self._as["Dialler"].post("/v2/LeadManagement.svc/Lead.Fetch", {})
        elif which == 4:
            self._api.call(
                "GET", LEADS + "LeadsMetaData.Get?accessKey=u$r1234&secretKey=wrong", keys="none"
            )
        else:
            calls = [("GET", LEADS + "LeadsMetaData.Get", b"")] * 28
            self._api.send_many(calls)

    def _merged_and_deleted(self) -> None:
        admin, (merged, deleted) = self._as["Priya"], self._leads[-2:]
        self._step()
        self._done(admin.post(LEADS + "Lead.Merge", masterId=self._leads[0], childId=merged))
        self._step()
        self._done(admin.get(LEADS + "Lead/Delete/ById", leadId=deleted))
        self.ids |= {"merged_lead_id": merged, "deleted_lead_id": deleted}

    def _last_minutes(self) -> None:
        """One lead with everything, and the calls that single pages show."""
        clock, admin = self._api.clock, self._as["Priya"]
        clock.at_ms = NOW_MS - 50 * MINUTE_MS
        lead_id = self._leads[0]
        self.ids["lead_id"] = lead_id
        self._merged_and_deleted()
        self._step()
        task = {
            "Name": "Visit on Saturday", "RelatedEntity": 1, "RelatedEntityId": lead_id,
            "DueDate": format_seconds(NOW_MS + 3 * DAY_MS), "Reminder": 30,
            "OwnerEmailAddress": ADMINISTRATOR, "StatusCode": 0, "NotifyBy": 1100,
        }  # fmt: skip
        made = admin.post(_TASKS + "Create", task)
        self.ids["task_id"] = self._done(made).json["Message"]["Id"]
        note = {"RelatedProspectId": lead_id, "Note": "Wants two rooms and a balcony"}
        self._step()
        self._done(admin.post(LEADS + "CreateNote", note))
        self._step()
        mail = {
            "SenderType": "UserEmailAddress", "Sender": ADMINISTRATOR,
            "RecipientType": "LeadId", "Recipient": lead_id, "EmailType": "Html",
            "Subject": "Your visit on Saturday",
            "ContentHTML": "<p>Dear @{Lead:FirstName,}, see you on Saturday.</p>",
            "ContentText": "See you on Saturday.", "IncludeEmailFooter": False,
        }  # fmt: skip
        self._done(admin.post(_MAILS + "SendEmailToLead", mail))
        self._step()
        members = {"listId": self.ids["list_id"], "leadIds": self._leads[:4]}
        self._done(admin.post("/v2/LeadSegmentation.svc/AddLeadsToStaticList", members))
        self._opportunity()
        self._step()
        activity = self._as["Dialler"].post(ACTIVITIES + "Create", {
            "RelatedProspectId": lead_id, "ActivityEvent": 201,
            "ActivityNote": "Phone call, 4 min, interested in two rooms",
        })  # fmt: skip
        self.ids["activity_id"] = self._done(activity).json["Message"]["Id"]
        self._step()
        changed = admin.write(
            "Lead.Update", {"mx_City": "Mumbai", "Phone": "+91-9000012345"}, leadId=lead_id
        )
        self.ids["call_id"] = self._done(changed).call_id
        self._step()
        self.ids["failed_call_id"] = self._as["Web"].write(
            "Lead.Create", {"FirstName": "Ravi", "EmailAddress": _email(0)}
        ).call_id  # fmt: skip
        self._step()
        refused = self._api.call(
            "GET", LEADS + "LeadsMetaData.Get?accessKey=u$r1234&secretKey=wrong", keys="none"
        )
        self.ids["refused_call_id"] = refused.call_id
        self._api.run(self._api.app.workers.deliverer.settled())
        reader = place(self._api.folder).crm.reader(connections=1)
        with reader.connect() as connection:
            self.ids["mail_id"] = connection.scalars(select(mails.c.mail_id)).one()
            delivered = select(webhook_deliveries.c.delivery_id).where(
                webhook_deliveries.c.webhook_id == self.ids["webhook_id"]
            )
            self.ids["delivery_id"] = connection.scalars(delivered).first() or ""
        reader.dispose()

    def _opportunity(self) -> None:
        self._step()
        body = {
            "LeadDetails": [
                {"Attribute": "EmailAddress", "Value": _email(0)},
                {"Attribute": "SearchBy", "Value": "EmailAddress"},
            ],
            "Opportunity": {
                "OpportunityEventCode": 12000,
                "OpportunityNote": "Two rooms, east side",
                "Fields": [{"SchemaName": "mx_Custom_1", "Value": "Two rooms"}],
            },
        }
        made = self._as["Priya"].post("/v2/OpportunityManagement.svc/Capture", body)
        self.ids["opportunity_id"] = self._done(made).json["CreatedOpportunityId"]

    def _lead(self, number: int) -> str:
        return self._leads[number * 7 % len(self._leads)]

    def _step(self) -> None:
        self._api.clock.advance(4 * MINUTE_MS)

    def _done(self, answer: Answer) -> Answer:
        assert answer.status == 200, self._api.record(answer)
        return answer


def _email(number: int) -> str:
    first, last = _FIRST_NAMES[number % 20].lower(), _LAST_NAMES[number % 9].lower()
    return f"{first}.{last}{number or ''}@example.com"
