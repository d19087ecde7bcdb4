"""An account's lead schema: its changes are seen by every call that begins after them."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from engines import make_crm, place
from support import LEADS, InProcess, LoopThread, StandingClock

from leadwire.clock import SystemIds
from leadwire.crm.leads.attributes import check_attributes
from leadwire.crm.leads.own_fields import NewField, create_field
from leadwire.crm.leads.rows import get_lead
from leadwire.crm.leads.schema import DEFAULT_SCHEMA
from leadwire.crm.leads.writes import create_lead
from leadwire.crm.store import CrmStore
from leadwire.crm.unit import Actor, Unit
from leadwire.errors import LeadwireError

ASHA = Actor("account-1", "user-1", {})
RAVI = Actor("account-2", "user-2", {})
_CREATE_FIELD = LEADS + "CreateLeadField"


@pytest.fixture
def crm(tmp_path: Path, loop_thread: LoopThread) -> Iterator[CrmStore]:
    make_crm(tmp_path)

    async def opened() -> CrmStore:
        return CrmStore(place(tmp_path).crm, clock=StandingClock(), ids=SystemIds())

    store = loop_thread.run(opened())
    yield store
    loop_thread.run(asyncio.to_thread(store.close))


def new_field(name: str) -> NewField:
    return NewField(
        display_name=name,
        data_type="Text",
        render="",
        mandatory=False,
        max_length=None,
        options=(),
        show_in_import=True,
        show_in_mail_merge=True,
        lock_after_create=0,
        use_in_lead_clone=False,
    )


def test_a_field_belongs_to_its_account(crm: CrmStore, loop_thread: LoopThread) -> None:
    """Another account has the default fields, all of them, and no other."""

    async def story() -> None:
        assert await crm.schema(ASHA.account_id) is DEFAULT_SCHEMA
        await crm.write(ASHA, lambda unit: create_field(unit, new_field("Branch")))
        assert "mx_Branch" in (await crm.schema(ASHA.account_id)).by_name
        assert await crm.schema(RAVI.account_id) is DEFAULT_SCHEMA

    loop_thread.run(story())


def test_a_change_is_seen_though_its_caller_went_away(
    crm: CrmStore, loop_thread: LoopThread
) -> None:
    """Committed is committed: the schema is read again even when nobody waits for the answer."""

    async def story() -> None:
        before = await crm.schema(ASHA.account_id)
        leaving = asyncio.ensure_future(
            crm.write(ASHA, lambda unit: create_field(unit, new_field("Branch")))
        )
        await asyncio.sleep(0)
        leaving.cancel()
        # The writer works in order: once a later unit is durable, so is the one before.
        await crm.write(RAVI, lambda _unit: None)
        after = await crm.schema(ASHA.account_id)
        assert after is not before
        assert "mx_Branch" in after.by_name

    loop_thread.run(story())


def test_a_change_that_failed_changes_no_schema(crm: CrmStore, loop_thread: LoopThread) -> None:
    """A unit that made a field and then raised leaves neither the field nor a new schema."""

    def make_and_fail(unit: Unit) -> None:
        create_field(unit, new_field("Branch"))
        raise LeadwireError("no")

    async def story() -> None:
        with pytest.raises(LeadwireError):
            await crm.write(ASHA, make_and_fail)
        assert await crm.schema(ASHA.account_id) is DEFAULT_SCHEMA

    loop_thread.run(story())


def test_an_unchanged_schema_is_read_once(crm: CrmStore, loop_thread: LoopThread) -> None:
    """Calls share one schema until it changes; writing leads does not change it."""

    async def story() -> None:
        await crm.write(ASHA, lambda unit: create_field(unit, new_field("Branch")))
        schema = await crm.schema(ASHA.account_id)
        write = check_attributes(
            schema, [("FirstName", "Asha"), ("mx_Branch", "Pune")], attributes_max=10
        )
        lead_id = await crm.write(ASHA, lambda unit: create_lead(unit, write))
        lead = await crm.read(ASHA, lambda unit: get_lead(unit, lead_id))
        assert lead is not None
        assert lead.values["mx_Branch"] == "Pune"
        assert await crm.schema(ASHA.account_id) is schema

    loop_thread.run(story())


def test_of_fields_made_at_once_with_one_name_one_is_made(api: InProcess) -> None:
    """However the calls fall into commits; and every different name is made."""
    body = {"DisplayName": "Branch", "DataType": "Text", "RenderTypeTextValue": "Textbox"}
    calls = [("POST", _CREATE_FIELD, body)] * 5
    calls += [("POST", _CREATE_FIELD, {**body, "DisplayName": f"Branch {n}"}) for n in range(5)]
    answers = api.send_many(calls)
    assert sorted(answer.status for answer in answers) == [200] * 6 + [500] * 4
    shown = [field["SchemaName"] for field in api.get(LEADS + "LeadsMetaData.Get").json]
    made = [name for name in shown if name.startswith("mx_Branch")]
    assert sorted(made) == ["mx_Branch", *(f"mx_Branch_{n}" for n in range(5))]
    lead_id = api.create(FirstName="Asha", mx_Branch="Pune", mx_Branch_4="Goa")
    assert api.lead(lead_id)["mx_Branch_4"] == "Goa"
