"""What the call log adds to an explanation: an earlier success, and the calls behind it."""

from collections.abc import Mapping
from typing import Final

import msgspec

from leadwire.calls.fields import condition, member
from leadwire.calls.query import CallQuery
from leadwire.calls.record import CallRecord
from leadwire.calls.store import CallReader
from leadwire.calls.terms import Condition, both, either
from leadwire.dates import SECOND_MS
from leadwire.explain.explanation import Difference, Explanation, Holder, Limit
from leadwire.explain.request import SentRequest, name_in

_LOOK_MS: Final = 300
"""How long each look into the log may take. An explanation is quick, or says less."""
_NAMES_MAX: Final = 40
_MAKERS: Final = ("Lead.Create", "Lead.Capture", "Lead.CreateOrUpdate")
_LEADS_MADE_IN_MS: Final = 5 * SECOND_MS
_WINDOW_CALLS_MAX: Final = 2_000


def with_history(explanation: Explanation, record: CallRecord, calls: CallReader) -> Explanation:
    """The same with what the log knows: the last success, the limit's use, the lead's origin."""
    changes: dict[str, object] = {}
    if record.operation and record.outcome not in ("success", "gap"):
        changes["difference"] = _difference(record, calls)
    if explanation.holder is not None:
        changes["holder"] = _with_origin(explanation.holder, record, calls)
    if explanation.limit is not None and record.account_id:
        changes["limit"] = _with_count(explanation.limit, record, calls)
    return msgspec.structs.replace(explanation, **changes)


def _difference(record: CallRecord, calls: CallReader) -> Difference | None:
    """None without an earlier success. Calls of no account are compared with nothing."""
    if not record.account_id and record.vantage == "server":
        return None
    if record.stage not in ("", "answered"):
        return None  # the request was not the reason
    last = _first(
        calls,
        record,
        both(_is("operation", record.operation), _is("outcome", "success")),
        until_ms=record.started_at_ms + 1,
    )
    if last is None or last.call_id == record.call_id:
        return None
    here, there = _members(record), _members(last)
    return Difference(
        call_id=last.call_id,
        started_at_ms=last.started_at_ms,
        only_here=tuple(name for name in here if name not in there)[:_NAMES_MAX],
        only_there=tuple(name for name in there if name not in here)[:_NAMES_MAX],
        other_types=tuple(
            (name, kind, there[name])
            for name, kind in here.items()
            if name in there and there[name] != kind
        )[:_NAMES_MAX],
    )


def _is(field: str, value: str) -> Condition:
    return condition(field, value, literal=True)


def _first(
    calls: CallReader, record: CallRecord, condition: Condition, *,
    until_ms: int | None = None, from_ms: int | None = None,
) -> CallRecord | None:  # fmt: skip
    query = CallQuery(
        account_id=record.account_id or None,
        condition=condition,
        until_ms=until_ms,
        from_ms=from_ms,
        limit=1,
        time_budget_ms=_LOOK_MS,
    )
    found = calls.search(query).calls
    return found[0] if found else None


def _members(record: CallRecord) -> Mapping[str, str]:
    """The type of each parameter and member of a request, by a name that rows share."""
    request = SentRequest(record)
    found = {f"?{name}": "text" for name, _ in request.parameters}
    if record.request_content_type:
        found["Content-Type"] = record.request_content_type.partition(";")[0].strip().lower()
    for node in request.nodes:
        attribute = name_in(node) if node.kind == "object" else ""
        value = node.member("Value") if attribute else None
        if attribute and value is not None:
            found.setdefault(attribute, _type_of(value.kind, value.value))
            continue
        for inner in node.members:
            if inner.name in ("Attribute", "SchemaName", "Value"):
                continue
            name = f"{_without_rows(node.path)}.{inner.name}"
            found.setdefault(name, _type_of(inner.node.kind, inner.node.value))
    if request.body.root is not None:
        found["body"] = request.body.root.kind
    return found


def _without_rows(path: str) -> str:
    return "".join(part.partition("]")[2] if "]" in part else part for part in path.split("["))


def _type_of(kind: str, value: object) -> str:
    if kind == "word":
        return "null" if value is None else "boolean"
    return "text" if kind == "string" else kind


def _with_origin(holder: Holder, record: CallRecord, calls: CallReader) -> Holder:
    """The call that made the lead: the one that answered with its id when it was made."""
    answered = member("response", "Id", holder.lead_id, literal=True)
    made = either(*(_is("operation", name) for name in _MAKERS))
    found = _first(
        calls, record, both(made, _is("outcome", "success"), answered),
        from_ms=holder.since_ms - _LEADS_MADE_IN_MS, until_ms=holder.since_ms + _LEADS_MADE_IN_MS,
    )  # fmt: skip
    if found is None:
        return holder
    return msgspec.structs.replace(
        holder, call_id=found.call_id, operation=found.operation, user_id=found.user_id
    )


def _with_count(limit: Limit, record: CallRecord, calls: CallReader) -> Limit:
    page = calls.search(
        CallQuery(
            account_id=record.account_id,
            from_ms=record.started_at_ms - limit.window_seconds * SECOND_MS,
            until_ms=record.started_at_ms + 1,
            limit=_WINDOW_CALLS_MAX,
            time_budget_ms=_LOOK_MS,
        )
    )
    if page.next or page.stopped_early:
        return limit
    earlier = (call for call in page.calls if call.sequence < record.sequence)
    admitted = sum(call.outcome != "refused" for call in earlier)
    return msgspec.structs.replace(limit, calls_before=admitted)
