"""A log with many rows a ticket, folded without looking ahead."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.ingest import Intake, Mapping, read_tickets

START = datetime(2024, 1, 1, tzinfo=UTC)
LOG = """\
number,incident_state,opened_at,sys_updated_at,priority,assignment_group,reassignment_count,reopen_count,resolved_at,closed_at
A,New,2024-01-01 08:00,2024-01-01 08:05,3,one,0,0,2024-01-01 12:00,2024-01-06 12:00
A,Active,2024-01-01 08:00,2024-01-01 09:00,1,two,1,0,2024-01-01 12:00,2024-01-06 12:00
A,Resolved,2024-01-01 08:00,2024-01-01 12:00,1,two,1,0,2024-01-01 12:00,2024-01-06 12:00
A,Closed,2024-01-01 08:00,2024-01-06 12:00,1,two,1,0,2024-01-01 12:00,2024-01-06 12:00
B,New,2024-01-02 08:00,2024-01-02 08:05,2,one,0,0,,
B,Awaiting User Info,2024-01-02 08:00,2024-01-02 09:00,2,one,0,1,,
"""
_STATES = ("New", "Active", "Resolved", "Closed", "Awaiting Vendor")


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2024, 1, day, hour, minute, tzinfo=UTC)


def read(log: str, now: datetime, mapping: Mapping | None = None) -> Intake:
    intake = read_tickets(log.encode(), now=now, mapping=mapping)
    assert intake.read == intake.table.height + intake.rejected.height
    return intake


def test_the_state_at_a_moment_holds_nothing_later() -> None:
    intake = read(LOG, at(1, 10))
    (ticket,) = intake.table.to_dicts()
    assert (ticket["ticket_id"], ticket["status"], ticket["updated_at"]) == ("A", "open", at(1, 9))
    assert (ticket["solved_at"], ticket["closed_at"]) == (None, None)
    assert (ticket["first_level"], ticket["given_level"], ticket["transfers"]) == ("P2", "P0", 1)
    notes = " ".join(intake.notes)
    assert "2 rows of changes were folded into 1 tickets as known at 2024-01-01 10:00 UTC" in notes
    assert "4 rows were written after that" in notes
    assert "1 tickets have no earlier row" in notes


def test_times_are_known_from_the_row_that_could_know_them() -> None:
    by_moment = {now: read(LOG, now).table.row(0, named=True) for now in (at(1, 12), at(6, 11), at(6, 12))}
    assert [ticket["status"] for ticket in by_moment.values()] == ["solved", "solved", "closed"]
    assert [ticket["solved_at"] for ticket in by_moment.values()] == [at(1, 12)] * 3
    assert [ticket["closed_at"] for ticket in by_moment.values()] == [None, None, at(6, 12)]


def test_reopens_and_transfers_are_counted_where_no_column_holds_them() -> None:
    log = "id,created_at,updated_at,status,group\n"
    for minute, (status, group) in enumerate(
        [("new", "a"), ("solved", "b"), ("open", ""), ("closed", "b"), ("open", "c")]
    ):
        log += f"1,2024-01-01 08:00,2024-01-01 09:0{minute},{status},{group}\n"
    ticket = read(log, at(2, 0)).table.row(0, named=True)
    assert (ticket["reopens"], ticket["transfers"]) == (2, 2)


def test_a_row_without_an_update_time_is_rejected() -> None:
    intake = read(LOG + "B,Closed,2024-01-02 08:00,,2,one,0,1,,\n", at(9, 0))
    assert intake.table.filter(ticket_id="B").get_column("status").to_list() == ["waiting"]
    assert intake.rejected.select("row", "column").rows() == [(7, "sys_updated_at")]


def test_a_table_with_a_few_repeats_is_no_log() -> None:
    rows = "".join(f"{n},2024-01-01,2024-01-0{1 + n % 3},open\n" for n in range(1, 10))
    intake = read("id,created_at,updated_at,status\n" + rows + "1,2024-01-01,2024-01-05,solved\n", at(9, 0))
    assert (intake.table.height, intake.rejected.height) == (9, 1)
    assert intake.table.filter(ticket_id="1").get_column("status").to_list() == ["solved"]


def test_the_mapping_can_say_that_it_is_no_log() -> None:
    columns = {name: COLUMNS[name] for name in ("ticket_id", "created_at", "updated_at")}
    intake = read(LOG, at(9, 0), Mapping(columns=columns, log=False))
    assert (intake.table.height, intake.rejected.height) == (2, 4)


logs = st.lists(
    st.tuples(
        st.sampled_from("ABC"),
        st.integers(0, 40),
        st.sampled_from(_STATES),
        st.integers(1, 4),
        st.sampled_from(["one", "two", ""]),
        st.one_of(st.none(), st.integers(0, 60)),
    ),
    min_size=1,
    max_size=25,
)
COLUMNS: dict[str, tuple[str, ...]] = {
    "ticket_id": ("number",),
    "created_at": ("opened_at",),
    "updated_at": ("sys_updated_at",),
    "status": ("incident_state",),
    "priority": ("priority",),
    "group": ("assignment_group",),
    "solved_at": ("resolved_at",),
}
MAPPING = Mapping(system="servicenow", columns=COLUMNS, log=True)


def frame(rows: list[tuple]) -> pl.DataFrame:
    def moment(hours: int | None) -> str | None:
        return None if hours is None else (START + timedelta(hours=hours)).isoformat()

    return pl.DataFrame(
        [(key, "2024-01-01T00:00:00Z", moment(hour), *rest, moment(end)) for key, hour, *rest, end in rows],
        schema=[
            *("number", "opened_at", "sys_updated_at", "incident_state", "priority", "assignment_group", "resolved_at")
        ],
        orient="row",
        schema_overrides={"resolved_at": pl.String, "priority": pl.String},
    )


@pytest.mark.slow
@given(logs, st.integers(0, 45))
@settings(max_examples=20, deadline=None)
def test_cutting_the_log_off_at_now_changes_nothing(rows: list[tuple], hour: int) -> None:
    now = START + timedelta(hours=hour)
    known = [row for row in rows if row[1] <= hour]
    whole = read_tickets(frame(rows), now=now, mapping=MAPPING)
    cut = read_tickets(frame(known), now=now, mapping=MAPPING)
    assert whole.table.equals(cut.table)


@pytest.mark.slow
@given(logs, st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None)
def test_the_order_of_rows_does_not_matter(rows: list[tuple], random) -> None:  # noqa: ANN001 - hypothesis' Random
    mixed = list(rows)
    random.shuffle(mixed)
    now = START + timedelta(hours=30)
    first = read_tickets(frame(rows), now=now, mapping=MAPPING).table
    assert first.equals(read_tickets(frame(mixed), now=now, mapping=MAPPING).table)


@pytest.mark.slow
@given(logs, st.integers(0, 45))
@settings(max_examples=20, deadline=None)
def test_the_fold_agrees_with_a_loop(rows: list[tuple], hour: int) -> None:
    table = read_tickets(frame(rows), now=START + timedelta(hours=hour), mapping=MAPPING).table
    slow: dict[str, datetime] = {}
    for key, updated, *_ in rows:
        if updated <= hour:
            slow[key] = max(slow.get(key, START), START + timedelta(hours=updated))
    assert dict(table.select("ticket_id", "updated_at").rows()) == slow
    assert table.filter(pl.col("solved_at") > pl.col("updated_at")).is_empty()


def test_a_log_may_come_as_a_stream() -> None:
    assert read_tickets(io.BytesIO(LOG.encode()), now=at(9, 0)).table.height == 2
