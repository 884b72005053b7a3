from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.histories import AS_OF, DAY, at, events, messages, tickets
from tidegate.measure.elapsed import around_the_clock
from tidegate.measure.ledger import Ledger, build_ledger, latest_time
from tidegate.tables.errors import InputError

ONE = {"ticket_id": "a", "requester_id": "r"}


def ledger(table: pl.DataFrame, **more: object) -> Ledger:
    return build_ledger(table, as_of=AS_OF, **more)  # ty: ignore[invalid-argument-type]


def only(found: Ledger) -> dict[str, object]:
    return found.tickets.row(0, named=True)


def test_statuses_reopens_and_waiting_come_from_the_log() -> None:
    log = events(
        ("a", 0, "created", None, "new"),
        ("a", 2, "waiting_customer", None, None),
        ("a", 5, "status", "waiting", "open"),
        ("a", 6, "status", "open", "solved"),
        ("a", 8, "reopened", "solved", "open"),
        ("a", 8, "status", "solved", "open"),
        ("a", 9, "waiting_internal", None, None),
        ("a", 10, "status", "hold", "closed"),
    )
    row = only(ledger(tickets(ONE), events=log))
    assert (row["status"], row["reopens"], row["solved_at"], row["first_solved_at"]) == ("closed", 1, at(10), at(6))
    assert (row["waiting_customer"], row["waiting_internal"]) == (180.0, 60.0)
    assert (row["resolution_minutes"], row["working_minutes"]) == (600.0, 420.0)


def test_intervals_cover_every_ticket_from_its_opening_without_gaps() -> None:
    log = events(("a", 1, "status", "new", "open"), ("a", 3, "status", "open", "solved"))
    found = ledger(tickets(ONE, {"ticket_id": "b", "status": "open"}), events=log).intervals()
    of_a = found.filter(pl.col("row") == 0)
    assert of_a["status"].to_list() == ["new", "open", "solved"]
    assert of_a["start"].to_list() == [DAY, at(1), at(3)]
    assert of_a["end"].to_list() == [at(1), at(3), AS_OF]
    assert found.filter(pl.col("row") == 1)["status"].to_list() == ["open"]


def test_without_a_log_the_tickets_own_columns_speak() -> None:
    table = tickets(ONE | {"status": "solved", "solved_at": at(4), "first_response_at": at(1)})
    table = table.with_columns(reopens=pl.lit(2, pl.Int32))
    row = only(ledger(table))
    assert (row["solved_at"], row["reopens"], row["first_response_minutes"]) == (at(4), 2, 60.0)


def test_a_bot_is_somebody_else_but_not_a_person_and_an_acknowledgement_is_no_answer() -> None:
    talk = messages(
        ("a", 0, "requester", "It is broken"),
        ("a", 1, "bot", "We have received your request."),
        ("a", 2, "agent", "Thanks for reaching out, we are looking into it."),
        ("a", 5, "agent", "Open the settings, choose Billing and press Retry."),
    )
    row = only(ledger(tickets(ONE), messages=talk))
    times = (row["first_response_minutes"], row["human_minutes"], row["meaningful_minutes"])
    assert times == (60.0, 120.0, 300.0)


def test_back_and_forths_and_waits_for_the_next_answer() -> None:
    talk = messages(
        ("a", 1, "agent", "Which version do you use?"),
        ("a", 3, "requester", "115"),
        ("a", 4, "bot", "Thank you"),
        ("a", 7, "agent", "Update to 128"),
        ("a", 9, "requester", "No"),
    )
    found = ledger(tickets(ONE), messages=talk)
    assert only(found)["back_and_forths"] == 2
    assert only(found)["waiting_on"] == "team"
    assert found.waits["minutes"].to_list() == [240.0, None]


def test_a_private_note_answers_nobody() -> None:
    talk = messages(("a", 1, "agent", "Ask the database people")).with_columns(public=pl.lit(value=False))
    assert only(ledger(tickets(ONE), messages=talk))["answered"] is False


def test_a_requester_who_is_called_an_agent_still_asks() -> None:
    talk = messages(("a", 1, "agent", "Anybody there to help me?")).with_columns(author=pl.lit("r"))
    assert only(ledger(tickets(ONE), messages=talk))["answered"] is False


def test_hand_overs_do_not_count_the_first_assignment_nor_one_move_twice() -> None:
    log = events(
        ("a", 0, "assigned", None, "ada"),
        ("a", 1, "assigned", "ada", "ben"),
        ("a", 1, "transferred", "x", "y"),
        ("a", 2, "transferred", "y", "z"),
    )
    assert only(ledger(tickets(ONE), events=log))["transfers"] == 2


@pytest.mark.parametrize(("gap", "expected"), [(6.9, True), (7.1, False)])
def test_a_recontact_lies_within_the_window(gap: float, expected: bool) -> None:
    pair = (ONE, {"ticket_id": "b", "requester_id": "r", "created_at": at(gap * 24)})
    assert only(ledger(tickets(*pair)))["recontact"] is expected


def test_a_recontact_is_undecided_until_its_window_is_over() -> None:
    assert only(build_ledger(tickets(ONE), as_of=at(7 * 24 - 1)))["recontact"] is None
    assert only(build_ledger(tickets(ONE), as_of=at(7 * 24)))["recontact"] is False


def test_the_same_thing_needs_the_same_group() -> None:
    other = {"ticket_id": "b", "requester_id": "r", "created_at": at(5)}
    rows = [ONE | {"similar": "x"}, other | {"similar": "y"}]
    row = only(ledger(tickets(*rows)))
    assert (row["recontact"], row["recontact_same"]) == (True, False)


