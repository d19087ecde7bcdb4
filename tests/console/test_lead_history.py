"""The call that last set each field of a lead, against a reader who looks after every call."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from engines import place
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st
from support import LEADS, Answer, InProcess

from leadwire.calls.query import CallQuery, condition_of
from leadwire.calls.record import CallRecord
from leadwire.clock import SystemIds
from leadwire.console.leads.history import history_of
from leadwire.crm.leads.rows import Lead, get_lead
from leadwire.crm.leads.schema import LeadSchema, load_schema
from leadwire.crm.unit import Actor, Unit
from leadwire.folder_identity import CALLS_FOLDER
from leadwire.stores.sqlite import SqliteCallReader

FIELDS = ("FirstName", "mx_City", "Source", "Phone", "DoNotCall", "Revenue")
_VALUES: dict[str, list[object]] = {
    "Phone": ["+91-9000000001", "+91-9000000002"],
    "DoNotCall": [True, False, "1"],
    "Revenue": [5, "7", ""],
}


@pytest.fixture(scope="module")
def api(shared_api: InProcess) -> InProcess:
    return shared_api


def lead_of(api: InProcess, lead_id: str) -> tuple[Lead, LeadSchema]:
    reader = place(api.folder).crm.reader(connections=1)
    try:
        with reader.connect() as connection:
            account_id = api.keys.account_id
            schema = load_schema(connection, account_id)
            actor = Actor(account_id, "", {})
            unit = Unit(connection, actor, 0, SystemIds(), schema, set(), {}, set(), [])
            lead = get_lead(unit, lead_id)
            assert lead is not None
            return lead, schema
    finally:
        reader.dispose()


def calls_about(api: InProcess, lead_id: str) -> tuple[CallRecord, ...]:
    reader = SqliteCallReader(api.folder / CALLS_FOLDER)
    try:
        condition = condition_of(f'"{lead_id}"')
        query = CallQuery(account_id=api.keys.account_id, condition=condition, limit=1_000)
        return reader.search(query).calls
    finally:
        reader.close()


def _pairs(values: dict[str, object]) -> list[dict[str, object]]:
    return [{"Attribute": name, "Value": value} for name, value in values.items()]


def _update(api: InProcess, lead_id: str, email: str, values: dict[str, object]) -> Answer:
    del email
    return api.write("Lead.Update", values, leadId=lead_id.upper())


def _create_or_update(
    api: InProcess, lead_id: str, email: str, values: dict[str, object]
) -> Answer:
    del lead_id
    values = {"EmailAddress": email, "SearchBy": "EmailAddress"} | values
    return api.write("Lead.CreateOrUpdate", values)


def _capture(behavior: str) -> Callable[..., Answer]:
    def capture(api: InProcess, lead_id: str, email: str, values: dict[str, object]) -> Answer:
        del lead_id
        values = {"EmailAddress": email} | values
        parameters = {"LeadUpdateBehavior": behavior} if behavior else {}
        return api.write("Lead.Capture", values, **parameters)

    return capture


def _bulk(api: InProcess, lead_id: str, email: str, values: dict[str, object]) -> Answer:
    del lead_id
    rows = [
        _pairs({"FirstName": "Other", "EmailAddress": "other@example.com"}),
        _pairs({"EmailAddress": email, "SearchBy": "EmailAddress"} | values),
    ]
    return api.post(LEADS + "Lead/Bulk/CreateOrUpdate", rows)


def _one_field(api: InProcess, lead_id: str, email: str, values: dict[str, object]) -> Answer:
    del email
    body = {"LeadIds": [lead_id], "LeadFields": _pairs(values)[0]}
    return api.post(LEADS + "Lead/Bulk/Update", body)


def _bulk_by_id(api: InProcess, lead_id: str, email: str, values: dict[str, object]) -> Answer:
    del email
    fields = _pairs({"ProspectId": lead_id} | values)
    body = {"SearchByKey": "ProspectId", "LeadPropertiesList": [{"Fields": fields}]}
    return api.post(LEADS + "Lead/Bulk/UpdateV2", body)


def _with_activity(api: InProcess, lead_id: str, email: str, values: dict[str, object]) -> Answer:
    del lead_id
    details = _pairs({"EmailAddress": email, "SearchBy": "EmailAddress"} | values)
    body = {"LeadDetails": details, "Activity": {"ActivityEvent": 201}}
    return api.post("/v2/ProspectActivity.svc/CreateCustom", body)


WAYS = (
    _update,
    _create_or_update,
    _bulk,
    _one_field,
    _bulk_by_id,
    _with_activity,
    *map(_capture, ("", "DoNotUpdate", "UpdateOnlyEmptyFields", "DoNotUpdateUniqueFields")),
)
_values = st.fixed_dictionaries(
    {},
    optional={name: st.sampled_from(_VALUES.get(name, ["A", "B", "", None])) for name in FIELDS},
).filter(bool)
_number = iter(range(10**9))


@budget(max_examples=15)
@given(st.lists(st.tuples(st.sampled_from(WAYS), _values), max_size=6))
def test_the_history_is_what_a_reader_after_every_call_would_tell(
    api: InProcess, writes: list[tuple[Callable[..., Answer], dict[str, Any]]]
) -> None:
    """Whichever operations write, and whichever of their values are not taken."""
    number = next(_number)
    email = f"lead{number}@example.com"
    created = api.write("Lead.Create", {"EmailAddress": email, "LastName": "Kumar"})
    lead_id = created.json["Message"]["Id"]
    setters = {"EmailAddress": (created.call_id, None), "LastName": (created.call_id, None)}
    before = lead_of(api, lead_id)[0].values
    for write, values in writes:
        api.clock.advance(7)
        answer = write(api, lead_id, email, values)
        after = lead_of(api, lead_id)[0].values
        for name in FIELDS:
            if after.get(name, "") != before.get(name, ""):
                setters[name] = (answer.call_id, before.get(name))
        before = after
    lead, schema = lead_of(api, lead_id)
    history = history_of(lead, schema, calls_about(api, lead_id))
    assert history.made_by is not None
    assert history.made_by.call_id == created.call_id
    told = {
        name: (origin.call.call_id if origin.call else "", origin.before or None)
        for name in (*FIELDS, "EmailAddress", "LastName")
        if (origin := history.origins.get(name)) is not None
    }
    assert {origin.origin for origin in history.origins.values()} <= {"call", "created"}
    assert told == setters


def test_a_change_without_a_call_is_seen(api: InProcess) -> None:
    """The value of today is not what the last call sent, or no call sent one."""
    lead_id = api.create(FirstName="Ravi", EmailAddress="changed@example.com")
    lead, schema = lead_of(api, lead_id)
    calls = calls_about(api, lead_id)
    changed = msgspec.structs.replace(lead, values=lead.values | {"FirstName": "R", "Fax": "1"})
    origins = history_of(changed, schema, calls).origins
    assert (origins["FirstName"].origin, origins["FirstName"].before) == ("later change", "Ravi")
    assert origins["Fax"].origin == "no call"
    assert history_of(changed, schema, ()).origins["Fax"].origin == "older"
