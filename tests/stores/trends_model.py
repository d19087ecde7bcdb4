"""What trends of calls mean, said in plain Python."""

from collections import Counter, defaultdict
from collections.abc import Sequence

import pytest

from leadwire.calls.record import CallRecord
from leadwire.calls.trends import GROUP_FIELDS, CallTrends, Percentiles


def assert_trends_of(found: CallTrends, records: Sequence[CallRecord], span_ms: int) -> None:
    """*found* counts exactly *records*, and its percentiles are at most 1 % off."""
    assert found.calls == len(records)
    _assert_durations(found.durations, records)
    by_span = defaultdict(list)
    for record in records:
        by_span[record.started_at_ms // span_ms * span_ms].append(record)
    assert [span.from_ms for span in found.spans] == sorted(by_span)
    for span in found.spans:
        assert span.outcomes == Counter(r.outcome for r in by_span[span.from_ms])
        _assert_durations(span.durations, by_span[span.from_ms])
    for name in GROUP_FIELDS:
        by_value = defaultdict(list)
        for record in records:
            by_value[getattr(record, name)].append(record)
        order = sorted(by_value, key=lambda value: (-len(by_value[value]), value))
        assert [group.value for group in found.groups[name]] == order
        for group in found.groups[name]:
            of_value = by_value[group.value]
            assert group.outcomes == Counter(r.outcome for r in of_value)
            assert group.last_ms == max(r.started_at_ms for r in of_value)
            spans = Counter(r.started_at_ms // span_ms * span_ms for r in of_value)
            assert group.spans == tuple(sorted(spans.items()))
            _assert_durations(group.durations, of_value)
    times = defaultdict(list)
    for record in records:
        key = (record.operation, record.key_id, record.exception_type)
        times[key].append(record.started_at_ms)
    assert {(m.operation, m.key_id, m.exception_type): list(m.times_ms) for m in found.moments} == {
        key: sorted(of_key) for key, of_key in times.items()
    }


def _assert_durations(found: Percentiles, records: Sequence[CallRecord]) -> None:
    durations = sorted(max(record.duration_ms, 0.001) for record in records)
    for share, value in zip(
        (0.50, 0.95, 0.99), (found.p50_ms, found.p95_ms, found.p99_ms), strict=True
    ):
        if not durations:
            assert value == 0
            continue
        # Engines differ in which of two neighbours they take.
        place = share * (len(durations) - 1)
        near = durations[int(place)], durations[-int(-place // 1)]
        assert near[0] * 0.985 <= value <= near[1] * 1.015 or value == pytest.approx(near[0], 0.015)
