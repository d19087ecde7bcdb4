"""A recorded call as text for other tools: a curl command, Python with the SDK, and raw HTTP.

No copy has keys: each names the environment variables that hold them.
"""

import json
import pprint
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from leadwire.calls.record import CallRecord
from leadwire.console.call.curl import curl_command
from leadwire.recording.unread import MEDIA_TYPE

_INLINE_CHARS_MAX: Final = 50_000
_LINE_CHARS: Final = 88


class Copy(NamedTuple):
    """*text* is empty if the tool cannot send the call. *note* is advice for the reader."""

    name: str
    title: str
    text: str
    note: str


def copies_of(record: CallRecord, *, base_url: str) -> list[Copy]:
    """The copies, curl first. A gap has none; what was not HTTP has one that says so."""
    if record.outcome == "gap":
        return []
    curl = curl_command(record, base_url=base_url)
    first = Copy("curl", "cURL", curl.text, curl.note)
    if record.request_content_type == MEDIA_TYPE:
        return [first]
    return [first, python_copy(record, base_url), http_copy(record, base_url)]


def python_copy(record: CallRecord, base_url: str) -> Copy:
    """The call by the method of the SDK that makes it; without one, by ``client.raw``."""
    title = "Python"
    body = _Body(record)
    if body.problem:
        return Copy("python", title, "", body.problem)
    call = _by_method(record, body.value) or _by_raw(record, body.value)
    host = base_url.rstrip("/")
    text = f"from leadwire.sdk import Client\n\nclient = Client(host={host!r})\nprint({call})\n"
    return Copy("python", title, text, "")


def http_copy(record: CallRecord, base_url: str) -> Copy:
    """Request line, headers and body, as they went over the wire."""
    target = record.path + (f"?{record.query_string}" if record.query_string else "")
    lines = record.request_headers.split("\n") if record.request_headers else []
    if not any(line.startswith("host:") for line in lines):
        lines.insert(0, f"host: {urlsplit(base_url).netloc}")
    keys = ["x-lsq-accesskey: $LEADWIRE_ACCESS_KEY", "x-lsq-secretkey: $LEADWIRE_SECRET_KEY"]
    head = "\n".join((f"{record.method} {target} HTTP/1.1", *lines, *keys))
    is_long = len(record.request_body) > _INLINE_CHARS_MAX
    body = "" if is_long else record.request_body
    note = f"The body of {len(record.request_body):,} characters is left out: download it."
    return Copy("http", "raw HTTP", f"{head}\n\n{body}", note if is_long else "")


class _Body:
    """The JSON that was sent, as Python; *problem* says why the SDK cannot send it."""

    def __init__(self, record: CallRecord) -> None:
        self.value: Any = None
        self.problem = ""
        if not record.request_body:
            return
        if len(record.request_body) > _INLINE_CHARS_MAX:
            self.problem = "The body is too long for a copy as Python: use the copy as cURL."
            return
        try:
            self.value = json.loads(record.request_body)
        except (ValueError, RecursionError):
            self.problem = (
                "The SDK sends JSON alone, and this body is not JSON: use the copy as cURL."
            )


def _by_raw(record: CallRecord, body: Any) -> str:  # noqa: ANN401  # any JSON
    parts = [repr(record.method), repr(record.path)]
    if record.query_string:
        pairs = parse_qsl(record.query_string, keep_blank_values=True)
        if len(dict(pairs)) == len(pairs):
            parts.append(f"query={_literal(dict(pairs))}")
        else:
            parts[1] = repr(f"{record.path}?{record.query_string}")
    if record.request_body:
        parts.append(f"body={_literal(body)}")
    return _called("client.raw", parts)


def _by_method(record: CallRecord, body: Any) -> str:  # noqa: ANN401  # any JSON
    """Empty if no method does exactly this."""
    make = _METHODS.get(record.operation)
    query = dict(parse_qsl(record.query_string, keep_blank_values=True))
    return make(query, body) if make else ""


def _read(method: str, parameter: str) -> Callable[[Mapping[str, str], Any], str]:
    """A method with one argument, which is sent as *parameter*."""

    def make(query: Mapping[str, str], body: Any) -> str:  # noqa: ANN401  # any JSON
        if body is not None or list(query) != [parameter] or not query[parameter]:
            return ""
        return f"client.{method}({query[parameter]!r})"

    return make


def _write(method: str, parameter: str = "") -> Callable[[Mapping[str, str], Any], str]:
    """A method that takes the attributes of a lead, and with *parameter* the id before them."""

    def make(query: Mapping[str, str], body: Any) -> str:  # noqa: ANN401  # any JSON
        fields = _attributes(body)
        if not fields or list(query) != ([parameter] if parameter else []):
            return ""
        ids = [repr(query[parameter])] if parameter else []
        return _called(f"client.{method}", [*ids, _literal(fields)])

    return make


_METHODS: Final = {
    "Lead.Create": _write("leads.create"),
    "Lead.Capture": _write("leads.capture"),
    "Lead.CreateOrUpdate": _write("leads.upsert"),
    "Lead.Update": _write("leads.update", "leadId"),
    "Leads.GetById": _read("leads.get", "id"),
    "Leads.GetByEmailaddress": _read("leads.by_email", "emailaddress"),
    "RetrieveLeadByPhoneNumber": _read("leads.by_phone", "phone"),
    "Leads.GetByQuickSearch": _read("leads.quick_search", "key"),
}
"""Methods that send the same call as the one that was recorded."""


def _attributes(body: Any) -> dict[str, Any]:  # noqa: ANN401  # any JSON
    """Field by schema name, from pairs of Attribute and Value; empty if *body* is anything else."""
    if not isinstance(body, list):
        return {}
    fields: dict[str, Any] = {}
    for pair in body:
        if not isinstance(pair, dict) or pair.keys() != {"Attribute", "Value"}:
            return {}
        name = pair["Attribute"]
        if not isinstance(name, str) or name in fields or name == "SearchBy":
            return {}
        fields[name] = pair["Value"]
    return fields


def _called(name: str, parts: list[str]) -> str:
    one_line = f"{name}({', '.join(parts)})"
    if len(one_line) <= _LINE_CHARS and "\n" not in one_line:
        return one_line
    indented = ",\n".join(part.replace("\n", "\n    ") for part in parts)
    lines = "\n".join(f"    {line}" for line in indented.split("\n"))
    return f"{name}(\n{lines},\n)"


def _literal(value: Any) -> str:  # noqa: ANN401  # any JSON
    return pprint.pformat(value, width=_LINE_CHARS - 8, sort_dicts=False)
