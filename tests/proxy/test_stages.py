"""The picture of a proxied call's stages."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from leadwire.calls.record import STAGES, CallRecord
from leadwire.console.call.stages import stage_picture
from leadwire.explain.stages import stage_text
from leadwire.proxy.closing import timings_text
from leadwire.proxy.watching import Ending, Timings

CALL = CallRecord(
    call_id="id",
    started_at_ms=0,
    duration_ms=0.0,
    vantage="proxy",
    method="GET",
    path="/",
    status_code=0,
    outcome="aborted",
)
NAMES = ("name", "connect", "tls", "sent", "first_byte", "end")
TIMES = st.none() | st.floats(0, 400_000)


@settings(max_examples=50)
@given(
    times=st.lists(TIMES, min_size=len(NAMES), max_size=len(NAMES)),
    held=TIMES,
    gone=TIMES,
    stage=st.sampled_from(STAGES),
)
def test_every_timing_is_drawn_inside_the_picture_and_in_order(
    times: list[float | None], held: float | None, gone: float | None, stage: str
) -> None:
    """Whatever stages a call reached, each has a bar as long as it took; none lies outside."""
    timings = Timings(**dict(zip(NAMES, times, strict=True)), held=held)
    text = timings_text(Ending("answered", client_gone_after_ms=gone, timings=timings))
    picture = stage_picture(msgspec.structs.replace(CALL, timings=text, stage=stage))
    reached = [time for time in (*times, held) if time is not None]
    if picture is None:
        assert not any(round(time, 1) for time in (*reached, gone or 0.0)) or not reached
        return
    for bar in picture.bars:
        assert 0 <= bar.x <= 100
        assert bar.x + bar.width <= 101
        assert bar.took_ms >= 0
    assert 0 <= picture.gone_x <= 100
    assert [bar.x for bar in picture.bars] == sorted(bar.x for bar in picture.bars)
    took = sum(bar.took_ms for bar in picture.bars)
    assert abs(took - max(round(time, 1) for time in reached)) < 0.1
    assert picture.is_unheard is (gone is not None and stage == "answered")


def test_every_stage_but_answered_says_whether_it_may_have_been_carried_out() -> None:
    """A person must know before they send it again."""
    for stage in STAGES:
        for gone in ("", "client_gone=5.0"):
            text = stage_text(msgspec.structs.replace(CALL, stage=stage, timings=gone))
            if stage == "answered":
                assert text is None
                continue
            assert text is not None
            was_sent = stage not in ("refused", "never_sent", "paced_out")
            said = "may have been carried out" if was_sent else "Nothing was sent"
            assert said in text.meaning, (stage, gone)
