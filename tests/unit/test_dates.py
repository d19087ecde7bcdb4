"""Date-times: one form in, one form out, over the whole range of years."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import ACTIVITIES, LEADS, NOW, InProcess

from leadwire.dates import day_of, format_ms, format_seconds, parse_date, parse_date_time

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  # UTC throughout
moments = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59))  # noqa: DTZ001
whole_seconds = moments.map(lambda moment: moment.replace(microsecond=0))
_DATE_TIME_FIELDS = {
    "CreatedOn",
    "ModifiedOn",
    "LeadLastModifiedOn",
    "ProspectActivityDate_Min",
    "ProspectActivityDate_Max",
}


@given(whole_seconds)
def test_a_moment_survives_writing_and_reading(moment: datetime) -> None:
    """Of every year from 1 to 9999, to the second."""
    at_ms = (moment - EPOCH) // timedelta(milliseconds=1)
    assert parse_date_time(format_seconds(at_ms)) == at_ms
    assert format_seconds(at_ms) == f"{moment:%Y}".zfill(4) + f"{moment:-%m-%d %H:%M:%S}"


@given(moments)
def test_milliseconds_are_always_three_digits(moment: datetime) -> None:
    """What is printed is what is read, with a point and three digits behind it."""
    at_ms = (moment - EPOCH) // timedelta(milliseconds=1)
    text = format_ms(at_ms)
    assert text == f"{format_seconds(at_ms)}.{at_ms % 1000:03d}"
    assert len(text) == len("yyyy-MM-dd HH:mm:ss.SSS")
    assert text.startswith(day_of(at_ms))
    with pytest.raises(ValueError, match="form"):
        parse_date_time(text)


@given(moments)
def test_midnight_is_the_same_as_its_date(moment: datetime) -> None:
    """A date is its midnight in UTC."""
    day = format_seconds((moment - EPOCH) // timedelta(milliseconds=1))[:10]
    assert parse_date(day) == parse_date_time(f"{day} 00:00:00")


@given(st.text() | whole_seconds.map(lambda m: m.isoformat()) | moments.map(str))
def test_any_other_text_is_refused(text: str) -> None:
    """What is read can be printed again to the same letters; everything else raises."""
    try:
        at_ms = parse_date_time(text)
    except ValueError:
        return
    assert format_seconds(at_ms) == text


def test_every_date_time_of_an_answer_has_milliseconds(api: InProcess) -> None:
    """Leads and activities alike: yyyy-MM-dd HH:mm:ss.SSS, of the moment it was."""
    lead_id = api.create(FirstName="Asha")
    event = {"RelatedProspectId": lead_id, "ActivityEvent": 201}
    assert api.post(ACTIVITIES + "Create", event).status == 200
    lead = api.lead(lead_id)
    assert {lead[name] for name in _DATE_TIME_FIELDS} == {f"{NOW}.089"}
    (activity,) = api.activities(lead_id)
    assert {activity["CreatedOn"], activity["ModifiedOn"]} == {f"{NOW}.089"}


def test_a_range_in_whole_seconds_is_closed_at_both_ends(api: InProcess) -> None:
    """A row stored within the last second is past its end, as it is elsewhere."""
    api.create(FirstName="Asha")
    for start, end, count in (
        (NOW, "2026-03-04 05:06:08", 1),
        ("2026-03-04 05:06:08", "2026-03-04 05:06:09", 0),
        ("2026-03-04 05:06:06", NOW, 0),
    ):
        body = {"Parameter": {"FromDate": start, "ToDate": end}}
        assert api.post(LEADS + "Leads.RecentlyModified", body).json["RecordCount"] == count


@pytest.mark.parametrize(("style", "ending"), [("seed", ".000"), ("recorded", ":05")])
def test_the_setting_decides_how_activities_print(make_api, style: str, ending: str) -> None:  # noqa: ANN001
    """Activities only: leads keep their milliseconds."""
    api = make_api(dates=style)
    lead_id = api.create(FirstName="Asha")
    event = {
        "RelatedProspectId": lead_id,
        "ActivityEvent": 201,
        "ActivityDateTime": "2026-01-02 03:04:05",
    }
    api.post(ACTIVITIES + "Create", event)
    (activity,) = api.activities(lead_id)
    assert activity["CreatedOn"].endswith(ending)
    assert api.lead(lead_id)["ProspectActivityDate_Max"] == "2026-01-02 03:04:05.000"
