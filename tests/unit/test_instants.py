"""Dates and ranges of a search: every form in which people meet them, and no crash at the edges."""

from datetime import UTC, datetime
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadwire.calls.instants import instant, instants_of, last_instant
from leadwire.calls.query import CallQuery, QueryError
from leadwire.console.filters import filters_from_parameters, query_of
from leadwire.dates import DAY_MS
from leadwire.settings import Settings
from leadwire.stores.opaque import cursor_at, position_of

NOW_MS = 1_795_435_200_000


def _ms(*parts: int) -> int:
    return round(datetime(*parts, tzinfo=UTC).timestamp() * 1000)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("text", "start_ms", "length_ms"),
    [
        ("2026-11-26", _ms(2026, 11, 26), DAY_MS),
        ("2026-11-26 10:00", _ms(2026, 11, 26, 10), 60_000),
        ("2026-11-26 10:00:30", _ms(2026, 11, 26, 10, 0, 30), 1_000),
        ("2026-11-26 04:29:53.186", _ms(2026, 11, 26, 4, 29, 53) + 186, 1),
        ("2026-11-26T10:00:00Z", _ms(2026, 11, 26, 10), 1_000),
        ("2026-11-26t10:00:00.5z", _ms(2026, 11, 26, 10) + 500, 1),
        ("2026-11-26T10:00:00.123456789Z", _ms(2026, 11, 26, 10) + 123, 1),
        ("2026-11-26T10:00:00+05:30", _ms(2026, 11, 26, 4, 30), 1_000),
        ("2026-11-26T10:00:00 05:30", _ms(2026, 11, 26, 4, 30), 1_000),
        ("2026-11-26T10:00-0800", _ms(2026, 11, 26, 18), 60_000),
        ("2026-11-26 10:00:00 UTC", _ms(2026, 11, 26, 10), 1_000),
        ("  2026-11-26 ", _ms(2026, 11, 26), DAY_MS),
        ("now", NOW_MS, 1),
        ("now-2h", NOW_MS - 7_200_000, 1),
        ("-2h", NOW_MS - 7_200_000, 1),
        ("NOW-7D", NOW_MS - 7 * DAY_MS, 1),
        ("2h ago", NOW_MS - 7_200_000, 1),
        ("15 minutes ago", NOW_MS - 900_000, 1),
        ("now - 2h", NOW_MS - 7_200_000, 1),
        ("today", _ms(2026, 11, 23), DAY_MS),
        ("yesterday", _ms(2026, 11, 22), DAY_MS),
        ("Yesterday 9:00", _ms(2026, 11, 22, 9), 60_000),
        ("yesterday at 9pm", _ms(2026, 11, 22, 21), 60_000),
        ("Friday 8:15:30", _ms(2026, 11, 20, 8, 15, 30), 1_000),
        ("26.11.2025", _ms(2025, 11, 26), DAY_MS),
        ("20 Nov", _ms(2026, 11, 20), DAY_MS),
        ("24 Dec", _ms(2025, 12, 24), DAY_MS),
        ("Friday 20 November", _ms(2026, 11, 20), DAY_MS),
        ("Fri, 20 Nov 2026 10:00:30", _ms(2026, 11, 20, 10, 0, 30), 1_000),
        ("Nov 20, 2026 2:30 PM", _ms(2026, 11, 20, 14, 30), 60_000),
        ("11/20/2026 12:05:06 AM", _ms(2026, 11, 20, 0, 5, 6), 1_000),
        ("2026/11/20 1:00", _ms(2026, 11, 20, 1), 60_000),
        ("2026-11-26 1:00", _ms(2026, 11, 26, 1), 60_000),
        ("00:15:31.331", _ms(2026, 11, 23, 0, 15, 31) + 331, 1),
        ("23:59", _ms(2026, 11, 22, 23, 59), 60_000),
        ("1795435200", NOW_MS, 1_000),
        ("1795435200123", NOW_MS + 123, 1),
        ("20 Nov 10:00 +05:30", _ms(2026, 11, 20, 4, 30), 60_000),
        ("1970-01-01", 0, DAY_MS),
        ("2999-12-31", _ms(2999, 12, 31), DAY_MS),
    ],
)
def test_a_date_may_be_written_as_it_is_met(text: str, start_ms: int, length_ms: int):
    """In the page, in an answer, in a program's log."""
    assert instants_of(text, NOW_MS) == range(start_ms, start_ms + length_ms)


@pytest.mark.parametrize(
    "text",
    [
        "", "soon", "2026", "32.11.2026", "2026-02-30", "2026-11-26 25:00", "26 Now", "13pm", "9",
        "0001-01-01 00:00:00", "9999-12-31", "1969-12-31", "2026-11-26T10:00:00+99:00",
        "٢٠٢٦-٠٣-٢٦", "now+2h", "now-9y", "-", "2026-11-26T", "now-99999w",
    ],
)  # fmt: skip
def test_another_date_is_refused_in_a_sentence(text: str):
    """Dates outside of the years that a search takes, too."""
    with pytest.raises(ValueError, match=r"\.$|15m, 2h"):
        instants_of(text, NOW_MS)


