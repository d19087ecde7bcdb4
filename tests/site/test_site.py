"""The pages and documents that need no sign-in."""

import asyncio
from collections.abc import Callable

import pytest
from markupsafe import escape
from support import InProcess

from bench.serve.off import NoCallStore
from leadwire.calls.record import CallRecord
from leadwire.errors import RecordingError
from leadwire.operations import CATALOGUE, Operation
from leadwire.wire.faults import FAULT_KINDS, FaultKind


@pytest.mark.parametrize("operation", CATALOGUE, ids=lambda operation: operation.name)
def test_every_operation_has_a_page_with_a_call_to_paste(
    shared_api: InProcess, operation: Operation
):
    """What the catalogue says stands on the page, in any letter case of its name."""
    page = shared_api.call("GET", f"/docs/{operation.name.upper()}", keys="none")
    assert page.status == 200
    text = page.body.decode()
    for expected in (
        str(escape(operation.summary)),
        "curl &#39;http",
        *(p.name for p in operation.parameters),
    ):
        assert expected in text


@pytest.mark.parametrize("kind", FAULT_KINDS, ids=lambda kind: kind.title)
def test_every_fault_has_the_help_page_that_its_answers_link_to(
    shared_api: InProcess, kind: FaultKind
):
    """The Link header of an answer leads somewhere."""
    page = shared_api.call("GET", f"/errors/{kind.exception_type}", keys="none")
    assert page.status == 200
    assert kind.title in page.body.decode()


@pytest.mark.parametrize("path", ["/docs", "/errors"])
def test_the_reference_lists_every_page(shared_api: InProcess, path: str):
    """Each page of the reference is reached from its list."""
    text = shared_api.call("GET", path, keys="none").body.decode()
    names = (
        [operation.name for operation in CATALOGUE]
        if path == "/docs"
        else [kind.exception_type for kind in FAULT_KINDS]
    )
    assert all(f'href="{path}/{name}"' in text for name in names)


@pytest.mark.parametrize("path", ["/docs/Nothing", "/errors/NothingException"])
def test_an_unknown_page_says_where_to_look(shared_api: InProcess, path: str):
    """A wrong address is a page, too."""
    page = shared_api.call("GET", path, keys="none")
    assert page.status == 404
    assert b'href="/docs"' in page.body


def test_the_root_leads_to_the_console(shared_api: InProcess):
    """Whoever opens the bare address is where people look."""
    answer = shared_api.call("GET", "/", keys="none")
    assert (answer.status, answer.headers["location"]) == (307, "/console/")


def test_health_and_metrics_count_what_was_served_and_recorded(api: InProcess):
    """Served is recorded plus gaps; none of it needs keys, and asking is not a call."""
    api.create(FirstName="Asha")
    assert api.call("GET", "/healthz", keys="none").json == {"status": "alive"}
    ready = api.call("GET", "/readyz", keys="none")
    assert (ready.status, ready.json["status"], ready.json["reasons"]) == (200, "ready", [])
    assert (ready.json["calls_served"], ready.json["calls_recorded"]) == (1, 1)
    metrics = api.call("GET", "/metrics", keys="none").body.decode()
    assert "leadwire_calls_recorded_total 1.0" in metrics
    assert (
        'leadwire_calls_total{api_type="Lead",outcome="success",status_code="200"} 1.0' in metrics
    )


class FullDisk(NoCallStore):
    """Cannot keep a record until it is mended."""

    is_full = True

    def append(self, record: CallRecord) -> "asyncio.Future[None]":
        if not self.is_full:
            return super().append(record)
        refused = asyncio.get_running_loop().create_future()
        refused.set_exception(RecordingError("the disk is full"))
        return refused


def test_a_log_that_cannot_be_written_changes_nothing_and_says_so(
    make_api: Callable[..., InProcess],
):
    """Under "require" the first call may have been carried out, the next are not begun."""
    store = FullDisk()
    api = make_api(call_store=store)
    first = api.write("Lead.Create", {"FirstName": "Asha"})
    second = api.write("Lead.Create", {"FirstName": "Ravi"})
    assert (first.status, second.status) == (503, 503)
    assert first.exception_type == "CallNotRecordedException"
    ready = api.call("GET", "/readyz", keys="none")
    assert ready.status == 503
    assert ready.json["reasons"] == ["Calls cannot be recorded: the disk is full"]
    store.is_full = False
    assert [lead["FirstName"] for lead in api.leads()] == ["Asha"]
    assert api.call("GET", "/readyz", keys="none").json["calls_in_gaps"] == 2


def test_degrade_answers_calls_and_counts_them_in_a_gap(make_api: Callable[..., InProcess]):
    """Under "degrade" callers notice nothing, and the count is there."""
    store = FullDisk()
    api = make_api(call_store=store, record_policy="degrade")
    assert api.write("Lead.Create", {"FirstName": "Asha"}).status == 200
    assert api.call("GET", "/readyz", keys="none").json["calls_in_gaps"] == 1
