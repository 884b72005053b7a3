"""Times in the forms that exports have, and what is said about the doubtful ones."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.ingest.times import Order, parse_times, to_utc

MOMENT = datetime(2021, 9, 30, 17, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        *("2021-09-30T17:20:00Z", "2021-09-30T17:20:00.000Z", "2021-09-30 17:20:00 UTC", "2021-09-30T19:20:00+02:00"),
        *("2021-09-30T19:20:00.000+0200", "2021-09-30 12:20:00 -0500", "2021-09-30T17:20", "2021-09-30 17:20"),
        *("2021-09-30 17:20:00", "2021-09-30T17:20:00.000000", "1633022400", "1633022400000", "1633022400.0"),
        *("30/Sep/21 17:20", "30/Sep/21 5:20 PM", "30 Sep 2021 17:20", "30 September 2021 17:20:00"),
        *("Thu Sep 30 17:20:00 2021", "Thu, 30 Sep 2021 17:20:00 +0000", "September 30, 2021 5:20 PM"),
        *("Sep 30, 2021, 5:20 PM", "30.09.2021 17:20", "30.9.2021, 17:20", "30/09/2021 17:20", "09/30/2021 05:20 PM"),
        *("9/30/21 17:20", "30-09-2021 17:20", "2021/09/30 17:20", " 2021-09-30 17:20:00 ", "44469.722222222"),
    ],
)
def test_one_moment_in_many_forms(text: str) -> None:
    parsed = parse_times(pl.Series([text, None]), "UTC")
    assert parsed.times.to_list() == [MOMENT, None]
    assert parsed.unread == 0


@pytest.mark.parametrize("text", ["soon", "", "2021-13-45", "99/99/2021", "0001-01-01", "1970-01-01T00:00:01Z", "123"])
def test_what_is_no_time_is_null(text: str) -> None:
    parsed = parse_times(pl.Series([text, "2021-09-30"]), "UTC")
    assert parsed.times.to_list() == [None, datetime(2021, 9, 30, tzinfo=UTC)]
    assert parsed.unread == (1 if text else 0)


def test_forms_may_be_mixed_in_one_column() -> None:
    texts = ["2021-09-30T17:20:00Z", "30/Sep/21 17:20", "1633022400", "30.09.2021 17:20", None, "later"]
    assert parse_times(pl.Series(texts), "UTC").times.to_list() == [MOMENT] * 4 + [None, None]


@pytest.mark.parametrize(
    ("texts", "order", "certain"),
    [
        (["03/04/2021", "13/04/2021"], "day first", True),
        (["03/04/2021", "04/13/2021"], "month first", True),
        (["03/04/2021", "05/06/2021"], "day first", False),
        (["03/04/2021 5:00 PM", "05/06/2021 6:00 AM"], "month first", False),
        (["13/04/2021", "14/04/2021", "04/15/2021"], "day first", False),
    ],
)
def test_the_order_of_day_and_month_is_decided_by_the_column(texts: list[str], order: Order, certain: bool) -> None:
    parsed = parse_times(pl.Series(texts), "UTC")
    assert (parsed.order, parsed.certain) == (order, certain)
    assert parsed.times.null_count() == 0
    first = parsed.times[0].date()
    if texts[0].startswith("03/04"):
        assert first == (date(2021, 4, 3) if order == "day first" else date(2021, 3, 4))


def test_the_order_can_be_said() -> None:
    assert parse_times(pl.Series(["03/04/2021"]), "UTC", "month first").times[0].month == 3


def test_an_hour_that_happens_twice_is_the_earlier_and_a_skipped_one_moves_on() -> None:
    times = pl.Series(["2024-10-27 02:30", "2024-03-31 02:30", "2024-07-01 12:00"])
    parsed = parse_times(times, "Europe/Berlin")
    assert parsed.times.to_list() == [
        datetime(2024, 10, 27, 0, 30, tzinfo=UTC),
        datetime(2024, 3, 31, 1, 30, tzinfo=UTC),
        datetime(2024, 7, 1, 10, 0, tzinfo=UTC),
    ]
    assert (parsed.naive, parsed.twice, parsed.never) == (3, 1, 1)


@settings(max_examples=30, deadline=None)
@given(
    st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001 - wall-clock times are the subject
    st.sampled_from(["UTC", "Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]),
)
def test_wall_clock_times_agree_with_zoneinfo(naive: datetime, zone: str) -> None:
    naive = naive.replace(microsecond=0)
    found = to_utc(pl.Series([naive], dtype=pl.Datetime("us")), zone)[0][0]
    assert found == naive.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.datetimes(datetime(1971, 1, 1), datetime(2199, 1, 1)), min_size=1, max_size=20))  # noqa: DTZ001 - written out with a zone below
def test_iso_times_come_back_as_they_were(moments: list[datetime]) -> None:
    aware = [moment.replace(tzinfo=UTC) for moment in moments]
    texts = pl.Series([moment.isoformat() for moment in aware])
    assert parse_times(texts, "Asia/Tokyo").times.to_list() == aware


def test_typed_columns_are_taken_as_they_are() -> None:
    days = pl.Series([date(2024, 5, 1), None])
    assert parse_times(days, "UTC").times[0] == datetime(2024, 5, 1, tzinfo=UTC)
    local = pl.Series([datetime(2024, 5, 1, 12, tzinfo=ZoneInfo("Europe/Berlin"))])
    assert parse_times(local, "UTC").times[0] == datetime(2024, 5, 1, 12, tzinfo=UTC) - timedelta(hours=2)


@pytest.mark.parametrize("text", ["1970-01-01T00:00:00Z", "Not set", "-", "N/A"])
def test_what_says_that_there_is_no_time_is_null_and_not_told(text: str) -> None:
    parsed = parse_times(pl.Series([text, "2021-09-30T00:00:00Z"]), "UTC")
    assert parsed.times.to_list() == [None, datetime(2021, 9, 30, tzinfo=UTC)]
    assert parsed.unread == 0
