"""What a policy would move now: the open tickets ranked under the one in force and under another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from tidegate import pipeline
from tidegate.policy.checks import check
from tidegate.policy.compare import diff_policies, moved, summary
from tidegate.server.desk.board import board
from tidegate.server.desk.board.reader import reader_under

if TYPE_CHECKING:
    from tidegate.policy.compare import Change
    from tidegate.policy.findings import Finding
    from tidegate.policy.model import Policy
    from tidegate.server.desk.board import Snapshot
    from tidegate.server.people.models import Person

SHOWN: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What would move.

    Attributes
    ----------
    against
        Number of the version in force.
    changes
        What the two say differently.
    counts
        As `policy.compare.summary` counts, over the tickets that the person sees.
    moves
        The same moves of level and lane, as ``P2 → P1``, with their number.
    rows
        The first of those that change level or lane, with subject, as `policy.compare.moved` lays them out.
    doubts
        Rules that hold for none or all of those open tickets, or change nothing there.
    """

    against: int
    changes: tuple[Change, ...]
    counts: dict[str, Any]
    moves: tuple[tuple[str, int], ...]
    rows: tuple[dict[str, Any], ...]
    doubts: tuple[Finding, ...]

    @property
    def first(self) -> int:
        """How many of the top are compared."""
        return min(50, self.counts["tickets"])


def policy_preview(*, policy: Policy, person: Person) -> Preview:
    """Rank the open tickets under the policy in force and under another, and lay out what moves.

    Nothing is written; what a person may not see is neither listed nor counted.
    """
    snapshot = board.snapshot()
    before = pipeline.queue(snapshot.ready, reasons=False)
    ready = _ready(snapshot, policy)
    after = pipeline.queue(ready, reasons=False)
    seen = snapshot.visible(person).select("ticket_id")
    before, after = (queue.join(seen, on="ticket_id", how="semi", maintain_order="left") for queue in (before, after))
    subjects = snapshot.held.tickets.select("ticket_id", "subject", "group", "assignee")
    rows = moved(before, after).head(SHOWN).join(subjects, on="ticket_id", how="left", maintain_order="left")
    facts = ready.board.facts.join(seen, on="ticket_id", how="semi", maintain_order="left")
    counts = summary(before, after)
    return Preview(
        against=snapshot.policy.number,
        changes=tuple(diff_policies(snapshot.held.policy, policy)),
        counts=counts,
        moves=tuple((move.replace("->", "→"), n) for kind in ("level", "lane") for move, n in counts[kind].items()),
        rows=tuple(rows.iter_rows(named=True)),
        doubts=tuple(f for f in check(policy, facts) if f.path[-1:] == ("when",)),
    )


def _ready(snapshot: Snapshot, policy: Policy) -> pipeline.Ready:
    """Make the tickets of a snapshot ready under another policy; texts are read anew where it trusts them otherwise."""
    held, known = snapshot.held, snapshot.held.known(snapshot.now)
    if (policy.given, policy.review) == (held.policy.given, held.policy.review):
        return pipeline.prepare(held.tickets, policy, snapshot.now, known=known)
    live = held.tickets.filter(pl.col("ticket_id").is_in(held.readings["ticket_id"].implode()))
    readings = reader_under(policy).read(live, now=snapshot.now)
    return pipeline.prepare(held.tickets, policy, snapshot.now, known=replace(known, readings=readings))
