"""From a recorded call to its explanation."""

from collections.abc import Callable
from typing import Final

from leadwire.calls.record import CallRecord
from leadwire.explain.access_causes import ACCESS_CAUSES
from leadwire.explain.account import Account
from leadwire.explain.case import Case, Found
from leadwire.explain.explanation import Explanation, Link, Mistake
from leadwire.explain.rows import refused_rows
from leadwire.explain.shape_causes import SHAPE_CAUSES
from leadwire.explain.stages import stage_text
from leadwire.explain.value_causes import VALUE_CAUSES
from leadwire.wire.faults import UNCERTAIN

_CAUSES: Final[dict[str, Callable[[Case], Found]]] = {
    **SHAPE_CAUSES,
    **ACCESS_CAUSES,
    **VALUE_CAUSES,
}


def explain(record: CallRecord, account: Account | None) -> Explanation | None:
    """Why the call failed, from its record, the catalogue and the account. None for a success.

    *account* is None for a call of no account, and for a client's own log. Nothing is guessed:
    what the record does not show is said to be unknown. Raises nothing, whatever the record holds.
    """
    case = Case(record, account)
    if record.outcome == "success":
        return _of_rows(case)
    if record.outcome == "gap":
        meaning = (
            "This is not a call. It marks calls that could not be recorded: the message says how "
            "many, and why."
        )
        return _told(case, "Calls are missing here", meaning)
    stage = stage_text(record)
    if stage is not None:
        return _told(case, stage.title, stage.meaning)
    if record.outcome == "aborted":
        return _told(
            case,
            "The caller broke off",
            "The connection ended before the server had answered. The record does not show why. "
            "The call may have been carried out: read before you send it again.",
        )
    cause = _CAUSES.get(record.exception_type)
    if case.kind is None or cause is None:
        return _unknown(case)
    return _explanation(case, cause(case))


def _of_rows(case: Case) -> Explanation | None:
    """A bulk call that succeeded, with rows that did not."""
    if case.operation is None or not case.operation.rows_max:
        return None
    mistakes = refused_rows(case.request, case.account)
    if not mistakes:
        return None
    rows = len({mistake.row for mistake in mistakes})
    return Explanation(
        call_id=case.record.call_id,
        title=f"{rows} {'row was' if rows == 1 else 'rows were'} refused",
        meaning="The other rows were carried out. Correct these and send them alone.",
        mistakes=mistakes,
        no_repair="Only the refused rows have to be sent again.",
        links=_links(case),
    )


def _told(case: Case, title: str, meaning: str) -> Explanation:
    return Explanation(
        call_id=case.record.call_id,
        title=title,
        meaning=meaning,
        is_certain=False,
        links=_links(case),
    )


def _unknown(case: Case) -> Explanation:
    record = case.record
    name = record.exception_type
    if record.vantage == "sdk" and record.status_code == 0:
        meaning = "The client got no answer, so only its own error is known. Whether the server "
        meaning += "carried the call out is not known: read before you send it again."
        return _told(case, "There was no answer", meaning)
    meaning = "Nothing certain can be said: "
    meaning += f"{name} is not a fault that leadwire knows." if name else (
        f"the answer has the status {record.status_code} and names no exception."
    )  # fmt: skip
    return _told(case, "The cause is unknown", meaning)


def _explanation(case: Case, found: Found) -> Explanation:
    kind = case.kind
    meaning = found.meaning
    if not meaning and kind is not None:
        meaning = kind.help
        if kind not in UNCERTAIN and case.record.method == "POST" and "changed" not in meaning:
            meaning = f"{meaning} Nothing was changed."
    mistakes = found.mistakes or (Mistake(problem=f"{kind.title if kind else 'It failed'}."),)
    no_repair = found.no_repair
    if found.repair is None and not no_repair:
        no_repair = _why_no_repair(case)
    return Explanation(
        call_id=case.record.call_id,
        title=found.title or (kind.title if kind else ""),
        meaning=meaning,
        is_certain=found.is_certain,
        is_our_fault=case.record.outcome == "server_fault",
        mistakes=mistakes,
        repair=found.repair,
        no_repair="" if found.repair else no_repair,
        holder=found.holder,
        limit=found.limit,
        links=_links(case),
    )


def _why_no_repair(case: Case) -> str:
    if not case.request.is_body_whole:
        return "The log does not have the whole request, so it cannot be corrected here."
    return "What to send instead does not follow from the request."


def _links(case: Case) -> tuple[Link, ...]:
    links = []
    if case.kind is not None:
        name = case.kind.exception_type
        links.append(Link(name, f"/errors/{name}"))
    operation = case.operation
    if operation is not None:
        links.append(Link(operation.name, f"/docs/{operation.name}"))
    return tuple(links)
