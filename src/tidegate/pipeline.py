"""Composes the stages; the only module that knows them all.

    tickets ── read ──> level posterior ─┐
    accounts, incidents, history ────────┼─ enrich ──> facts ── rank ──> queue with reasons
    policy, now ── clocks ───────────────┘                      │
    agents ──────────────────────────────────────── route ──> who should take it

Everything here is a pure function of its tables, the policy and ``now``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from tidegate.enrich.accounts import match_accounts
from tidegate.enrich.clocks import due
from tidegate.enrich.facts import facts as facts_of
from tidegate.policy.conditions import required_columns
from tidegate.policy.targets import target_table
from tidegate.ranking.board import Board, queue_frame, with_reasons
from tidegate.ranking.explain import Lead, Move, value_columns, what_would_change, why_above
from tidegate.ranking.rules import with_overrides
from tidegate.read.given import given_levels, learn_confusion
from tidegate.tables.errors import InputError
from tidegate.tables.facts import FACTS
from tidegate.tables.words import CLOCK

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from tidegate.policy.model import Given, Policy
    from tidegate.read.cache import ReadingCache

COLUMNS: Final = "columns"
TEXTS: Final = pl.col("subject", "body")
OVERRIDES: Final = ("override_level", "override_lane")
SIMILAR: Final = frozenset({"similar_open", "similar_last_24h"})
CLOSED: Final = ("solved", "closed")
WAITING: Final = ("waiting", "hold")
ALWAYS_NEEDED: Final = frozenset(
    {"ticket_id", "created_at", "level", "clock"} | {f"level_p{k}" for k in range(4)} | {f"age_p{k}" for k in range(4)}
)
FOR_REASONS: Final = (
    frozenset({"priority", "level_source", "reopens", "transfers", "affected_users", "account_known", "incident_id"})
    | {"unsure", "unread", "follow_up", "assignee_away"}
)  # fmt: skip
FOR_WEIGHTED_SUM: Final = frozenset({"urgency", "given_urgency", "sentiment", "frustration", "affected_users"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known besides the tickets, each table valid by its contract; None where there is none.

    Attributes
    ----------
    accounts, incidents, agents
        What the business knows.
    messages, events
        The ledger: clocks then pause, resume and count answers as they were, instead of by the tickets' own columns.
    readings
        What was read already, one row a ticket; None reads the tickets.
    history
        Closed tickets that count as history besides those that come with the open ones.
    similar
        ``ticket_id``, ``similar_open`` and ``similar_last_24h``, counted already; None counts them if the policy asks.
    overrides
        ``ticket_id``, ``override_level`` and ``override_lane``: what people said, which goes over every rule.
    snoozed
        ``ticket_id`` of those that somebody set aside and neither time nor the customer called back, and ``missed``:
        the clock whose target was missed already when that was done; null where none was.
    """

    accounts: pl.DataFrame | None = None
    incidents: pl.DataFrame | None = None
    agents: pl.DataFrame | None = None
    messages: pl.DataFrame | None = None
    events: pl.DataFrame | None = None
    readings: pl.DataFrame | None = None
    history: pl.DataFrame | None = None
    similar: pl.DataFrame | None = None
    overrides: pl.DataFrame | None = None
    snoozed: pl.DataFrame | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """Tickets made ready for ranking.

    Attributes
    ----------
    tickets
        The open tickets that are ranked, as they came, in the order of ``board.facts``.
    board
        Their facts and scores.
    now
        The moment of asking.
    known
        What else was known.
    counts
        How many tickets are ranked, waiting and closed; they sum to the tickets that came.
    """

    tickets: pl.DataFrame
    board: Board
    now: datetime
    known: Known
    counts: dict[str, int]


