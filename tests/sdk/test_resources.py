"""The other resources through both clients, against the real server in the process."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sdk.both import Driven
from support import NOW

from leadwire.operations import BY_NAME
from leadwire.sdk import Condition, errors

NOW_MOMENT = datetime.strptime(NOW, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
HOUR = timedelta(hours=1)
RANGE = (NOW_MOMENT - HOUR, NOW_MOMENT + HOUR)
MEETING = 200


@pytest.fixture
def lead_id(client: Driven) -> str:
    created: str = client.leads.create(first_name="Asha", email_address="asha@example.com").id
    return created


def test_lead_fields_are_created_described_and_their_options_changed(client: Driven) -> None:
    """A dropdown of the account's own."""
    assert client.fields.create("Loan Type", "Select", "Dropdown", options=["Home", "Gold"]).id
    field = client.fields.get("mx_Loan_Type")
    assert [option.value for option in field.options] == ["Home", "Gold"]
    assert client.fields.add_options("mx_Loan_Type", ["Car"]).affected_rows == 1
    assert client.fields.remove_options("mx_Loan_Type", ["Gold"]).affected_rows == 1
    assert client.fields.create("Scheme", "Select", "Dropdown", options=["A"]).id
    added = client.fields.add_dependent_options(
        "mx_Scheme", ["B"], parent="mx_Loan_Type", parent_value="Home"
    )
    assert added.affected_rows == 1
    names = {field.schema_name for field in client.fields.all(without_options=True)}
    assert {"FirstName", "mx_Loan_Type", "mx_Scheme"} <= names
    assert client.fields.get("mx_Nothing") is None


def test_the_metadata_converts_text_to_values(client: Driven) -> None:
    """Booleans, numbers, dates and date-times; and it knows which fields there are."""
    client.fields.create("Amount", "Number", "Textbox")
    client.fields.create("Opted In", "Boolean", "CheckBox")
    client.fields.create("Seen At", "Date", "DateTime")
    schema = client.fields.schema()
    client.leads.create(
        first_name="Asha", email_address="b@example.com", mx_Amount=12, mx_Opted_In=True,
        mx_DOB=date(1990, 5, 6), mx_Seen_At=NOW_MOMENT,
    )  # fmt: skip
    lead = schema.read(client.leads.by_email("b@example.com"))
    assert (lead["mx_Amount"], lead["mx_Opted_In"]) == (12, True)
    assert (lead["mx_DOB"], lead["mx_Seen_At"]) == (date(1990, 5, 6), NOW_MOMENT)
    assert (lead["FirstName"], lead["Company"]) == ("Asha", None)
    with pytest.raises(errors.InvalidValue, match="mx_Nothing"):
        schema.check({"first_name": "Asha", "mx_Nothing": 1})
    assert schema.check({"first_name": "Asha"}) == {"FirstName": "Asha"}


def test_activities_are_posted_in_every_way(client: Driven, lead_id: str) -> None:
    """By id, by e-mail, with their lead; and read back with their times."""
    first = client.activities.create(
        lead_id, MEETING, "Called", at=NOW_MOMENT - HOUR, include_lead_score=True
    )
    second = client.activities.create_by_email(
        "asha@example.com", MEETING, lead={"phone": "+91-9000000001"}
    )
    third = client.activities.create_with_lead(
        {"email_address": "asha@example.com"}, MEETING, search_by="email_address"
    )
    assert third.related_id == lead_id
    page = client.activities.of_lead(lead_id, MEETING)
    assert (len(page), page.total) == (3, 3)
    ids = {activity.id for activity in client.activities.iter_of_lead(lead_id, page_size=2)}
    assert {first.id, second.id, third.id} <= ids
    oldest = next(activity for activity in page if activity.id == first.id)
    assert (oldest.created_on, oldest.event_code) == (NOW_MOMENT - HOUR, MEETING)
    assert client.activities.get(first.id).by_name()["ActivityEvent_Note"] == "Called"


def test_activities_are_searched_changed_and_removed(client: Driven, lead_id: str) -> None:
    """By time and by conditions; their history is kept."""
    activity_id = client.activities.create(lead_id, MEETING, "Called").id
    assert client.activities.update(activity_id, note="Called again").id == activity_id
    (row,) = client.activities.modified_between(*RANGE, MEETING, remove_empty=True)
    assert (row.id, row.note, row.event_code) == (activity_id, "Called again", MEETING)
    assert [row.id for row in client.activities.iter_modified_between(*RANGE, MEETING)] == [row.id]
    assert client.activities.all_modified_between(*RANGE).total >= 1
    (change,) = client.activities.changes(*RANGE, activity_id=activity_id)
    assert change.changes[0].new_value == "Called again"
    found = client.activities.search(
        MEETING,
        [Condition("ActivityEvent_Note", "lik", "again"), Condition("Status", "eq", "No")],
        joined_by="Or",
    )
    assert [row.id for row in found] == [activity_id]
    assert client.activities.referring_to(lead_id).total == 0
    client.activities.attach(activity_id, "plan.pdf", "https://files.example.com/plan.pdf")
    client.activities.delete_of_lead(lead_id, [MEETING], *RANGE)
    with pytest.raises(errors.NotFound):
        client.activities.get(activity_id)


