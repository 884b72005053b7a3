"""Clocks against a twin that lives through every ticket minute by minute."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as slowly
from hypothesis import strategies as st

from helpers.boards import policy_with
from helpers.slow_clocks import ALWAYS, Story, Week, age, reached, utc, which_clock
from tidegate.enrich.clocks import clocks, due
from tidegate.tables import Clocks, Events, Messages, Tickets
from tidegate.tables.words import LEVEL, STATUSES

if TYPE_CHECKING:
    from tidegate.policy.model import Policy

MINUTE = timedelta(minutes=1)
NIGHT = utc(2024, 10, 27, 1)
LONDON = Week("Europe/London", {day: [(540, 720), (780, 1050)] for day in range(5)} | {6: [(0, 180)]})
NEW_YORK = Week("America/New_York", {day: [(0, 1440)] for day in range(7)}, frozenset({utc(2024, 10, 28).date()}))
WEEKS = {"P0": ALWAYS, "P1": LONDON, "P2": NEW_YORK, "P3": LONDON}
LEVELS = {
    "P0": {"respond": "10m", "next": "30m", "resolve": "2h", "clock": "always", "severity": 20},
    "P1": {"respond": "30m", "next": "2h", "resolve": "1bd", "severity": 6},
    "P2": {"respond": "4h", "next": "8h", "resolve": "3bd", "clock": "new-york", "severity": 2},
    "P3": {"respond": "1bd", "next": "2bd", "resolve": "5bd", "severity": 1},
}


def policy(**rules: str) -> Policy:
    return policy_with(levels=LEVELS, calendar=LONDON.spec(), calendars={"new-york": NEW_YORK.spec()}, clocks=rules)


def table(schema: type, rows: list[dict[str, object]]) -> pl.DataFrame:
    """Rows of a contract, null where nothing is said."""
    return pl.DataFrame(rows, schema={name: column.dtype for name, column in schema.columns().items()})


def tickets(*stories: Story) -> pl.DataFrame:
    return table(
        Tickets,
        [
            {
                "ticket_id": f"T{number}",
                "created_at": story.created,
                "status": story.status,
                "first_response_at": story.responded,
                "last_requester_at": story.asked,
                "updated_at": story.updated,
            }
            for number, story in enumerate(stories)
        ],
    )


def events(*stories: Story) -> pl.DataFrame:
    told = [(f"T{number}", *row) for number, story in enumerate(stories) for row in story.log]
    return table(
        Events,
        [
            {
                "event_id": f"E{n}",
                "ticket_id": ticket,
                "at": at,
                "kind": kind,
                "actor_kind": "agent",
                "old": old,
                "new": new,
            }
            for n, (ticket, at, kind, old, new) in enumerate(told)
        ],
    )


minutes = st.integers(-2 * 1440, 2 * 1440).map(lambda n: NIGHT + n * MINUTE)
changes = st.one_of(
    st.tuples(minutes, st.just("status"), st.none(), st.sampled_from(STATUSES)),
    st.tuples(
        minutes,
        st.sampled_from(["reopened", "waiting_customer", "waiting_internal", "merged", "note"]),
        st.none(),
        st.none(),
    ),
    st.tuples(minutes, st.just("priority"), st.just("P3"), st.sampled_from(["P1", "P3"])),
)
stories = st.builds(
    Story,
    created=minutes,
    status=st.sampled_from(["open", "open", "open", *STATUSES]),
    responded=st.none() | minutes,
    asked=st.none() | minutes,
    updated=st.none() | minutes,
    log=st.lists(changes, max_size=6),
)


@pytest.mark.slow
@given(st.lists(stories, min_size=1, max_size=4), minutes, st.sampled_from(["pauses", "runs"]), st.booleans())
@slowly(max_examples=100, deadline=None)
def test_every_age_is_what_living_through_it_gives(told: list[Story], now: datetime, hold: str, restart: bool) -> None:
    level_change = "restart" if restart else "carry-on"
    found = clocks(tickets(*told), policy(hold=hold, level_change=level_change), now, events=events(*told))
    Clocks.validate(found)
    for row, story in zip(found.iter_rows(named=True), told, strict=True):
        assert row["clock"] == which_clock(story, now, hold)
        for level, week in WEEKS.items():
            slow = age(story, now, week, hold=hold, level_change=level_change)
            assert row[f"age_{level.lower()}"] == slow


@pytest.mark.slow
@given(stories, minutes, st.sampled_from(list(LEVELS)), st.sampled_from(["pauses", "runs"]))
@slowly(max_examples=100, deadline=None)
def test_due_is_when_living_on_would_reach_the_target(story: Story, now: datetime, level: str, hold: str) -> None:
    rules, wanted = policy(hold=hold), pl.Series("level", [level], dtype=LEVEL)
    found = clocks(tickets(story), rules, now, level=wanted, events=events(story)).row(0, named=True)
    clock = which_clock(story, now, hold)
    if clock == "none":
        assert found["minutes_left"] is found["due_at"] is found["breached_since"] is None
        return
    field = {"first_response": "respond", "next_response": "next", "resolution": "resolve"}[clock]
    day = {"P0": 1440, "P1": (450 * 5 + 180) / 6, "P2": 1440, "P3": (450 * 5 + 180) / 6}[level]
    target = round(getattr(rules.levels[level], field).minutes(day))
    at = reached(story, now, WEEKS[level], hold=hold, level_change="carry-on", target=target)
    assert found["due_at"] == at
    assert found["minutes_left"] == target - found[f"age_{level.lower()}"]
    assert found["breached_since"] == (at if at <= now else None)
    assert (found["minutes_left"] <= 0) == (at <= now)


@pytest.mark.slow
@given(st.lists(stories, min_size=2, max_size=4), minutes, st.randoms())
@slowly(max_examples=40, deadline=None)
def test_the_order_of_tickets_and_the_repeat_of_events_change_nothing(
    told: list[Story], now: datetime, random: object
) -> None:
    del random
    rows, log = tickets(*told), events(*told)
    whole = clocks(rows, policy(), now, events=log)
    twice = pl.concat([log, log]).sort("at", maintain_order=True)
    turned = clocks(rows.reverse(), policy(), now, events=twice)
    assert turned.reverse().equals(whole)
    alone = clocks(rows[:1], policy(), now, events=log)
    assert alone.equals(whole[:1])


def ages(*told: Story, now: datetime, log: pl.DataFrame | None = None, **rules: str) -> list[float]:
    return clocks(tickets(*told), policy(**rules), now, events=events(*told) if log is None else log)[
        "age_p0"
    ].to_list()


def test_without_events_the_columns_say_it_all() -> None:
    now = utc(2024, 5, 6, 12)
    opened = now - 60 * MINUTE
    told = [
        Story(opened),
        Story(opened, responded=opened + MINUTE),
        Story(opened, responded=opened + MINUTE, asked=now - 5 * MINUTE),
        Story(opened, status="waiting"),
        Story(opened, status="hold"),
        Story(opened, status="solved"),
        Story(now + MINUTE),
        Story(opened, responded=now + MINUTE),
    ]
    found = clocks(tickets(*told), policy(), now)
    assert found["clock"].to_list() == [
        *("first_response", "resolution", "next_response", "none", "none", "none", "first_response", "first_response")
    ]
    assert found["age_p0"].to_list() == [60, 60, 5, 0, 0, 0, 0, 60]
    assert clocks(tickets(told[4]), policy(hold="runs"), now)["age_p0"].to_list() == [60]


def test_a_solution_that_has_not_happened_yet_is_not_known() -> None:
    now = utc(2024, 5, 6, 12)
    rows = tickets(Story(now - 60 * MINUTE, status="closed")).with_columns(
        solved_at=pl.lit(now + MINUTE), closed_at=pl.lit(now + 9 * MINUTE)
    )
    assert clocks(rows, policy(), now)["clock"].to_list() == ["first_response"]
    assert clocks(rows, policy(), now + MINUTE)["clock"].to_list() == ["none"]


def test_a_merged_ticket_lends_its_start_to_the_one_that_lives_on() -> None:
    now = utc(2024, 5, 6, 12)
    first, second, third = (now - n * MINUTE for n in (90, 60, 30))
    told = [
        Story(first, status="closed", log=[(now - 20 * MINUTE, "merged", None, "T1")]),
        Story(second, status="closed", log=[(now - 10 * MINUTE, "merged", None, "T2")]),
        Story(third),
    ]
    assert ages(*told, now=now) == [0, 0, 90]
    assert ages(*told, now=now, merge="own") == [0, 0, 30]
    assert ages(*told, now=now - 15 * MINUTE)[2] == 15  # the second had not been merged yet


def test_a_merged_ticket_that_was_answered_does_not_make_the_other_wait_longer_for_its_first_answer() -> None:
    now = utc(2024, 5, 6, 12)
    merged = Story(
        now - 90 * MINUTE,
        status="closed",
        responded=now - 80 * MINUTE,
        log=[(now - 20 * MINUTE, "merged", None, "T1")],
    )
    assert ages(merged, Story(now - 30 * MINUTE), now=now) == [0, 30]
    assert ages(merged, Story(now - 30 * MINUTE, responded=now - 5 * MINUTE), now=now) == [0, 90]


def test_merges_that_lead_nowhere_are_harmless() -> None:
    now = utc(2024, 5, 6, 12)
    opened = now - 60 * MINUTE
    at = now - 20 * MINUTE
    told = [
        Story(opened, log=[(at, "merged", None, "T1"), (at, "reopened", None, None)]),
        Story(opened - MINUTE, log=[(at, "merged", None, "T0"), (at, "reopened", None, None)]),
        Story(opened, log=[(at, "merged", None, "T2"), (at, "reopened", None, None)]),
        Story(opened, log=[(at, "merged", None, "who?"), (at, "reopened", None, None)]),
    ]
    assert ages(*told, now=now) == [61, 61, 60, 60]


def messages(*rows: tuple[int, str, str, bool]) -> pl.DataFrame:
    start = utc(2024, 5, 6, 10)
    return table(
        Messages,
        [
            {
                "message_id": f"M{n}",
                "ticket_id": "T0",
                "at": start + minute * MINUTE,
                "author": author,
                "author_kind": kind,
                "public": public,
            }
            for n, (minute, author, kind, public) in enumerate(rows)
        ],
    )


def talk(*rows: tuple[int, str, str, bool], log: pl.DataFrame | None = None, **columns: object) -> tuple[str, float]:
    row = tickets(Story(utc(2024, 5, 6, 10))).with_columns(requester_id=pl.lit("ann"), **columns)
    found = clocks(row, policy(), utc(2024, 5, 6, 12), messages=messages(*rows), events=log)
    return found["clock"][0], found["age_p0"][0]


def test_a_bot_or_a_note_or_the_requester_answers_nothing() -> None:
    assert talk((0, "ann", "requester", True)) == ("first_response", 120)
    assert talk((1, "hal", "bot", True), (2, "sys", "system", True), (3, "bob", "agent", False)) == (
        "first_response",
        120,
    )
    assert talk((1, "ann", "agent", True)) == ("first_response", 120)


def test_the_next_response_counts_from_the_oldest_question_that_waits() -> None:
    asked = [(0, "ann", "requester", True), (5, "bob", "agent", True)]
    assert talk(*asked) == ("resolution", 120)
    assert talk(*asked, (50, "ann", "requester", True), (90, "ann", "requester", True)) == ("next_response", 70)
    assert talk(*asked, (50, "ann", "requester", True), (60, "bob", "agent", True)) == ("resolution", 120)
    assert talk(*asked, (130, "ann", "requester", True)) == ("resolution", 120)


def test_the_requesters_reply_ends_the_wait_for_it() -> None:
    waits = Story(utc(2024, 5, 6, 10), log=[(utc(2024, 5, 6, 10, 10), "waiting_customer", None, None)])
    said = [(5, "bob", "agent", True), (40, "ann", "requester", True), (41, "bob", "agent", True)]
    assert talk(*said, log=events(waits)) == ("resolution", 90)


def test_due_for_some_rows_is_what_all_rows_say() -> None:
    now = NIGHT + 600 * MINUTE
    log = [(NIGHT - 60 * MINUTE, "waiting_customer", None, None), (NIGHT + 60 * MINUTE, "status", None, "open")]
    told = [Story(NIGHT - 1000 * MINUTE, log=log), Story(NIGHT, log=log[1:]), Story(NIGHT, status="waiting")]
    rows, level = tickets(*told), pl.Series("level", ["P1", "P2", "P3"], dtype=LEVEL)
    whole = clocks(rows, policy(), now, level=level, events=events(*told))
    bare = clocks(rows, policy(), now, events=events(*told))
    assert bare.select("minutes_left", "due_at", "breached_since").null_count().row(0) == (3, 3, 3)
    some = due(rows[[2, 0]], bare[[2, 0]], policy(), now, level.gather([2, 0]), events=events(*told))
    assert some.equals(whole[[2, 0]].select("minutes_left", "due_at", "breached_since"))


def test_no_tickets_no_events() -> None:
    assert clocks(tickets(), policy(), NIGHT, events=events(), messages=messages()).height == 0
    assert ages(Story(NIGHT), now=NIGHT + MINUTE, log=events()) == [1]