@given(st.integers(0, _ms(2999, 12, 31)))
def test_a_printed_instant_is_read_as_itself(at_ms: int):
    """At the start of a range, and before its end."""
    assert instants_of(instant(at_ms), NOW_MS)[0] == at_ms
    assert instants_of(last_instant(at_ms + 1), NOW_MS)[-1] == at_ms


SERVICES = SimpleNamespace(
    clock=SimpleNamespace(now_ms=lambda: NOW_MS),
    settings=Settings(calls_search_span_days_max=7),
    token_of=None,
    ids_named=lambda _account_id, _name: (),
)
"""What ``query_of`` needs of the console's services."""


def _query(**parameters: str) -> CallQuery:
    given_parameters = {name.rstrip("_"): value for name, value in parameters.items()}
    filters = filters_from_parameters("/console/api-logs", given_parameters)
    return query_of(filters, SERVICES, account_id="a1", rows_max=100).query


def test_every_bound_of_a_range_must_hold():
    """A quick range, a date and a span in the text are all conditions."""
    assert _query(last="1h").from_ms == NOW_MS - 3_600_000
    assert _query(q="last:15m ravi").from_ms == NOW_MS - 900_000
    assert _query(last="24h", from_="now-1h").from_ms == NOW_MS - 3_600_000
    assert _query(last="1h", from_="now-24h").from_ms == NOW_MS - 3_600_000
    assert _query(q="last:15m OR ravi").from_ms == NOW_MS - DAY_MS
    ranged = _query(from_="2026-11-20", to="2026-11-21")
    assert (ranged.from_ms, ranged.until_ms) == (_ms(2026, 11, 20), _ms(2026, 11, 22))


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"last": "9y"}, "last"),
        ({"last": "0h"}, "last"),
        ({"status": "0404"}, "status"),
        ({"status": "٤٠٤"}, "status"),
        ({"status": "broken"}, "status"),
        ({"limit": "0"}, "limit"),
        ({"limit": "٣"}, "limit"),
        ({"limit": "9" * 5000}, "limit"),
        ({"q": "status=500"}, "q"),
        ({"from_": "0001-01-01 00:00:00", "to": "0001-01-02 00:00:00"}, "from"),
        ({"to": "0001-01-01 00:00:00"}, "to"),
        ({"to": "9999-12-31"}, "to"),
        ({"from_": "now", "to": "now-1h"}, "from"),
    ],
)
def test_a_parameter_that_cannot_be_read_is_named(parameters: dict[str, str], field: str):
    """None is ignored."""
    with pytest.raises(QueryError) as caught:
        _query(**parameters)
    assert caught.value.field == field


@pytest.mark.parametrize("status", ["5xx", "404", ">=400", "400..499", "success", "ERROR"])
def test_the_status_filter_takes_what_the_language_takes(status: str):
    """One meaning for both."""
    condition = _query(status=status).condition
    assert condition == _query(q=f"status:{status}").condition


@pytest.mark.parametrize(
    "place", [(1 << 62, 1), (253_402_300_800_000, 1), (-1, 1), (NOW_MS, 1 << 63)]
)
def test_a_cursor_of_no_day_is_refused(place: tuple[int, int]):
    """Before a store looks for its file."""
    with pytest.raises(QueryError):
        position_of(cursor_at(*place))
    assert position_of(cursor_at(NOW_MS, 5)) == (NOW_MS, 5)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("now-999999999d", "the longest is 3660d"),
        ("-99999w", "the longest is 3660d"),
        ("now-0h", "write a number and s, m, h, d or w: 15m, 2h, 7d"),
    ],
)
def test_a_span_that_is_out_of_bounds_is_refused_in_a_sentence(text: str, reason: str) -> None:
    """It says what the longest span is."""
    with pytest.raises(ValueError, match=rf"^'{text}' is not an instant: {reason}\.$"):
        instants_of(text, 1_800_000_000_000)


def test_a_date_without_an_offset_is_one_of_the_readers_zone() -> None:
    """A day begins and ends there, also where clocks change."""
    kolkata, berlin = ZoneInfo("Asia/Kolkata"), ZoneInfo("Europe/Berlin")
    assert instants_of("2026-11-26 10:00", NOW_MS, kolkata)[0] == _ms(2026, 11, 26, 4, 30)
    assert instants_of("2026-11-26T10:00Z", NOW_MS, kolkata)[0] == _ms(2026, 11, 26, 10)
    assert len(instants_of("2026-10-25", NOW_MS, berlin)) == 25 * 3_600_000
    late_ms = _ms(2026, 11, 23, 22)
    assert instants_of("today", late_ms, kolkata)[0] == _ms(2026, 11, 23, 18, 30)
