"""Which messages of a history count, and what a backtest makes of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest

from tidegate.backtesting import compare
from tidegate.backtesting.recontact import recontact
from tidegate.ingest import read_messages, read_tickets
from tidegate.policy import load

if TYPE_CHECKING:
    from typing import Any

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
SIZE = 400


def history() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Every fourth customer writes after two hours and is answered after five."""
    draw = np.random.default_rng(3)
    tickets, messages = [], []
    for i in range(SIZE):
        opened = START + timedelta(minutes=30 * i)
        answered = opened + timedelta(hours=5)
        tickets.append((f"T{i:03}", opened, answered, answered, "solved", "P2", 1.0 + draw.exponential(20.0)))
        said = [("requester", opened), ("agent", answered), ("requester", answered + timedelta(hours=1))]
        said += [("requester", opened + timedelta(hours=2)), ("bot", opened + timedelta(hours=3))] if i % 4 == 0 else []
        messages += [(f"T{i:03}-{n}", f"T{i:03}", at, kind, kind, True, "text") for n, (kind, at) in enumerate(said)]
    names = ["ticket_id", "created_at", "first_response_at", "solved_at", "status", "priority", "handling_minutes"]
    now = datetime(2027, 1, 1, tzinfo=UTC)
    columns = ["message_id", "ticket_id", "at", "author", "author_kind", "public", "body"]
    return (
        read_tickets(pl.DataFrame(tickets, schema=names, orient="row"), now=now).table,
        read_messages(pl.DataFrame(messages, schema=columns, orient="row")).table,
    )


def test_only_what_requesters_write_before_the_first_answer_counts() -> None:
    found = recontact(*history())
    assert found is not None
    assert (found.messages, found.tickets) == (SIZE // 4, SIZE)


def test_rows_in_any_order_give_the_same() -> None:
    tickets, messages = history()
    mixed = [frame.sample(fraction=1.0, shuffle=True, seed=1) for frame in (tickets, messages)]
    assert recontact(*mixed) == recontact(tickets, messages)


def test_unanswered_tickets_wait_until_they_are_solved() -> None:
    tickets, messages = history()
    unanswered = tickets.with_columns(first_response_at=pl.lit(None, tickets.schema["first_response_at"]))
    assert recontact(unanswered, messages) == recontact(tickets, messages)
    assert recontact(unanswered.with_columns(solved_at=pl.lit(None, tickets.schema["solved_at"])), messages) is None


@pytest.mark.parametrize(
    ("options", "words", "written"),
    [
        ({"messages": True}, "estimated from 100 messages", True),
        ({"messages": True, "follow_ups": 0.0}, "follow-ups: none", False),
        ({"follow_ups": 2.0}, "follow-ups: 2 a day", True),
        ({}, "--messages estimates them", False),
    ],
)
def test_a_comparison_says_where_follow_ups_come_from(options: dict[str, Any], words: str, *, written: bool) -> None:
    tickets, messages = history()
    options = options | ({"messages": messages} if "messages" in options else {})
    found = compare(tickets, {"active": load("starter")}, agents=1, seeds=1, also=["fifo"], **options)
    assert sum(words in line for line in found.imputed) == 1
    heard = found.estimate("fifo", "follow_ups").value
    assert heard is not None
    assert (heard > 0) == written
