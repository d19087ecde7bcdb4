"""What accounts differ in: unique fields, phone numbers, and searches that lag."""

from collections.abc import Callable

import pytest
from support import LEADS, InProcess, assert_fault

from leadwire.crm.phones import normal_phone

INVALID = "MXInvalidInputException"
DUPLICATE = "MXDuplicateEntryException"
MakeApi = Callable[..., InProcess]
PHONE = "+1-3075550142"


@pytest.mark.parametrize(
    ("unique", "shared"), [("EmailAddress", "Phone"), ("Phone", "EmailAddress"), ("none", "Phone")]
)
def test_several_leads_may_share_a_field_that_is_not_unique(
    make_api: MakeApi, unique: str, shared: str
) -> None:
    """The other field stays as it is; look-ups find the oldest lead."""
    api = make_api(lead_unique_fields=unique)
    values = {"EmailAddress": "a@example.com", "Phone": PHONE}
    first = api.create(FirstName="A", **{shared: values[shared]})
    second = api.create(FirstName="B", **{shared: values[shared]})
    assert first != second
    found = api.write("Lead.CreateOrUpdate", {"LastName": "C", shared: values[shared]})
    assert found.json["Message"]["Id"] == first
    api.create(FirstName="D", **{unique: values[unique]} if unique != "none" else {})
    if unique != "none":
        again = api.write("Lead.Create", {"FirstName": "E", unique: values[unique]})
        assert_fault(again, 500, DUPLICATE)
    assert api.write("Lead.Update", {"FirstName": "F"}, leadId=second).status == 200
    api.close()
    api = make_api()
    assert api.write("Lead.Update", {"FirstName": "G"}, leadId=second).status == 200
    assert_fault(
        api.write("Lead.Create", {"FirstName": "H", shared: values[shared]}), 500, DUPLICATE
    )
    keys = {
        f["SchemaName"] for f in api.get(LEADS + "LeadsMetaData.Get").json if f["IsLeadIdentifier"]
    }
    assert {"EmailAddress", "Phone"} <= keys


def test_a_phone_alone_updates_or_is_refused_as_the_setting_says(make_api: MakeApi) -> None:
    """By default the lead of that phone is updated; refused, nothing changes."""
    api = make_api(lead_phone_alone="refuse")
    lead_id = api.create(FirstName="A", Phone=PHONE)
    write = {"FirstName": "B", "Phone": PHONE}
    refused = api.write("Lead.CreateOrUpdate", write)
    assert_fault(refused, 500, DUPLICATE, "A Lead with same Phone Number already exists.")
    assert api.lead(lead_id)["FirstName"] == "A"
    assert api.write("Lead.CreateOrUpdate", {**write, "SearchBy": "Phone"}).status == 200
    assert (
        api.write("Lead.CreateOrUpdate", {"FirstName": "C", "Phone": "+1-3075550143"}).status == 200
    )
    api.close()
    api = make_api()
    assert (
        api.write("Lead.CreateOrUpdate", {**write, "FirstName": "D"}).json["Message"]["Id"]
        == lead_id
    )


SPELLINGS = ("3075550142", "+13075550142", "013075550142", "+1 307 5550142", "(307)5550142")


def test_a_country_code_makes_one_number_of_its_spellings(make_api: MakeApi) -> None:
    """In writes, look-ups and searches; without a code they are kept as they came."""
    api = make_api(default_country_code="+1")
    lead_id = api.create(FirstName="A", Phone=PHONE, Mobile="(307)5550199")
    assert api.lead(lead_id)["Mobile"] == "+1-3075550199"
    for spelling in SPELLINGS:
        write = {"FirstName": "B", "Phone": spelling}
        assert api.write("Lead.CreateOrUpdate", write).json["Message"]["Id"] == lead_id
        by_phone = api.get(LEADS + "RetrieveLeadByPhoneNumber", phone=spelling).json
        criterion = {"LookupName": "Phone", "LookupValue": spelling, "SqlOperator": "="}
        found = api.post(LEADS + "Leads.Get", {"Parameter": criterion}).json
        for leads in (by_phone, found):
            assert [lead["ProspectID"] for lead in leads] == [lead_id]
    assert len(api.leads()) == 1
    assert_fault(api.write("Lead.Create", {"FirstName": "C", "Phone": "call me"}), 500, INVALID)
    api.close()
    api = make_api()
    for spelling in SPELLINGS[:-1]:
        assert api.lead(api.create(FirstName="B", Phone=spelling))["Phone"] == spelling


@pytest.mark.parametrize("text", ["", "12", "call me", "+91-9000000001", "9000000001 ext 7"])
def test_without_a_country_code_a_number_stays_as_it_is(text: str) -> None:
    """Byte for byte; and with one, what is not a number does."""
    assert normal_phone(text, "") == text
    if not text.endswith("1"):
        assert normal_phone(text, "91") == text or text.endswith("7")


def test_a_search_sees_a_write_when_it_is_as_old_as_the_lag(make_api: MakeApi) -> None:
    """A new lead, a change and a deletion; a read by id sees each at once."""
    api = make_api(search_lag_ms=2_000, lead_delete=True)

    def searched() -> list[str | None]:
        return sorted(str(lead["FirstName"]) for lead in api.post(LEADS + "Leads.Get", {}).json)

    def later() -> None:
        api.clock.advance(1_999)
        before = searched()
        api.clock.advance(1)
        assert searched() != before

    lead_id = api.create(FirstName="A")
    assert searched() == []
    assert api.lead(lead_id)["FirstName"] == "A"
    later()
    assert searched() == ["A"]
    for number in range(20):
        api.clock.advance(50)
        api.write("Lead.Update", {"FirstName": f"B{number}"}, leadId=lead_id)
    assert searched() == ["A"]
    assert api.lead(lead_id)["FirstName"] == "B19"
    api.clock.advance(2_000)
    assert searched() == ["B19"]
    assert api.get(LEADS + "Lead/Delete/ById", leadId=lead_id).status == 200
    assert searched() == ["B19"]
    later()
    assert searched() == []
