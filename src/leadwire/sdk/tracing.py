"""OpenTelemetry: a span for each attempt, by the stable conventions for HTTP clients."""

from typing import TYPE_CHECKING, Any, Final

from leadwire.sdk.errors import Answered, Misuse
from leadwire.sdk.hooks import Attempt, Hook
from leadwire.version import __version__

if TYPE_CHECKING:
    from opentelemetry.trace import Span, TracerProvider

_SCHEMA: Final = "https://opentelemetry.io/schemas/1.23.0"
"""The version in which the conventions for HTTP became stable."""
_METHODS: Final = frozenset(
    {"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"}
)
_PORTS: Final = {"http": 80, "https": 443}
_BAD: Final = 400


class Tracing(Hook):
    """Traces every attempt: ``Client(hooks=[Tracing()])``. Needs opentelemetry-api.

    A span has the attributes of the HTTP conventions, ``http.request.resend_count`` from the second
    attempt on, and ``leadwire.operation``, ``leadwire.call_id``, ``leadwire.exception_type``. Its
    parent is the caller's current span, and the request carries its ``traceparent``. A span holds
    no key, no body, no header, and REDACTED in place of each value in the URL's query.

    *tracer_provider* replaces the global one. Raises Misuse without opentelemetry-api.
    """

    def __init__(self, tracer_provider: "TracerProvider | None" = None) -> None:
        try:
            from opentelemetry import propagate, trace  # noqa: PLC0415  # may not be installed
        except ImportError:
            raise Misuse("Tracing needs another library: pip install opentelemetry-api.") from None
        self._trace = trace
        self._inject = propagate.inject
        self._tracer = trace.get_tracer(
            "leadwire", __version__, tracer_provider, schema_url=_SCHEMA
        )
        self._spans: dict[str, Span] = {}

    def before_attempt(self, attempt: Attempt) -> None:
        """Start the span, and let the request carry its context."""
        span = self._tracer.start_span(
            _name_of(attempt), kind=self._trace.SpanKind.CLIENT, attributes=_attributes(attempt)
        )
        self._spans[attempt.id] = span
        headers: dict[str, str] = {}
        self._inject(headers, context=self._trace.set_span_in_context(span))
        for name, value in headers.items():
            attempt.add_header(name, value)

    def after_attempt(self, attempt: Attempt) -> None:
        """End the span with the attempt's outcome."""
        span = self._spans.pop(attempt.id, None)
        if span is None:
            return
        call, error = attempt.call, attempt.error
        status = None if call is None else call.status
        if status is not None:
            span.set_attribute("http.response.status_code", status)
        if call is not None:
            span.set_attribute("leadwire.call_id", call.call_id)
        if error is not None:
            is_status = status is not None and status >= _BAD
            span.set_attribute("error.type", str(status) if is_status else type(error).__name__)
            if isinstance(error, Answered) and error.exception_type:
                span.set_attribute("leadwire.exception_type", error.exception_type)
            span.set_status(self._trace.StatusCode.ERROR)
        span.end()


def _name_of(attempt: Attempt) -> str:
    """The method and path of a known operation; else the method, because paths are too many."""
    method = attempt.method if attempt.method in _METHODS else "HTTP"
    return f"{method} {attempt.path}" if attempt.operation else method


def _attributes(attempt: Attempt) -> dict[str, Any]:
    origin = attempt.origin
    port = origin.authority.removeprefix(f"[{origin.host}]").removeprefix(origin.host).lstrip(":")
    is_known = attempt.method in _METHODS
    found: dict[str, Any] = {
        "http.request.method": attempt.method if is_known else "_OTHER",
        "server.address": origin.host,
        "server.port": int(port) if port else _PORTS[origin.scheme],
        "url.full": attempt.url,
    }
    if not is_known:
        found["http.request.method_original"] = attempt.method
    if attempt.number > 1:
        found["http.request.resend_count"] = attempt.number - 1
    if attempt.operation:
        found["leadwire.operation"] = attempt.operation
    return found
