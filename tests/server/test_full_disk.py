"""A disk that takes nothing more leaves what an operator needs to look."""

import resource
import shutil
from urllib.parse import urlencode

import pytest
from support import LEADS, ServerProcess

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="needs Linux's prlimit")
def test_a_full_disk_leaves_sign_in_search_and_readiness(server: ServerProcess):
    """Every write of the process fails; calls are refused, and work again when there is room."""
    api = server.api()
    lead_id = api.create(EmailAddress="asha@example.com")
    assert server.process_id is not None
    unlimited = resource.prlimit(server.process_id, resource.RLIMIT_FSIZE)
    resource.prlimit(server.process_id, resource.RLIMIT_FSIZE, (0, unlimited[1]))

    refused = api.get(LEADS + "Leads.GetById", id=lead_id)
    assert (refused.status, refused.exception_type) == (503, "CallNotRecordedException")
    ready = api.call("GET", "/readyz", keys="none")
    assert ready.status == 503
    assert any("cannot be recorded" in reason for reason in ready.json["reasons"])

    form = urlencode({"email": server.keys.user_email, "password": server.keys.password})
    signed_in = api.call("POST", "/console/sign-in", form, headers=FORM, keys="none")
    assert signed_in.status == 303
    session = {"Cookie": signed_in.headers["set-cookie"].partition(";")[0]}
    page = api.call("GET", "/console/api-logs?q=asha", headers=session, keys="none")
    assert page.status == 200
    assert "Lead.Create" in page.body.decode()
    signed_out = api.call("POST", "/console/sign-out", headers=session, keys="none")
    assert signed_out.status == 303
    assert api.call("GET", "/console/settings/profile", headers=session, keys="none").status == 303

    resource.prlimit(server.process_id, resource.RLIMIT_FSIZE, unlimited)
    assert api.get(LEADS + "Leads.GetById", id=lead_id).status == 200
    assert api.call("GET", "/readyz", keys="none").status == 200


def test_readiness_names_a_folder_that_is_gone(server: ServerProcess):
    """In JSON, as every other reason."""
    shutil.rmtree(server.folder)
    ready = server.api().call("GET", "/readyz", keys="none")
    assert ready.status == 503
    assert any("data folder" in reason for reason in ready.json["reasons"])
