"""The timings of a proxied call as a picture: which stage took how long."""

import re
from itertools import pairwise
from typing import Final, NamedTuple

from leadwire.calls.record import CallRecord

_PAIR: Final = re.compile(r"(\w+)=([0-9]+(?:\.[0-9]+)?)")
_WORDS: Final = {
    "held": "Held back, to keep to the pace",
    "name": "Looked up the upstream's name",
    "connect": "Connected",
    "tls": "Agreed on TLS",
    "sent": "Sent the request",
    "first_byte": "Waited for the answer",
    "end": "Received the answer",
}
_LAST_WORDS: Final = {
    "never_sent": "Tried to reach the upstream",
    "sent_unanswered": "Waited, and no answer came",
    "not_understood": "Received what is not HTTP",
    "answer_cut": "Received a part of the answer",
    "paced_out": "Answered by the proxy itself",
}
_WIDTH: Final = 100.0
_NARROWEST: Final = 0.6


class StageBar(NamedTuple):
    """One stage: its name, its part of the whole width (0 to 100), and how long it took."""

    name: str
    words: str
    x: float
    width: float
    took_ms: float


class StagePicture(NamedTuple):
    bars: tuple[StageBar, ...]
    is_reused: bool
    """Whether an earlier call had used the connection."""
    client_gone_ms: float | None
    """When the caller left; None if it stayed."""
    gone_x: float
    is_unheard: bool
    """Whether the upstream answered a caller that had left."""


def stage_picture(record: CallRecord) -> StagePicture | None:
    """None for a call without timings."""
    times = {name: float(value) for name, value in _PAIR.findall(record.timings)}
    reached = [("", 0.0), *((name, times[name]) for name in _WORDS if name in times)]
    reached = [reached[0], *sorted(reached[1:], key=lambda stage: stage[1])]
    whole = max([at for _, at in reached] + [times.get("client_gone", 0.0)])
    if len(reached) == 1 or not whole:
        return None
    scale = _WIDTH / whole
    last = _LAST_WORDS.get(record.stage, "")
    bars = [
        StageBar(
            name,
            last if name == "end" and last else _WORDS[name],
            round(min(before * scale, _WIDTH - _NARROWEST), 2),
            round(max((at - before) * scale, _NARROWEST), 2),
            at - before,
        )
        for (_, before), (name, at) in pairwise(reached)
        if name != "held" or at
    ]
    gone = times.get("client_gone")
    return StagePicture(
        tuple(bars),
        "reused" in times,
        gone,
        round(min((gone or 0.0) * scale, _WIDTH - _NARROWEST), 2),
        is_unheard=gone is not None and record.stage == "answered",
    )