def test_targets_are_met_missed_or_undecided() -> None:
    targets = pl.DataFrame({"level": ["P1"], "respond": [60.0], "next": [60.0], "resolve": [60.0]})
    rows = [
        {"ticket_id": "met", "given_level": "P1", "first_response_at": at(1)},
        {"ticket_id": "missed", "given_level": "P1", "first_response_at": at(1.1)},
        {"ticket_id": "late", "given_level": "P1"},
        {"ticket_id": "young", "given_level": "P1", "created_at": AS_OF - timedelta(minutes=5)},
        {"ticket_id": "unlevelled"},
    ]
    found = ledger(tickets(*rows), targets=targets).tickets
    assert found["first_response_met"].to_list() == [True, False, False, None, None]


def test_where_no_response_is_known_none_is_missed() -> None:
    targets = pl.DataFrame({"level": ["P1"], "respond": [60.0], "next": [60.0], "resolve": [60.0]})
    row = only(ledger(tickets(ONE | {"given_level": "P1", "status": "solved", "solved_at": at(0.5)}), targets=targets))
    assert (row["answered"], row["first_response_met"], row["any_missed"]) == (None, None, False)


def test_every_kind_of_bad_input_is_named_counted_and_treated_as_stated() -> None:
    table = tickets(
        ONE | {"closed_at": at(20), "solved_at": at(10)},
        {"ticket_id": "a"},
        {"ticket_id": "b", "solved_at": at(-1), "closed_at": at(-1)},
        {"ticket_id": "c", "created_at": AS_OF + timedelta(days=1)},
    )
    log = events(
        ("a", 5, "status", "new", "open"),
        ("a", 4, "note", None, None),
        ("a", 5, "status", "new", "open"),
        ("a", -1, "note", None, None),
        ("a", 30, "note", None, None),
        ("a", 90 * 24, "note", None, None),
        ("ghost", 1, "note", None, None),
        ("a", 6, "status", "open", "perhaps"),
        ("b", 7, "reopened", None, "open"),
    )
    talk = messages(("a", -2, "agent", "early"), ("ghost", 1, "agent", "x"))
    findings = ledger(table, events=log, messages=talk).findings
    counts = dict(zip(findings["finding"], findings["count"], strict=True))
    assert counts == {
        "ticket_repeated": 1,
        "ticket_in_future": 1,
        "solved_before_opened": 1,
        "closed_before_opened": 1,
        "event_of_unknown_ticket": 1,
        "event_in_future": 1,
        "event_before_opened": 1,
        "event_after_closing": 2,
        "event_out_of_order": 2,
        "event_repeated": 1,
        "status_unknown": 1,
        "reopened_without_solve": 1,
        "message_of_unknown_ticket": 1,
        "response_before_opened": 1,
    }
    assert findings.filter(pl.col("finding") == "event_out_of_order")["examples"].to_list() == [["a"]]


def test_a_reply_from_before_the_opening_answers_but_gives_no_time() -> None:
    talk = messages(("a", -2, "agent", "Press Retry in the billing settings"))
    row = only(ledger(tickets(ONE), messages=talk))
    assert (row["answered"], row["first_response_minutes"]) == (True, None)


def test_nothing_to_measure_is_an_error_with_its_mend() -> None:
    with pytest.raises(InputError, match="no ticket"):
        build_ledger(tickets(ONE), as_of=at(-1))
    with pytest.raises(InputError, match="no time at all"):
        latest_time(tickets())
    with pytest.raises(InputError, match="ticket_id"):
        build_ledger(tickets(ONE).drop("ticket_id"), as_of=AS_OF)


def test_each_level_runs_on_its_own_clock() -> None:
    rows = [
        {"ticket_id": "a", "given_level": "P0", "first_response_at": at(2)},
        {"ticket_id": "b", "given_level": "P3", "first_response_at": at(2)},
    ]
    half = {"P3": lambda start, end: around_the_clock(start, end) / 2}
    assert ledger(tickets(*rows), clocks=half).tickets["first_response_minutes"].to_list() == [120.0, 60.0]


STATES = ("new", "open", "waiting", "hold", "solved", "closed")


def slow_statuses(steps: list[tuple[int, str]]) -> tuple[int, float, str]:
    """Reopens, minutes waiting on the customer and last status, one event at a time."""
    reopens, waited, held, since = 0, 0.0, "", 0.0
    for hour, state in sorted(steps, key=lambda step: step[0]):
        if state == held:
            continue
        if held == "waiting":
            waited += (hour - since) * 60
        if held in ("solved", "closed") and state not in ("solved", "closed"):
            reopens += 1
        held, since = state, hour
    if held == "waiting":
        waited += (60 * 24 - since) * 60
    return reopens, waited, held


@given(
    st.lists(
        st.tuples(st.integers(0, 1000), st.sampled_from(STATES)), min_size=1, max_size=12, unique_by=lambda s: s[0]
    )
)
def test_statuses_agree_with_a_slow_twin_in_any_order(steps: list[tuple[int, str]]) -> None:
    log = events(*(("a", float(hour), "status", None, state) for hour, state in steps))
    row = only(ledger(tickets(ONE), events=log))
    assert (row["reopens"], row["waiting_customer"], row["status"]) == pytest.approx(slow_statuses(steps))


@given(st.permutations(range(6)))
def test_the_order_of_rows_changes_nothing(order: list[int]) -> None:
    hours = [0, 1, 2, 3, 4, 5]
    whos = ["requester", "agent", "requester", "bot", "agent", "requester"]
    talk = messages(*(("a", float(h), who, "Update to version 128 now") for h, who in zip(hours, whos, strict=True)))
    expected = only(ledger(tickets(ONE), messages=talk))
    assert only(ledger(tickets(ONE), messages=talk[order])) == expected