def test_activities_in_bulk_report_every_row(client: Driven, lead_id: str) -> None:
    """Created by id and by field, changed, locked."""
    rows = client.activities.bulk_create(
        [{"lead_id": lead_id, "event_code": MEETING, "note": "a", "at": NOW_MOMENT},
         {"lead_id": lead_id, "event_code": 99999}]
    )  # fmt: skip
    assert [row.ok for row in rows] == [True, False]
    by_email = client.activities.bulk_create_by(
        "email_address", [{"search_value": "asha@example.com", "event_code": MEETING}]
    )
    assert by_email[0].is_created
    changed = client.activities.bulk_update([{"activity_id": rows[0].activity_id, "note": "b"}])
    assert changed[0].is_updated
    client.activities.lock(rows[0].activity_id)
    with pytest.raises(errors.NotAllowed):
        client.activities.update(rows[0].activity_id, note="c")
    with pytest.raises(errors.InvalidValue, match="lead"):
        client.activities.bulk_create([{"lead": lead_id}])


def test_activity_types_are_created_and_described(client: Driven) -> None:
    """With their fields and the options of these."""
    options = '[{"Text":"Open","Value":"Open","Order":0,"IsDefault":true}]'
    code = client.activity_types.create(
        "Demo Done",
        score=5,
        fields=[{"SchemaName": "mx_Custom_1", "DisplayName": "Mode", "DataType": "Dropdown",
                 "OptionSet": options}],
    )  # fmt: skip
    kind = client.activity_types.get(code)
    assert "mx_Custom_1" in {field.schema_name for field in kind.fields}
    client.activity_types.update(kind.id, score=7)
    assert client.activity_types.get(code).score == 7
    assert [option.value for option in client.activity_types.options(code, "mx_Custom_1")] == [
        "Open"
    ]
    assert code in {kind.event_code for kind in client.activity_types.all()}


def test_tasks_are_created_found_and_completed(client: Driven, lead_id: str) -> None:
    """Appointments about a lead, alone and in bulk."""
    made = client.tasks.create(
        name="Call Asha", lead_id=lead_id, due_on=NOW_MOMENT, end_on=NOW_MOMENT + HOUR,
        reminder_minutes=30, notify_by_mail=False, type_name="Meeting",
    )  # fmt: skip
    client.tasks.bulk_create([{"name": "Call again", "lead_id": lead_id, "due_on": NOW_MOMENT}])
    assert client.tasks.update(made.id, location="Pune").affected_rows == 1
    owner = {"owner_email_address": "admin@acme.test"}
    page = client.tasks.search(**owner, due_from=RANGE[0], due_to=RANGE[1], is_complete=False)
    assert page.total == 2
    task = next(task for task in page if task.id == made.id)
    assert (task.due_on, task.location, task.lead_id) == (NOW_MOMENT, "Pune", lead_id)
    assert client.tasks.complete(made.id).affected_rows == 1
    found = client.tasks.iter_search(
        **owner, due_from=RANGE[0], due_to=RANGE[1], is_complete=True, page_size=1
    )
    assert [task.id for task in found] == [made.id]
    assert {task.status for task in client.tasks.of_lead(lead_id)} == {"Completed", "Pending"}
    assert client.tasks.types("TaskTypeName", "Meeting")[0].name == "Meeting"
    with pytest.raises(errors.InvalidValue, match="due_at"):
        client.tasks.create(name="x", due_at=NOW_MOMENT)


def test_a_list_takes_as_many_leads_as_the_server_does(client: Driven, lead_id: str) -> None:
    """The client sends a whole call's worth, and refuses what the server would refuse."""
    most = BY_NAME["List.AddLeads"].rows_max
    list_id = client.lists.create("Callbacks").id
    client.lists.add(list_id, [lead_id] * most)
    assert client.lists.count(list_id) == 1
    with pytest.raises(errors.InvalidValue, match=str(most)):
        client.lists.add(list_id, [lead_id] * (most + 1))


