"""Sow a seed file into an account, by the same rules as the API: all of it, or nothing.

Nothing is announced to webhooks, no limit counts, and no call is recorded.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, cast, get_args

from leadwire.access.audit import Doer
from leadwire.access.change import Change
from leadwire.access.store import AccessStore
from leadwire.access.users import UserDraft, insert_user
from leadwire.calls.instants import instants_of
from leadwire.controls.answers import Refused, as_type, did_you_mean, wrong
from leadwire.controls.rows import drop_users
from leadwire.controls.sample import sample_leads
from leadwire.controls.seed_file import (
    ActivitySeed,
    FieldSeed,
    SeedFile,
    TaskSeed,
    moment_ms,
)
from leadwire.crm.activities.custom_types import TypeDraft, create_type, types_of_account
from leadwire.crm.activities.writes import Posting, post_checked
from leadwire.crm.leads.attributes import check_attributes
from leadwire.crm.leads.own_fields import FieldOption, NewField, create_field
from leadwire.crm.leads.schema import load_schema
from leadwire.crm.leads.writes import create_lead
from leadwire.crm.lists import add_to_list, create_list
from leadwire.crm.notes import create_note
from leadwire.crm.store import Crm
from leadwire.crm.task_types import BY_NAME
from leadwire.crm.tasks import TaskDraft, create_task
from leadwire.crm.unit import Actor, Person, Unit
from leadwire.crm.webhooks.listeners import Listeners
from leadwire.crm.webhooks.webhooks import WebhookDetails, WebhookDraft, create_webhook
from leadwire.errors import AccessError, CrmError
from leadwire.operations.lead_fields import FieldDataType
from leadwire.operations.webhooks import EVENT_OF_TEXT

Ids = dict[str, str]
"""Ids by handle."""

_ATTRIBUTES_MAX: Final = 1_000
_LEAD: Final = 1
"""The entity of a task that is about a lead."""
_TYPES: Final[tuple[str, ...]] = get_args(FieldDataType)
_RECEIVER: Final = "receiver:"


class Sower:
    """Sows seeds into accounts. *receiver_url* gives the address of a receiver by its name."""

    def __init__(
        self, access: AccessStore, crm: Crm, receiver_url: Callable[[str], str] | None = None
    ) -> None:
        self._access = access
        self._crm = crm
        self._receiver_url = receiver_url

    async def sow(self, account_id: str, seed: SeedFile) -> Ids:
        """Add the seed's data to the account. Returns the ids. Raises Refused, and adds nothing."""
        users = self._add_users(account_id, seed)
        actor = self._actor(account_id)
        try:
            ids = await self._crm.write(
                actor, lambda unit: _Field(unit, seed, users, self._receiver_url).sow()
            )
        except BaseException:
            self._remove_users(account_id, users)
            raise
        return {**users, **ids}

    def _add_users(self, account_id: str, seed: SeedFile) -> Ids:
        def add(change: Change) -> Ids:
            ids = {}
            for handle, user in seed.users.items():
                draft = UserDraft(
                    email=user.email,
                    first_name=user.first_name or handle.title(),
                    last_name=user.last_name,
                    role=user.role,
                )
                with _at(f"users.{handle}"):
                    ids[handle] = insert_user(change, account_id, draft, has_joined=True)
            return ids

        return self._access.change(_SEED, add) if seed.users else {}

    def _remove_users(self, account_id: str, users: Ids) -> None:
        if users:
            ids = tuple(users.values())
            self._access.change(
                _SEED, lambda change: drop_users(change.connection, account_id, ids)
            )

    def _actor(self, account_id: str) -> Actor:
        users = self._access.users(account_id)
        people = {user.user_id: Person(user.name, user.email) for user in users}
        first = next(user.user_id for user in users if user.role == "Administrator")
        return Actor(account_id, first, people)


_SEED: Final = Doer("", "seed file", "")


