"""A whole company in memory."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import polars as pl

from tidegate.demo.block import Block, build
from tidegate.demo.plan import Plan, plan
from tidegate.demo.scale import BLOCK, LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NOW: Final = datetime(2026, 3, 2, 9, tzinfo=UTC)
"""A Monday morning; what `generate` takes for now unless told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """The tables of a company as known at `now`, and the truth that nobody there knows.

    `tickets`, `messages`, `events`, `accounts`, `agents` and `incidents` hold by their contracts; `truth` has one row
    a ticket: true level, handling time, intent, cause, people affected.
    """

    now: datetime
    tickets: pl.DataFrame
    messages: pl.DataFrame
    events: pl.DataFrame
    accounts: pl.DataFrame
    agents: pl.DataFrame
    incidents: pl.DataFrame
    truth: pl.DataFrame


def generate(
    tickets: int,
    seed: int,
    *,
    days: int = 365,
    now: datetime = NOW,
    agents: int | None = None,
    load: float = 0.95,
    languages: Sequence[str] = LANGUAGES,
) -> Company:
    """Make a company with a year of tickets, in memory; the same arguments give the same tables.

    Parameters
    ----------
    tickets
        How many tickets the window holds.
    seed
        Any non-negative number; another one makes another company.
    days
        Length of the window that ends at `now`.
    now
        The moment of asking, with a time zone; nothing later is known.
    agents
        Size of the team; None takes 25, or as many as the volume keeps busy.
    load
        Demand over what the team can do, over the window. From 1 on the backlog only grows.
    languages
        ISO 639-1 codes out of en, de, fr, es, pt, it.

    Raises
    ------
    InputError
        If a parameter is out of range.
    """
    layout = plan(tickets, seed, days=days, now=now, agents=agents, load=load, languages=languages)
    made = list(blocks(layout))
    return Company(
        now=now,
        tickets=pl.concat(block.tickets for block in made),
        messages=pl.concat(block.messages for block in made),
        events=pl.concat(block.events for block in made),
        accounts=layout.customers.frame,
        agents=layout.team.frame,
        incidents=layout.trouble.frame,
        truth=pl.concat(block.truth for block in made),
    )


def blocks(layout: Plan) -> Iterator[Block]:
    """Build the blocks of a plan one after the other; an empty company has one empty block."""
    for number in range(max(1, -(-len(layout.created) // BLOCK))):
        yield build(layout, number)
