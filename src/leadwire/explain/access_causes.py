"""Causes outside of the request's content: keys, limits, roles, and failures of the server."""

import re
from collections.abc import Callable
from typing import Final

from leadwire.dates import SECOND_MS
from leadwire.explain.case import Case, Found
from leadwire.explain.explanation import Limit, Mistake, Place
from leadwire.explain.repairs import Changes, placeholder, repaired
from leadwire.operations.operation import Keys
from leadwire.wire.faults import UNCERTAIN

_LIMIT: Final = re.compile(r"limit of (\d{1,9}) in (\d{1,9}) second")
_HOURS: Final = 3_600
_REASONS: Final = {
    "no keys": "The request has no keys.",
    "one key of the pair is missing": "One key of the pair is missing.",
    "unknown access key": "No account of this server has this access key.",
    "wrong secret key": "The secret key does not belong to the access key.",
    "revoked key": "This key pair was revoked.",
    "inactive user": "The user of this key pair is inactive.",
    "no async key": "The request has no async key.",
    "unknown async key": "No account of this server has this async key.",
    "async key of another account": "The async key belongs to another account than the key pair.",
    "unknown account code": "No account of this server has this code.",
    "no active administrator": "The account of this code has no active administrator.",
}
_IN_HEADERS: Final[dict[Keys, str]] = {
    "pair": "Send the headers x-LSQ-AccessKey and x-LSQ-SecretKey, or accessKey and secretKey in "
    "the query.",
    "pair and async": "Send the headers x-LSQ-AccessKey, x-LSQ-SecretKey and x-api-key.",
    "async": "Send the header x-api-key.",
    "account code": "Send the account's code as the page's script does.",
    "none": "This operation takes no keys.",
}


def keys_refused(case: Case) -> Found:
    """Which key is wrong. The keys themselves are never recorded."""
    reason = case.record.refusal_reason
    problem = _REASONS.get(reason, "The keys were refused. The record does not say which one.")
    keys: Keys = case.operation.keys if case.operation else "pair"
    by_fix = {
        "revoked key": "Use another key pair, or create one: leadwire keys create.",
        "inactive user": "Use the keys of an active user.",
        "wrong secret key": "Send the secret that was shown with this access key. After a rotation "
        "the old secret stops working.",
        "unknown access key": "Check that the key is of this server, and that the shell did not "
        "replace the $ in it: put it in single quotes.",
    }
    mistake = Mistake(
        problem=problem,
        fix=by_fix.get(reason, _IN_HEADERS[keys]),
        place=Place(part="header", path="header.x-api-key" if keys == "async" else "header"),
    )
    repair = None
    if keys == "pair" and reason in ("no keys", "one key of the pair is missing"):
        repair = repaired(
            case.request,
            "The same request with your keys in its headers.",
            Changes(header=("x-LSQ-AccessKey", placeholder("access key"))),
            fill_in=(placeholder("access key"), "the header x-LSQ-SecretKey with your secret key"),
        )
    return Found(
        (mistake,), repair, is_certain=reason in _REASONS,
        no_repair="" if repair else "Keys are never recorded: send the same request with your own.",
    )  # fmt: skip


def limit_exceeded(case: Case) -> Found:
    record = case.record
    match = _LIMIT.search(record.exception_message)
    if match is None:
        return Found((Mistake(problem="A limit was exceeded."),), is_certain=False)
    calls_max, window = int(match[1]), int(match[2])
    wait = case.request.answer_header("Retry-After")
    seconds = int(wait) if wait.isascii() and wait.isdecimal() and len(wait) < _DIGITS_MAX else 0
    limit = Limit(
        calls_max=calls_max,
        window_seconds=window,
        frees_at_ms=record.started_at_ms + (seconds or window) * SECOND_MS,
    )
    if window >= _HOURS:
        who = "calls with unknown keys, or of web pages, from one address"
    else:
        who = "calls of an account"
    problem = f"The limit is {calls_max:,} {who} in {window:,} seconds, and it was used up."
    if case.operation is not None and case.operation.limit_class == "bulk":
        problem += " Bulk operations have a limit of their own."
    repair = repaired(case.request, "The same request, sent again later.", Changes())
    return Found(
        (Mistake(problem=problem, fix="Wait as long as Retry-After says, then send it again."),),
        repair, limit=limit,
    )  # fmt: skip


_DIGITS_MAX: Final = 9


def busy(case: Case) -> Found:
    """The server had no room or no database: nothing in the request is wrong."""
    uncertain = case.kind in UNCERTAIN
    fix = (
        "The change may have been made. Read what the call should have changed before you send it "
        "again."
        if uncertain
        else "Nothing was changed. Send the call again."
    )
    repair = None if uncertain else repaired(case.request, "The same request again.", Changes())
    return Found((Mistake(problem="The request is not at fault.", fix=fix),), repair)


def ours(case: Case) -> Found:
    """An unhandled exception of the server."""
    record = case.record
    fix = (
        f"Send the operator, or whoever maintains this server, the call id {record.call_id}. "
        f"'leadwire calls show {record.call_id}' prints the traceback."
    )
    return Found(
        (Mistake(problem="The server failed while it ran the call.", fix=fix),),
        meaning="This is our fault, not yours: nothing in the request is known to be wrong. "
        "Whether it changed something is not known, so read before you send it again.",
        no_repair="The request is not known to be wrong, so there is nothing to correct.",
    )


def by_role(case: Case) -> Found:
    return Found(
        (
            Mistake(
                problem="The user of these keys may not do this.",
                fix=case.fix,
                place=Place(part="header", path="header"),
            ),
        ),
        no_repair="Call with the keys of an administrator, or ask the operator for the setting.",
    )


def undeliverable(case: Case) -> Found:
    return Found((case.mistake("The lead gets no mails."),), no_repair="Change the lead first.")


ACCESS_CAUSES: Final[dict[str, Callable[[Case], Found]]] = {
    "MXInvalidAccessDetailsException": keys_refused,
    "MXAPIRateLimitExceededException": limit_exceeded,
    "ServerBusyException": busy,
    "AsyncQueueFullException": busy,
    "DatabaseUnavailableException": busy,
    "CallNotRecordedException": busy,
    "RehearsalTooLongException": busy,
    "InternalServerErrorException": ours,
    "MXUnAuthorizedAccessException": by_role,
    "MXMailDeliveryException": undeliverable,
}
