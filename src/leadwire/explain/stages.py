"""How far a proxied call came, in plain English."""

from typing import Final, NamedTuple

from leadwire.calls.record import CallRecord

ENDED_TYPE: Final = "ProxyEndedException"
"""The exception type of a call that was under way when the proxy ended."""


class StageText(NamedTuple):
    title: str
    meaning: str


_MAYBE: Final = "The call may have been carried out: look before you send it again."
_NOT: Final = "Nothing was sent, so nothing was changed."
_TEXTS: Final = {
    "refused": StageText(
        "The proxy refused the request",
        f"It cannot be passed on as it is, and the upstream saw nothing of it. {_NOT}",
    ),
    "never_sent": StageText(
        "The call never reached the upstream",
        f"There was no connection. The timings show how far it came. {_NOT}",
    ),
    "sent_unanswered": StageText(
        "The call was sent, and no answer came",
        f"The upstream closed the connection, or the time limit was over. {_MAYBE}",
    ),
    "not_understood": StageText(
        "The answer is not HTTP",
        f"What came back cannot be read; the record has its first bytes. {_MAYBE}",
    ),
    "answer_cut": StageText(
        "The answer broke off",
        f"It began and did not end, so the caller has a part of it at most. {_MAYBE}",
    ),
    "paced_out": StageText(
        "The call was held back for too long",
        "The proxy keeps to the rate of its setting pace, and other calls came first. "
        f"This answer is the proxy's own. {_NOT}",
    ),
}
_LEFT_BEFORE: Final = StageText(
    "The caller left before the call was sent",
    f"It closed its connection while the call waited. {_NOT}",
)
_LEFT: Final = StageText(
    "The caller left before the answer came",
    "The proxy read the upstream's answer on for a while, and it did not come to its end. "
    f"{_MAYBE}",
)
_TEXTS_OF_LEFT: Final = {
    "never_sent": _LEFT_BEFORE,
    "paced_out": _LEFT_BEFORE,
    "sent_unanswered": _LEFT,
    "answer_cut": _LEFT,
}
_ENDED: Final = StageText(
    "The proxy ended while the call was under way",
    f"It had been sent, and the proxy was killed or lost its power before an answer came. {_MAYBE}",
)


def stage_text(record: CallRecord) -> StageText | None:
    """What the stage of a proxied call means; None for one that was answered."""
    if record.vantage != "proxy" or record.stage == "answered":
        return None
    if record.exception_type == ENDED_TYPE:
        return _ENDED
    if "client_gone=" in record.timings:
        return _TEXTS_OF_LEFT.get(record.stage) or _TEXTS.get(record.stage)
    return _TEXTS.get(record.stage)