def test_lists_hold_leads(client: Driven, lead_id: str) -> None:
    """Made, filled, read, emptied."""
    other = client.leads.create(first_name="Ravi").id
    list_id = client.lists.create("Callbacks", description="today").id
    client.lists.add(list_id, [lead_id])
    assert client.lists.add_one(list_id, other).affected_rows == 1
    assert client.lists.count(list_id) == 2
    assert client.lists.leads(list_id, columns=["ProspectID"], page_size=1).total == 2
    assert [lead.id for lead in client.lists.iter_leads(list_id, page_size=1)] == [lead_id, other]
    client.lists.remove(list_id, other)
    assert (client.lists.contains(list_id, lead_id), client.lists.contains(list_id, other)) == (
        True,
        False,
    )
    client.lists.empty(list_id)
    assert client.lists.count(list_id) == 0
    assert [found.id for found in client.lists.all(kind=0, search="call")] == [list_id]
    with pytest.raises(errors.Duplicate):
        client.lists.create("Callbacks")


def test_notes_are_written_read_changed_and_deleted(client: Driven, lead_id: str) -> None:
    """One by one, and all of a lead's."""
    note_id = client.notes.create(lead_id, "Asked for a call").id
    client.notes.create(lead_id, "And again")
    client.notes.update(lead_id, note_id, "Asked for two calls")
    (note,) = client.notes.of_lead(lead_id, note_id=note_id)
    assert (note.note, note.lead_id) == ("Asked for two calls", lead_id)
    assert note.created_on is not None
    assert len(client.notes.iter_of_lead(lead_id, page_size=1)) == 2
    client.notes.delete(lead_id, note_id)
    with pytest.raises(errors.NotFound):
        client.notes.delete(lead_id, note_id)


def test_users_are_created_found_and_changed(client: Driven) -> None:
    """And the keys know whose they are."""
    me = client.users.me()
    assert me.login == "admin@acme.test"
    user_id = client.users.create(
        first_name="Ravi", last_name="Rao", email_address="ravi@acme.test", role="Sales_User"
    ).id
    client.users.update(user_id, role="Sales_Manager")
    assert client.users.get(user_id).role == "Sales_Manager"
    assert client.users.by_email("ravi@acme.test").id == user_id
    found = client.users.search([("EmailAddress", "lik", "acme"), ("Role", "eq", "Sales_Manager")])
    assert [user.id for user in found] == [user_id]
    assert {user.id for user in client.users.all()} == {me.id, user_id}
    assert client.users.sales_groups() == []
    assert client.users.get("b2f9c6de-8a35-4b0e-9d55-2f1c3a8b7e10") is None


def test_opportunities_are_captured_found_and_changed(client: Driven, lead_id: str) -> None:
    """With their lead. The same again is another one. A refusal inside a 200 is raised."""
    lead = {"EmailAddress": "asha@example.com"}
    fields = {"mx_Custom_1": "Two flats", "Status": "Open"}
    captured = client.opportunities.capture(lead, fields, search_by="email_address")
    assert captured.is_unique
    again = client.opportunities.capture(lead, fields, search_by="email_address")
    assert again.is_unique
    assert client.opportunities.delete(again.id).is_successful
    client.opportunities.update(captured.id, {"mx_Custom_2": "Proposal"}, note="Offer sent")
    assert client.opportunities.get(captured.id).by_name()["mx_Custom_2"] == "Proposal"
    (row,) = client.opportunities.of_lead(lead_id)
    assert (row.id, row.name, row.status) == (captured.id, "Two flats", "Open")
    assert len(client.opportunities.iter_modified_between(*RANGE)) == 1
    (found,) = client.opportunities.search([Condition("mx_Custom_1", "lik", "flats")])
    assert found.id == captured.id
    assert client.opportunities.activities(captured.id).total >= 1
    assert client.opportunities.types()[0].display_name == client.opportunities.type().display_name
    assert client.opportunities.is_enabled() is True
    with pytest.raises(errors.Rejected) as caught:
        client.opportunities.capture(lead, fields, search_by="ProspectID")
    assert caught.value.status == 200
    assert client.opportunities.delete(captured.id).is_successful


def test_histories_and_merged_leads_are_deleted(client: Driven, lead_id: str) -> None:
    """What is left of a lead's life."""
    client.leads.delete_stage_history(lead_id, *RANGE)
    client.leads.delete_owner_history(lead_id, *RANGE)
    assert client.leads.convert(lead_id, company="Acme").affected_rows == 1
    assert client.leads.mark_email_valid("asha@example.com").affected_rows == 1
    assert [lead.id for lead in client.leads.quick_search("asha")] == [lead_id]
    with pytest.raises(errors.PermissionMissing, match="Delete is not enabled"):
        client.leads.delete(lead_id)
