"""Code of a caller whose mistakes strict mypy must find: each line that says so, and no other."""

from leadwire import AsyncClient, Client
from leadwire.webhooks import verify


def blocking(client: Client) -> None:
    client.leads.create(first_name=object())  # wrong: no value of a field
    client.leads.get(17)  # wrong: no id
    client.leads.search("mx_City", "Pune", "!=")  # wrong: no operator
    client.leads.modified_between("2026-01-01", "2026-01-02")  # wrong: no datetimes
    client.tasks.create(due="2026-01-01")  # wrong: no member of a task
    client.users.create(role="King")  # wrong: no role
    client.sales.create("x", "FLAT-2", "Sold")  # wrong: no status of a sale
    client.companies.search("Partners", where=("stage", "==", "Partner"))  # wrong: no operator
    client.mails.send_to_lead(lead_id="x", subjekt="Hello")  # wrong: no member of a mail
    client.webhooks.create(url="https://example.com", headers=["x-hook"])  # wrong: no mapping
    client.later.wait("7c1f0b52")  # wrong: an id, not what was accepted
    client.opportunities.capture({}, {}, keep_owner="yes")  # wrong: no boolean
    Client(keys_in="url")  # wrong: no place for keys
    found = client.leads.quick_search("Asha")[0]
    found.first_name = "x"  # wrong: an answer is read-only
    found["FirstName"] = "x"  # wrong: here, too
    found.do_not_call = True  # wrong: and here
    client.leads.create_many([])[0].status = "failed"  # wrong: an outcome is read-only
    verify("whsec_", {}, b"").id = "x"  # wrong: an event is read-only


async def waiting(client: AsyncClient) -> None:
    lead = client.leads.get("x")
    lead.first_name  # wrong: not waited for