class _Field:
    """One sowing: the unit it writes in, and the ids of what it made."""

    def __init__(
        self,
        unit: Unit,
        seed: SeedFile,
        users: Ids,
        receiver_url: Callable[[str], str] | None,
    ) -> None:
        self._unit = unit._replace(listeners=Listeners({}))
        self._seed = seed
        self._users = users
        self._receiver_url = receiver_url
        self._codes: dict[str, int] = {}

    def sow(self) -> Ids:
        seed, unit = self._seed, self._unit
        for place, field in enumerate(seed.fields):
            with _at(f"fields[{place}]"):
                create_field(unit, _new_field(field))
        if seed.fields:
            unit.stale_schemas.add(unit.actor.account_id)
            schema = load_schema(unit.connection, unit.actor.account_id, unit.schema.rules)
            self._unit = unit = unit._replace(schema=schema)
        for handle, kind in seed.activity_types.items():
            with _at(f"activity_types.{handle}"):
                made = create_type(unit, TypeDraft(name=kind.name, score=kind.score))
                self._codes[handle.lower()] = made.event_code
        types = types_of_account(unit).values()
        self._codes |= {kind.name.lower(): kind.event_code for kind in types}
        leads = {
            handle: self._lead(f"leads.{handle}", values)
            for handle, values in {**seed.leads, **sample_leads(seed.sample)}.items()
        }
        lists = {handle: self._list(handle, leads) for handle in seed.lists}
        for place in range(len(seed.webhooks)):
            self._webhook(place)
        return {**leads, **lists}

    def _lead(self, at: str, values: Mapping[str, Any]) -> str:
        given = dict(values)
        with _at(f"{at}.activities"):
            activities = as_type(given.pop("activities", []), list[ActivitySeed])
        with _at(f"{at}.tasks"):
            tasks = as_type(given.pop("tasks", []), list[TaskSeed])
        with _at(f"{at}.notes"):
            notes = as_type(given.pop("notes", []), list[str])
        unit = self._unit
        if created := given.pop("CreatedOn", ""):
            unit = unit._replace(now_ms=self._moment(str(created), f"{at}.CreatedOn"))
        if owner := given.pop("Owner", ""):
            given["OwnerId"] = self._user(str(owner), f"{at}.Owner")
        with _at(at):
            texts = [(name, as_type(value, str)) for name, value in given.items()]
            write = check_attributes(unit.schema, texts, attributes_max=_ATTRIBUTES_MAX)
            if write.ignored:
                raise wrong(f"{write.ignored[0]} is written by the system.", at=at)
            lead_id = create_lead(unit, write)
        for place, activity in enumerate(activities):
            self._activity(lead_id, activity, f"{at}.activities[{place}]")
        for place, task in enumerate(tasks):
            self._task(lead_id, task, f"{at}.tasks[{place}]")
        for place, note in enumerate(notes):
            with _at(f"{at}.notes[{place}]"):
                create_note(unit, lead_id, note)
        return lead_id

    def _activity(self, lead_id: str, activity: ActivitySeed, at: str) -> None:
        on = self._moment(activity.on, f"{at}.on") if activity.on else None
        code = self._codes.get(activity.type.lower())
        if code is None:
            if not activity.type.isdecimal():
                fix = did_you_mean(activity.type, tuple(self._codes))
                message = f"There is no activity type '{activity.type}'."
                raise wrong(message, at=f"{at}.type", fix=fix)
            code = int(activity.type)
        posting = Posting(
            event_code=code,
            note=activity.note,
            happened_on=on,
            fields=dict(activity.fields),
        )
        unit = self._unit if on is None else self._unit._replace(now_ms=on)
        with _at(at):
            post_checked(unit, lead_id, posting)

    def _task(self, lead_id: str, task: TaskSeed, at: str) -> None:
        kind = BY_NAME.get(task.type.lower())
        if kind is None:
            fix = did_you_mean(task.type, tuple(each.name for each in BY_NAME.values()))
            raise wrong(f"There is no task type '{task.type}'.", at=f"{at}.type", fix=fix)
        draft = TaskDraft(
            type=kind,
            related_entity=_LEAD,
            related_id=lead_id,
            owner_id=self._user(task.owner, f"{at}.owner") if task.owner else None,
            due_on=self._moment(task.due, f"{at}.due") if task.due else None,
            details={"name": task.subject},
        )
        with _at(at):
            create_task(self._unit, draft)

    def _list(self, handle: str, leads: Mapping[str, str]) -> str:
        seed, at = self._seed.lists[handle], f"lists.{handle}"
        members = []
        for place, member in enumerate(seed.members):
            if member not in leads:
                fix = did_you_mean(member, tuple(leads))
                raise wrong(f"There is no lead '{member}'.", at=f"{at}.members[{place}]", fix=fix)
            members.append(leads[member])
        with _at(at):
            list_id = create_list(self._unit, seed.name, seed.description)
            add_to_list(self._unit, list_id, members)
        return list_id

    def _webhook(self, place: int) -> None:
        seed, at = self._seed.webhooks[place], f"webhooks[{place}]"
        event = EVENT_OF_TEXT.get(seed.event.lower())
        if event is None:
            fix = did_you_mean(seed.event, tuple(EVENT_OF_TEXT))
            raise wrong(f"There is no event '{seed.event}'.", at=f"{at}.event", fix=fix)
        url = seed.to
        if url.startswith(_RECEIVER):
            if self._receiver_url is None:
                raise wrong("Receivers need 'leadwire serve --controls'.", at=f"{at}.to")
            url = self._receiver_url(url.removeprefix(_RECEIVER))
        draft = WebhookDraft(
            event=event.kind,
            only="",
            url=url,
            content_type="application/json",
            headers=(),
            details=WebhookDetails(),
            secret=seed.secret,
        )
        with _at(at):
            create_webhook(self._unit, draft)
        self._unit.stale_schemas.add(self._unit.actor.account_id)

    def _user(self, handle: str, at: str) -> str:
        if handle in self._users:
            return self._users[handle]
        for user_id, person in self._unit.actor.people.items():
            if handle in (user_id, person.email):
                return user_id
        fix = did_you_mean(handle, tuple(self._users))
        raise wrong(f"There is no user '{handle}'.", at=at, fix=fix)

    def _moment(self, text: str, at: str) -> int:
        found = moment_ms(text, self._unit.now_ms)
        if found is not None:
            return found
        try:
            return instants_of(text, self._unit.now_ms)[0]
        except ValueError as error:
            raise wrong(f"{error} Or write a span, as -3d or +2h.", at=at) from None


def _new_field(seed: FieldSeed) -> NewField:
    """Raises Refused for an unknown type."""
    if seed.type not in _TYPES:
        fix = did_you_mean(seed.type, _TYPES)
        raise wrong(f"There is no type '{seed.type}'.", at="type", fix=fix)
    return NewField(
        display_name=seed.display_name,
        data_type=cast("FieldDataType", seed.type),
        render="",
        mandatory=seed.mandatory,
        max_length=None,
        options=[FieldOption(value, place) for place, value in enumerate(seed.options, 1)],
        show_in_import=True,
        show_in_mail_merge=True,
        lock_after_create=0,
        use_in_lead_clone=True,
    )


@contextmanager
def _at(at: str) -> Iterator[None]:
    """Errors of the rules, with their place in the file."""
    try:
        yield
    except Refused as refused:
        inner = refused.error["at"]
        if not inner.startswith(at):
            refused.error["at"] = f"{at}{inner}" if inner[:1] in ("", "[") else f"{at}.{inner}"
        raise
    except (CrmError, AccessError) as error:
        raise wrong(str(error), at=at, fix=getattr(error, "fix", "")) from None
