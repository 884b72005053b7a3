"""Which decisions changed, and that keys tell intentions apart."""

from __future__ import annotations

from itertools import permutations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from tidegate.act.changes import DECIDED, changed, with_routes
from tidegate.act.keys import key

rows = st.lists(
    st.fixed_dictionaries(
        {
            "level": st.sampled_from(["P0", "P1"]),
            "lane": st.sampled_from(["now", "queue"]),
            "review": st.booleans(),
            "rules": st.lists(st.sampled_from(["a", "b", "a\nb"]), unique=True, max_size=2),
            "agent_id": st.sampled_from(["x", None]),
            "group": st.sampled_from(["g", None]),
            "automatic": st.sampled_from([True, False, None]),
        }
    ),
    max_size=6,
)


def table(listed: list[dict]) -> pl.DataFrame:
    return pl.DataFrame([{**row, "ticket_id": f"T{i}"} for i, row in enumerate(listed)], schema=DECIDED)


@given(rows, rows)
def test_a_ticket_changed_if_and_only_if_something_of_it_did(now: list[dict], past: list[dict]) -> None:
    found = {row["ticket_id"]: row["first"] for row in changed(table(now), table(past)).iter_rows(named=True)}
    wanted = {}
    for i, row in enumerate(now):
        before = past[i] if i < len(past) else None
        same = before is not None and {**row, "rules": sorted(row["rules"])} == {
            **before,
            "rules": sorted(before["rules"]),
        }
        if not same:
            wanted[f"T{i}"] = before is None
    assert found == wanted


@given(rows)
def test_what_was_written_down_has_not_changed(now: list[dict]) -> None:
    assert changed(table(now), table(now)).is_empty()


def test_a_ticket_that_somebody_has_has_no_route() -> None:
    queue = table([{"level": "P1", "lane": "now", "review": False, "rules": []}] * 2).drop(
        "agent_id", "group", "automatic"
    )
    routes = pl.DataFrame({"ticket_id": ["T1"], "agent_id": ["x"], "group": ["g"], "automatic": [True]})
    assert with_routes(queue, routes)["agent_id"].to_list() == [None, "x"]
    assert with_routes(queue, None)["automatic"].to_list() == [None, None]


@given(
    st.lists(st.tuples(st.text(max_size=3), st.text(max_size=3), st.lists(st.text(max_size=3), max_size=2)), max_size=9)
)
def test_keys_are_equal_only_where_the_intention_is(intentions: list[tuple[str, str, list[str]]]) -> None:
    keys = {
        (about, target, tuple(sorted(causes))): key(about, "tag", target, causes, 0)
        for about, target, causes in intentions
    }
    assert len(set(keys.values())) == len(keys)


def test_the_order_of_causes_does_not_count() -> None:
    assert len({key("T", "tag", None, order, 0) for order in permutations(["a", "b", "c"])}) == 1
    assert key("T", "tag", None, ["a"], 0) != key("T", "tag", None, ["a"], 1)
