"""Values of lead fields: what is kept of them, and which phone numbers are one number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import LEADS, InProcess, attributes

from leadwire.crm.leads.fields import FIELDS
from leadwire.crm.leads.schema import DEFAULT_SCHEMA
from leadwire.crm.values import kept_text, parse_number, phone_digits, phone_tail, same_phone
from leadwire.errors import InputInvalid

_digits = st.text("0123456789", min_size=1, max_size=15)
_national = st.text("123456789", min_size=10, max_size=10)


@given(_national, st.sampled_from(["+91-", "91", "0091 ", "+1 (", ""]))
def test_a_number_is_found_with_or_without_its_countrys_code(national: str, code: str) -> None:
    """However it is punctuated."""
    one, other = phone_digits(f"{code}{national[:5]}-{national[5:]}"), phone_digits(national)
    assert same_phone(one, other)
    assert same_phone(other, one)
    assert phone_tail(one) == phone_tail(other)


@given(_digits, _digits)
def test_being_one_number_does_not_depend_on_the_order(one: str, other: str) -> None:
    """And implies the tail by which candidates are looked up, for whole numbers."""
    assert same_phone(one, other) is same_phone(other, one)
    assert same_phone(one, one)


@given(_national)
def test_two_countries_numbers_are_two_numbers(national: str) -> None:
    """Although their national digits agree."""
    assert not same_phone("91" + national, "44" + national)


@given(
    st.sampled_from(FIELDS),
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
)
def test_keeping_a_kept_value_changes_nothing(field: object, value: object) -> None:
    """What is read can be written back; what cannot be kept raises InputInvalid, nothing else."""
    try:
        kept = kept_text(field, value)
    except InputInvalid:
        return
    assert kept is None or kept_text(field, kept) == kept


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**18), 10**18))
def test_every_number_that_json_can_write_is_one(number: float) -> None:
    """And is read as the same number."""
    assert parse_number(str(number)) == float(number)


@pytest.mark.parametrize(("value", "kept"), [("TRUE", "1"), (False, "0"), (1, "1"), ("0", "0")])
def test_booleans_are_kept_as_digits(value: object, kept: str) -> None:
    """In whatever form they were written."""
    assert kept_text(DEFAULT_SCHEMA.by_name["DoNotEmail"], value) == kept


def company_of(api: InProcess) -> str:
    """The id of a company: leads can be related to no other."""
    body = {
        "CompanyType": {"CompanyTypeName": "Company"},
        "CompanyProperties": attributes({"CompanyName": "Acme"}),
    }
    answer = api.post("/v2/CompanyManagement.svc/Company.Create", body)
    return answer.json["Message"]["Id"]


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.schema_name)
def test_every_field_reads_back_what_was_written(shared_api: InProcess, field: object) -> None:
    """Every attribute that callers may write, by every read; others are left out and named."""
    samples = {
        "Email": f"{field.schema_name}@example.com",
        "Phone": f"+91-{sum(map(ord, field.schema_name)):07d}",
        "Number": "12.50",
        "Boolean": "1",
        "Date": "2024-02-29",
        "Time": "23:59:59",
        "User": shared_api.keys.user_id,
        "Id": "b2f9c6de-8a35-4b0e-9d55-2f1c3a8b7e10",
    }
    value = samples.get(field.data_type, "Ünïcode 漢字 'quoted' \"twice\" \\ %")
    if field.schema_name == "RelatedCompanyId":
        value = company_of(shared_api)
    answer = shared_api.write("Lead.Create", {"LastName": "Rao", field.schema_name: value})
    if field.schema_name == "ProspectID":
        return
    lead_id = answer.json["Message"]["Id"]
    lead = shared_api.lead(lead_id)
    if field.derived:
        assert answer.headers["x-leadwire-ignored"] == field.schema_name
        return
    assert lead[field.schema_name] == value
    criterion = {"LookupName": field.schema_name, "LookupValue": value, "SqlOperator": "="}
    body = {"Parameter": criterion, "Paging": {"PageSize": 1000}}
    found = shared_api.post(LEADS + "Leads.Get", body).json
    assert lead_id in [one["ProspectID"] for one in found]