def prepare(
    tickets: pl.DataFrame,
    policy: Policy,
    now: datetime,
    *,
    known: Known | None = None,
    model: Path | str | None = None,
    second: Path | str | None = None,
    cache: ReadingCache | None = None,
    progress: Callable[[int, int], None] | None = None,
    also: AbstractSet[str] = frozenset(),
) -> Ready:
    """Read, enrich and score every open ticket.

    Parameters
    ----------
    tickets
        Valid by `tables.Tickets`; closed ones count as history.
    policy, now
        What the team decided, and the moment of asking.
    known
        Accounts, incidents, agents, the ledger and readings, where there are any.
    model
        A folder that ``tidegate train`` wrote; None reads with the packaged model; ``"columns"`` leaves texts unread
        and takes the level posterior from the tickets' own columns.
    second
        Folder of a dearer model, for tickets whose intent the first one is unsure of.
    cache
        Keeps what was read from texts.
    progress
        Called with tickets read and tickets in all.
    also
        Names of facts that are wanted besides those that ranking reads.
    """
    known = known or Known()
    waits = tickets["status"].is_in(WAITING if policy.clocks.hold == "pauses" else WAITING[:1])
    closed = tickets["status"].is_in(CLOSED)
    live = tickets.filter(~(waits | closed))
    if known.readings is None:
        learned = learn_confusion(tickets, policy)
        readings = read(live, policy, now, learned=learned, model=model, second=second, cache=cache, progress=progress)
    else:
        readings = live.select("ticket_id").join(known.readings, on="ticket_id", how="left", maintain_order="left")
    said = known.overrides if known.overrides is not None and known.overrides.height else None
    if said is not None:
        policy = with_overrides(policy)
    targets, needs = target_table(policy), needed(policy) | also
    facts = facts_of(
        live,
        history=_history(tickets, known.history),
        policy=policy,
        now=now,
        accounts=known.accounts,
        incidents=known.incidents,
        messages=known.messages,
        events=known.events,
        readings=readings,
        needs=needs,
    )
    alike = needs & SIMILAR
    if alike and known.similar is not None:
        facts = facts.with_columns(_beside(live, known.similar, sorted(alike)))
    elif alike and model != COLUMNS:
        facts = facts.with_columns(_similar(tickets, live, now, alike))
    if said is not None:
        facts = facts.with_columns(_beside(live, said, OVERRIDES))
    if known.snoozed is not None and known.snoozed.height:
        facts = facts.with_columns(_set_aside(live, known.snoozed))
    if known.agents is not None:
        facts = facts.with_columns(_assignee_away(live, known.agents))
    if "evidence" in readings.columns:
        facts = facts.with_columns(readings["evidence"])
    counts = {"ranked": live.height, "waiting": int(waits.sum()), "closed": int(closed.sum())}
    return Ready(tickets=live, board=Board.of(facts, policy, targets), now=now, known=known, counts=counts)


def read(
    tickets: pl.DataFrame,
    policy: Policy,
    now: datetime,
    *,
    learned: Given | None,
    model: Path | str | None,
    cache: ReadingCache | None,
    progress: Callable[[int, int], None] | None,
    second: Path | str | None = None,
) -> pl.DataFrame:
    """Read texts where there are any and reading is wanted; else what the columns say."""
    if model == COLUMNS and second is not None:
        raise InputError("a second model reads texts, and `columns` leaves them unread", mend="Leave one of them out.")
    silent = tickets.select(pl.all_horizontal(TEXTS.is_null().all())).item()
    if model == COLUMNS or (silent and model is None):
        return given_levels(tickets, policy, learned=learned)
    from tidegate.read.cascade import open_reader

    reader = open_reader(model, policy, second=second, learned=learned, cache=cache)
    return reader.read(tickets, now=now, progress=progress)


def _similar(tickets: pl.DataFrame, live: pl.DataFrame, now: datetime, wanted: set[str]) -> list[pl.Series]:
    """Count the tickets about the same thing as each live one."""
    from tidegate.read.alike import alike

    table = alike(tickets, live["ticket_id"], now, wanted)
    return [] if table is None else _beside(live, table, sorted(wanted))


def _beside(live: pl.DataFrame, table: pl.DataFrame, names: Sequence[str]) -> list[pl.Series]:
    """Columns of a table that has a row for some of the tickets, brought into the order of the tickets."""
    joined = live.select("ticket_id").join(
        table.select("ticket_id", *names), on="ticket_id", how="left", maintain_order="left"
    )
    columns = (pl.col(name).cast(FACTS[name].dtype) for name in names)
    missing = (FACTS[name].missing for name in names)
    filled = (c if m is None else c.fill_null(m) for c, m in zip(columns, missing, strict=True))
    return joined.select(filled).get_columns()


def _set_aside(live: pl.DataFrame, snoozed: pl.DataFrame) -> list[pl.Series]:
    """Say of each live ticket whether somebody set it aside, and which clock's target was missed by then."""
    marked = snoozed.select("ticket_id", snoozed=pl.lit(value=True), snoozed_missed="missed")
    joined = live.select("ticket_id").join(marked, on="ticket_id", how="left", maintain_order="left")
    return joined.select(pl.col("snoozed").fill_null(value=False), "snoozed_missed").get_columns()


def _history(tickets: pl.DataFrame, more: pl.DataFrame | None) -> pl.DataFrame:
    """Put closed tickets that were kept apart beside the others; what they do not tell stays empty."""
    return tickets if more is None else pl.concat([tickets, more], how="diagonal")


