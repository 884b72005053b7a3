"""Deadlines: what is stated is read in the writer's zone, nothing is read from what is not a deadline."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.read import phrases
from tidegate.read.deadlines import FARTHEST, deadlines
from tidegate.read.hits import Hinted, hinted
from tidegate.read.views import View


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # ty: ignore[no-matching-overload] (date parts only)


TUESDAY = datetime(2024, 3, 5, 10, 0, tzinfo=UTC)


def due(text: str, created: datetime | None = TUESDAY, zone: str = "UTC") -> datetime | None:
    found = deadlines(times := stated(text), [created] * len(times), zone=zone)
    return found[0].at if found else None


def stated(text: str) -> list[Hinted]:
    """Texts that may state a time, as the signals look for them."""
    view = View.of([text])
    return hinted(view, phrases.find(view, phrases.lexicon()), phrases.lexicon())[1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We need it by Friday 5pm.", at(2024, 3, 8, 17)),
        ("please fix before EOD", at(2024, 3, 5, 17)),
        ("by tomorrow noon at 12:00", at(2024, 3, 6, 12)),
        ("Bitte bis morgen 12 Uhr", at(2024, 3, 6, 12)),
        ("avant vendredi 17h30", at(2024, 3, 8, 17, 30)),
        ("antes del jueves", at(2024, 3, 7, 17)),
        ("até sexta-feira às 15:00", at(2024, 3, 8, 15)),
        ("entro domani alle 9:30", at(2024, 3, 6, 9, 30)),
        ("due by 2024-03-20", at(2024, 3, 20, 17)),
        ("bis zum 15.03.2024", at(2024, 3, 15, 17)),
        ("until March 12th", at(2024, 3, 12, 17)),
        ("before 12 April", at(2024, 4, 12, 17)),
        ("within 2 hours please", at(2024, 3, 5, 12)),
        ("innerhalb von 3 Tagen", at(2024, 3, 8, 10)),
        ("dans les 24 heures", at(2024, 3, 6, 10)),
        ("by 11:30", at(2024, 3, 5, 11, 30)),
        ("before 9am", at(2024, 3, 6, 9)),
        ("by Tuesday", at(2024, 3, 12, 17)),
        ("by 5/4", at(2024, 4, 5, 17)),
    ],
)
def test_stated_deadlines(text: str, expected: datetime) -> None:
    assert due(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "since Friday",
        "by accident",
        "it happened on 2024-03-01",
        "before 2023-01-01",
        "by 2031-01-01",
        "Friday was nice",
        "by 31.02.2024",
        "version 5.4 by ACME",
        "",
        "order 2024-03-20",
    ],
)
def test_no_deadline(text: str) -> None:
    assert due(text) is None


def test_the_writers_clock_counts() -> None:
    assert due("by Friday 5pm", zone="America/New_York") == datetime(2024, 3, 8, 22, tzinfo=UTC)
    assert due("by Monday 9am", datetime(2024, 3, 8, 12, tzinfo=UTC), "America/New_York") == datetime(
        2024, 3, 11, 13, tzinfo=UTC
    )


def test_a_deadline_that_has_passed_does_not_hide_the_next() -> None:
    assert due("Promised by 2024-02-01, we need it by Friday 5pm.") == at(2024, 3, 8, 17)


def test_an_hour_that_summer_time_skips_is_the_one_after_it() -> None:
    saturday = datetime(2024, 3, 30, 12, tzinfo=UTC)
    assert due("by tomorrow 2:30", saturday, "Europe/Berlin") == at(2024, 3, 31, 1, 30)


def test_unknown_time_of_writing_reads_nothing() -> None:
    assert due("by Friday 5pm", None) is None


def test_day_ends_is_a_choice() -> None:
    found = deadlines(stated("before eod"), [TUESDAY], day_ends=time(18, 30))
    assert found[0].at == datetime(2024, 3, 5, 18, 30, tzinfo=UTC)


PIECES = st.sampled_from(
    [
        "by",
        "bis",
        "before",
        "within",
        "friday",
        "morgen",
        "5pm",
        "12/13",
        "99:99",
        "2024-13-45",
        "2",
        "hours",
        "end of",
        "31.2.",
        "feb 30",
        ",",
    ]
)


@given(
    st.lists(st.one_of(PIECES, st.text(max_size=8)), max_size=12),
    st.integers(0, 3_800_000_000),
)
@settings(max_examples=40, deadline=None)
def test_never_raises_and_stays_in_bounds(pieces: list[str], seconds: int) -> None:
    written = datetime.fromtimestamp(seconds, UTC)
    found = due(" ".join(pieces), written, "Europe/London")
    assert found is None or written < found <= written + FARTHEST
