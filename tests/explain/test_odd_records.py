"""No record, however odd, makes an explanation fail."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadwire.calls.record import CallRecord
from leadwire.calls.sent import SentCall
from leadwire.cli.explanations import explanation_lines
from leadwire.crm.leads.schema import DEFAULT_SCHEMA, LeadSchema
from leadwire.explain import Account, Explanation, explain, without_values
from leadwire.explain.account import Named
from leadwire.explain.json_text import read
from leadwire.operations import BY_NAME
from leadwire.wire.faults import FAULT_KINDS


class Nobody(Account):
    """An account without leads."""

    @property
    def schema(self) -> LeadSchema:
        return DEFAULT_SCHEMA

    def lead_with(self, schema_name: str, value: str) -> None:
        del schema_name, value

    def lead(self, lead_id: str) -> None:
        del lead_id

    def users(self) -> list[Named]:
        return [Named("1", "Asha", "asha@example.com")]

    def lists(self) -> list[Named]:
        return []

    def activity_types(self) -> list[Named]:
        return [Named("200", "Meeting")]


_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
_NAMES = st.sampled_from(["Attribute", "Value", "SchemaName", "Fields", "FromDate", "OwnerId"])
_JSON = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(_NAMES | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)
_BODIES = st.one_of(
    st.text(),
    _JSON.map(json.dumps),
    _JSON.map(json.dumps).flatmap(lambda text: st.integers(0, len(text)).map(lambda n: text[:n])),
    st.sampled_from(
        ["[" * 5_000, '{"a":' * 900, '"\\ud800"', "\u2039redacted\u203a", "\ufeff[]", "1e999", "-"]
    ),
)
_TEXTS = st.text(max_size=40)
_LOCATIONS = st.one_of(
    st.just(""), _TEXTS,
    st.sampled_from(["body", "body.Fields", "body[0].Value", "query.leadId", "headers", "path",
                     "body[9999999999].x", "body..", "Paging.PageSize", "body.FromDate"]),
)  # fmt: skip
_MESSAGES = st.one_of(
    _TEXTS,
    st.sampled_from([
        "Attribute(s) does not exist - a, b.", "'leadId' is mandatory for updating lead",
        "Invalid Input! Parameter Name: PageSize can not be more than 5.",
        "API calls exceeded the limit of 2 in 5 second(s)", "You have not passed any lead.",
        "Unexpected character: x (byte 999999999)", "Expected `str`, got `int` - at `$[0]`",
    ]),
)  # fmt: skip
_FIXES = st.one_of(_TEXTS, st.sampled_from(["Send yyyy-MM-dd HH:mm:ss", "Send one of A, B, C."]))


_EXCEPTIONS = ["", "X", *(kind.exception_type for kind in FAULT_KINDS)]


@st.composite
def _records(draw: st.DrawFn, kind: type[CallRecord] = CallRecord) -> CallRecord:
    body = draw(_BODIES)
    values: dict[str, Any] = {
        "call_id": draw(_TEXTS), "started_at_ms": draw(st.integers(-(2**60), 2**60)),
        "duration_ms": 1.0, "account_id": draw(st.sampled_from(["", "a"])),
        "operation": draw(st.sampled_from(["", "Nope", *BY_NAME])),
        "method": draw(st.sampled_from(["GET", "POST", "", "?"])), "path": draw(_TEXTS),
        "query_string": draw(_TEXTS | st.sampled_from(["leadId=", "a=b&leadid=%FF&=", "&&&"])),
        "request_content_type": draw(_TEXTS), "request_headers": draw(_TEXTS),
        "request_body": body,
        "request_body_bytes": draw(st.sampled_from([0, len(body.encode())])),
        "status_code": draw(st.sampled_from([0, 200, 400, 500, 503, 999])),
        "outcome": draw(st.sampled_from(
            ["success", "client_fault", "refused", "server_fault", "aborted", "gap"])),
        "exception_type": draw(st.sampled_from(_EXCEPTIONS)),
        "exception_message": draw(_MESSAGES), "exception_location": draw(_LOCATIONS),
        "exception_fix": draw(_FIXES), "response_headers": draw(_TEXTS),
        "response_body": draw(_BODIES), "truncated": draw(st.booleans()),
        "redacted": draw(st.integers(0, 3)), "refusal_reason": draw(_TEXTS),
    }  # fmt: skip
    return kind(**values)


@given(record=_records() | _records(SentCall), account=st.sampled_from([None, Nobody()]))
def test_no_record_makes_an_explanation_fail(record: CallRecord, account: Account | None) -> None:
    """Truncated, binary, redacted, huge or of a client's own log: text and JSON come out."""
    explained = explain(record, account)
    if explained is None:
        assert record.outcome == "success"
        return
    assert explained.title
    assert explained.meaning
    assert list(explanation_lines(explained))
    assert list(explanation_lines(without_values(explained)))
    assert msgspec.json.decode(msgspec.json.encode(explained), type=Explanation) == explained


@given(text=_BODIES)
def test_what_is_json_is_read_as_json(text: str) -> None:
    """The same texts as msgspec takes, and each value stands where it is said to stand."""
    found = read(text)
    try:
        json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        assert found.fault is not None or found.root is not None
        return
    if found.fault is not None:
        assert "deeply" in found.fault.reason
        return
    assert found.root is not None
    for node in [found.root, *found.root.items, *(m.node for m in found.root.members)]:
        json.loads(text[node.start : node.end])


def _refuse(constant: str) -> None:
    raise ValueError(constant)


@pytest.mark.parametrize("size", [10, 1_000_000])
def test_a_large_body_is_explained_quickly(size: int) -> None:
    """Beyond its bound a body is not read, and the explanation says less."""
    body = "[" + ",".join(['{"Attribute":"FirstName","Value":"A"}'] * (size // 10)) + ",]"
    record = CallRecord(
        call_id="c", started_at_ms=0, duration_ms=1.0, method="POST", path="/", status_code=400,
        outcome="client_fault", exception_type="JsonReaderException", request_body=body,
        request_body_bytes=len(body), operation="Lead.Create",
    )  # fmt: skip
    assert explain(record, Nobody()) is not None