def with_tier(tickets: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    """Add ``tier``, that of each ticket's account, null where it is not known: promises may differ by it."""
    return tickets.with_columns(tier=accounts["tier"].gather(match_accounts(tickets, accounts).row))


def described(
    tickets: pl.DataFrame, policy: Policy, now: datetime, *, last: int = 500, alike: bool = False
) -> pl.DataFrame:
    """Add what measures want of the texts: ``nature`` of the last tickets and, if asked, groups of one cause.

    Parameters
    ----------
    tickets
        Valid by `tables.Tickets`.
    policy, now
        What the team decided, and the moment of asking.
    last
        How many of the newest tickets are read for their nature.
    alike
        Whether to add ``similar``, the group of tickets about the same thing; looks at every text.
    """
    texts = tickets.filter(pl.any_horizontal(TEXTS.is_not_null()))
    if texts.is_empty():
        return tickets
    newest = texts.sort("created_at", "ticket_id").tail(last)
    readings = read(newest, policy, now, learned=None, model=None, cache=None, progress=None)
    added = [readings.select("ticket_id", "nature")]
    if alike:
        from tidegate.read.similar import similar

        added.append(similar(texts, now=now).select("ticket_id", similar="group_id"))
    for columns in added:
        tickets = tickets.join(columns, on="ticket_id", how="left", maintain_order="left")
    return tickets


def _assignee_away(tickets: pl.DataFrame, agents: pl.DataFrame) -> pl.Series:
    """Whether each ticket's assignee, by identifier or name, is known not to be available."""
    away = agents.filter(~pl.col("available").fill_null(value=True))
    names = pl.concat([away["agent_id"], away["name"]]).drop_nulls().implode()
    return tickets.select(assignee_away=pl.col("assignee").is_in(names).fill_null(value=False))["assignee_away"]


def needed(policy: Policy) -> set[str]:
    """Columns of the facts that ranking under this policy reads."""
    weighted = FOR_WEIGHTED_SUM if policy.ranking.method == "weighted-sum" else frozenset()
    return {*ALWAYS_NEEDED, *FOR_REASONS, *weighted, *required_columns(policy), *value_columns(policy)}


def queue(ready: Ready, *, top: int | None = None, reasons: bool = True) -> pl.DataFrame:
    """Lay out the ranked queue, best first.

    Parameters
    ----------
    ready
        What `prepare` gave.
    top
        Only the first so many; None for all.
    reasons
        Whether to add the parts, the rules that hold, the reasons and when each ticket is due.

    Returns
    -------
    DataFrame valid by `tables.Queue`; with reasons also ``clock``, ``minutes_left``, ``due_at``, ``parts``, ``rules``
    and ``reasons``.
    """
    rows, board = ready.board.order(top)
    return _shown(ready, board, rows) if reasons else queue_frame(board, rows)


def shown(ready: Ready, board: Board, rows: NDArray[np.int64], positions: pl.Series) -> pl.DataFrame:
    """Write out any rows of a ranked queue with everything that people are shown.

    Parameters
    ----------
    ready
        What `prepare` gave.
    board
        The ranked board, as ``ready.board.order()`` gives it.
    rows
        Row numbers of the board.
    positions
        Their positions in the queue, UInt32.
    """
    return _shown(ready, board, rows).with_columns(positions.alias("position"))


def _shown(ready: Ready, board: Board, rows: NDArray[np.int64], *, first: int = 1) -> pl.DataFrame:
    """Write out rows that follow one another."""
    shown = board.take(rows)
    frame = queue_frame(shown, first=first)
    when = due(
        ready.tickets[rows],
        shown.facts,
        board.policy,
        ready.now,
        frame["level"],
        table=board.targets,
        messages=ready.known.messages,
        events=ready.known.events,
    )
    return with_reasons(frame.with_columns(shown.facts["clock"].cast(CLOCK), *when.get_columns()), shown)


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One ticket opened up.

    Attributes
    ----------
    queue
        Its row of the queue, with reasons.
    lead
        Why it stands above the next one; None for the last.
    moves
        The smallest single changes that would move it to another level or lane.
    """

    queue: pl.DataFrame
    lead: Lead | None
    moves: tuple[Move, ...]


def explain(ready: Ready, ticket_id: str) -> Explanation | None:
    """Open one ticket up; None if it is not in the queue."""
    rows, board = ready.board.order()
    places = (board.facts["ticket_id"][rows] == ticket_id).arg_true()
    if places.is_empty():
        return None
    place = int(places[0])
    row, following = int(rows[place]), int(rows[place + 1]) if place + 1 < rows.size else None
    shown = _shown(ready, board, rows[place : place + 1], first=place + 1)
    return Explanation(
        queue=shown,
        lead=None if following is None else why_above(board, row, following),
        moves=tuple(what_would_change(board, row)),
    )


__all__ = [
    "Explanation",
    "Known",
    "Ready",
    "described",
    "explain",
    "needed",
    "prepare",
    "queue",
    "read",
    "shown",
    "with_tier",
]
