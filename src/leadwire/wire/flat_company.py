"""Companies as the wire prints them: every value is text or null."""

from collections.abc import Mapping

from leadwire.crm.companies import Company
from leadwire.crm.company_fields import FIELDS
from leadwire.crm.unit import Person
from leadwire.dates import format_ms


def company_row(company: Company, people: Mapping[str, Person]) -> dict[str, str | None]:
    """Every attribute: the system's, the fields of every company, and the company's own."""

    def name_of(user_id: str | None) -> str | None:
        person = people.get(user_id or "")
        return None if person is None else person.name

    return {
        "CompanyId": company.company_id,
        "CompanyNumber": str(company.number),
        "CompanyType": str(company.type.code),
        "CompanyTypeName": company.type.name,
        **{name: company.values.get(name) for name in FIELDS},
        **{name: text for name, text in company.values.items() if name not in FIELDS},
        "OwnerIdName": name_of(company.values.get("OwnerId")),
        "CreatedBy": company.created_by,
        "CreatedByName": name_of(company.created_by),
        "CreatedOn": format_ms(company.created_on),
        "ModifiedBy": company.modified_by,
        "ModifiedByName": name_of(company.modified_by),
        "ModifiedOn": format_ms(company.modified_on),
    }
