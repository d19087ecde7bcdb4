"""OpenTelemetry: a span for each attempt, by the HTTP conventions, without secrets."""

import builtins
from typing import Any

import httpx2
import pytest
from sdk.both import ACCESS_KEY, SECRET_KEY, Made

from leadwire import Tracing
from leadwire.sdk import errors

pytest.importorskip("opentelemetry.sdk")
trace: Any = pytest.importorskip("opentelemetry.sdk.trace")
export: Any = pytest.importorskip("opentelemetry.sdk.trace.export")
memory: Any = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter")

SERVERS_ID = "0199aaaa-0000-7000-8000-000000000001"


class Traced:
    """A provider whose spans are kept."""

    def __init__(self) -> None:
        self._exporter = memory.InMemorySpanExporter()
        self.provider = trace.TracerProvider()
        self.provider.add_span_processor(export.SimpleSpanProcessor(self._exporter))

    @property
    def spans(self) -> list[Any]:
        return list(self._exporter.get_finished_spans())


def test_each_attempt_is_a_span(make: Made) -> None:
    """A child of the caller's span, whose context the request carries; resends are counted."""
    traced, sent = Traced(), []

    def respond(request: httpx2.Request) -> httpx2.Response:
        sent.append(request)
        return httpx2.Response(
            503 if len(sent) == 1 else 200,
            json=[{"ProspectID": "x"}],
            headers={"X-Leadwire-Call-Id": SERVERS_ID},
        )

    client = make.answered_by(respond, hooks=[Tracing(traced.provider)], keys_in="query")
    tracer = traced.provider.get_tracer("caller")
    if make.kind == "blocking":
        with tracer.start_as_current_span("caller") as parent:
            lead = client.leads.get("x-secret-id")
    else:
        lead, parent = client.leads.get("x-secret-id"), None
    first, second = [span for span in traced.spans if span.name != "caller"]
    for span, request in zip((first, second), sent, strict=True):
        assert span.name == "GET /v2/LeadManagement.svc/Leads.GetById"
        assert span.kind.name == "CLIENT"
        context = span.get_span_context()
        expected = f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"
        assert request.headers.get_list("traceparent") == [expected]
        if parent is not None:
            assert span.parent.span_id == parent.get_span_context().span_id
        for secret in (ACCESS_KEY, SECRET_KEY, "x-secret-id"):
            assert secret not in span.to_json()
    common = {
        "http.request.method": "GET",
        "server.address": "leads.example.com",
        "server.port": 80,
        "url.full": "http://leads.example.com/v2/LeadManagement.svc/Leads.GetById?id=REDACTED",
        "leadwire.operation": "Leads.GetById",
        "leadwire.call_id": SERVERS_ID,
    }
    failed = {"http.response.status_code": 503, "error.type": "503"}
    assert dict(first.attributes) == common | failed
    resent = {"http.response.status_code": 200, "http.request.resend_count": 1}
    assert dict(second.attributes) == common | resent
    assert (first.status.status_code.name, second.status.status_code.name) == ("ERROR", "UNSET")
    assert lead.call.trace_id == f"{second.get_span_context().trace_id:032x}"


def test_every_way_to_fail_ends_its_span(make: Made) -> None:
    """A refusal under a 200, a lost answer, and a method and path that are in no catalogue."""
    traced = Traced()
    refusal = {"Status": "Error", "ExceptionType": "MXDuplicateEntryException",
               "ExceptionMessage": f"{SECRET_KEY} is taken"}  # fmt: skip

    def respond(request: httpx2.Request) -> httpx2.Response:
        if request.method == "PURGE":
            raise httpx2.ReadTimeout(f"slow {SECRET_KEY}")
        return httpx2.Response(200, json=refusal)

    client = make.answered_by(respond, hooks=[Tracing(traced.provider)], retries=0)
    with pytest.raises(errors.Duplicate):
        client.leads.create(first_name="Asha")
    with pytest.raises(errors.TimedOut):
        client.raw("PURGE", f"/v2/Any.svc/{SECRET_KEY}")
    refused, lost = traced.spans
    assert refused.attributes["error.type"] == "Duplicate"
    assert refused.attributes["leadwire.exception_type"] == "MXDuplicateEntryException"
    assert (lost.name, lost.attributes["error.type"]) == ("HTTP", "TimedOut")
    assert lost.attributes["http.request.method"] == "_OTHER"
    assert lost.attributes["http.request.method_original"] == "PURGE"
    assert "http.response.status_code" not in lost.attributes
    assert SECRET_KEY not in refused.to_json() + lost.to_json()


def test_without_the_library_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Misuse, when the hook is made."""
    real = builtins.__import__

    def importing(name: str, *more: Any) -> Any:
        if name.startswith("opentelemetry"):
            raise ImportError(name)
        return real(name, *more)

    monkeypatch.setattr(builtins, "__import__", importing)
    with pytest.raises(errors.Misuse, match="pip install opentelemetry-api"):
        Tracing()
