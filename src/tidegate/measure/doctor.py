"""Is this team ready, and are its files sane? Each finding with its evidence, why it matters and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import polars as pl

from tidegate.measure.shape import hour_shift, taxonomy_drift
from tidegate.measure.states import ENDED
from tidegate.tables.words import LEVELS, URGENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tidegate.measure.ledger import Ledger
    from tidegate.policy.model import Policy

Gravity = Literal["mend", "look", "note"]
"""``mend``: figures and ranks are wrong until it is mended; ``look``: they may be; ``note``: good to know."""

INFLATED: Final = 0.5
UNLABELLED: Final = 0.2
DRIFTED: Final = 0.25
REPEATED: Final = 0.02
SMALL_A_WEEK: Final = 50
SHIFT_GAIN: Final = 0.1
"""Share of tickets that another time zone would bring into business hours, from which the zone is suspicious."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """One finding."""

    name: str
    gravity: Gravity
    evidence: str
    why: str
    mend: str


def examine(ledger: Ledger, tickets: pl.DataFrame, policy: Policy, *, rejected: int = 0) -> list[Diagnosis]:
    """Look for what would make ranks and measures wrong.

    Parameters
    ----------
    ledger
        From `ledger.build_ledger`, with the policy's targets.
    tickets
        The table that it was built from, texts included.
    policy
        What the team decided.
    rejected
        Rows that could not be read.

    Returns
    -------
    list of Diagnosis
        Gravest first; empty when nothing was found.
    """
    found = [
        *_times(ledger),
        *_records(ledger, rejected),
        *_labels(ledger),
        *_drift(ledger),
        *_zone(ledger, policy),
        *_repeats(tickets),
        *_operating_model(ledger, policy),
        *_size(ledger),
    ]
    return sorted(found, key=lambda d: ("mend", "look", "note").index(d.gravity))


def _share(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,} ({100 * part / whole:.1f}%)" if whole else "none"


def _times(ledger: Ledger) -> Iterator[Diagnosis]:
    tickets = ledger.tickets
    early = tickets.filter((pl.col("answered_at") < pl.col("created_at")).fill_null(value=False))
    if early.height:
        days = early["created_at"].dt.date()
        hours = ((early["created_at"] - early["answered_at"]).dt.total_seconds() / 3600).max()
        examples = ", ".join(early["ticket_id"].head(5))
        yield Diagnosis(
            name="negative first responses",
            gravity="mend",
            evidence=(
                f"{early.height:,} tickets were answered before they were opened, by up to {hours:.1f} h; all of them "
                f"opened between {days.min():%d %b %Y} and {days.max():%d %b %Y} (for example {examples})"
            ),
            why="Response times from those days are wrong, and a negative one pulls every average down.",
            mend=(
                "Look for a time zone slip or an import in those days and correct the opening times; until then the "
                "response times of these tickets are left out."
            ),
        )
    timeless = tickets.filter(pl.col("status").is_in(ENDED) & pl.col("solved_at").is_null()).height
    ended = tickets.filter(pl.col("status").is_in(ENDED)).height
    if timeless:
        yield Diagnosis(
            name="solved without a time",
            gravity="mend" if timeless > ended * UNLABELLED else "look",
            evidence=f"{_share(timeless, ended)} solved or closed tickets have no time of solving",
            why="Resolution, reopen rate, load and capacity leave them out.",
            mend="Export solved_at or closed_at, or give the event log with --events.",
        )


_WHY: Final = {
    "out_of_order": "Figures hold, since the log is sorted; but an export that mixes its order may also lose rows.",
    "repeated": "Counted twice they would inflate volumes, reopens and replies.",
    "in_future": "They are left out; a clock that runs ahead also spoils ages and due times.",
    "before_opened": "The ticket's own times contradict each other, so durations from them are not used.",
    "after_closing": "Work after closing belongs to a new ticket or a reopen; else effort is hidden.",
    "of_unknown_ticket": "The files do not belong together, or one of them is cut off.",
    "status_unknown": "The state of these tickets between two events is not known.",
    "reopened_without_solve": "The log misses solves, so resolution times and capacity are too low.",
    "messages_without_text": "Whether a reply answers cannot be told.",
}
_MEND: Final = "Correct the export; `tidegate measure --format json` lists examples under findings."


def _records(ledger: Ledger, rejected: int) -> Iterator[Diagnosis]:
    for row in ledger.findings.iter_rows(named=True):
        if row["finding"] == "response_before_opened":
            continue  # told with its dates by `_times`
        why = next((text for ending, text in _WHY.items() if row["finding"].endswith(ending)), "")
        examples = f" (for example {', '.join(row['examples'])})" if row["examples"] else ""
        yield Diagnosis(
            name=row["finding"].replace("_", " "),
            gravity="look",
            evidence=f"{_share(row['count'], row['of'])} {row['table']}: {row['meaning']}; {row['repair']}{examples}",
            why=why,
            mend=_MEND,
        )
    if rejected:
        yield Diagnosis(
            name="rejected rows",
            gravity="mend" if rejected > REPEATED * ledger.tickets.height else "look",
            evidence=f"{_share(rejected, rejected + ledger.tickets.height)} rows of tickets could not be read",
            why="What is not read is neither ranked nor measured.",
            mend="`tidegate map FILE` shows what was recognised; correct the mapping or the rows.",
        )


def _labels(ledger: Ledger) -> Iterator[Diagnosis]:
    tickets, whole = ledger.tickets, ledger.tickets.height
    levelled = tickets.filter(pl.col("level").is_in(LEVELS))
    urgent = levelled.filter("urgent").height
    if levelled.height and urgent > INFLATED * levelled.height:
        yield Diagnosis(
            name="priority inflation",
            gravity="mend",
            evidence=f"{_share(urgent, levelled.height)} tickets with a priority are P0 or P1",
            why="When most tickets are high, none is: the priority no longer says which to take first.",
            mend="Agree on what P0 and P1 mean (levels.means in the policy), and let the reading correct the rest.",
        )
    for column, name in (
        ("level", "priority"),
        ("category", "category"),
        ("group", "group"),
        ("requester_id", "requester"),
    ):
        if column not in tickets.columns:
            continue
        missing = tickets.filter(pl.col(column).is_null() | (pl.col(column).cast(pl.String) == "unknown")).height
        if missing > UNLABELLED * whole:
            yield Diagnosis(
                name=f"no {name}",
                gravity="look",
                evidence=f"{_share(missing, whole)} tickets have no {name}",
                why=_UNLABELLED_WHY[name],
                mend=f"Export the {name}, or map its column with `tidegate map`.",
            )


_UNLABELLED_WHY: Final = {
    "priority": "They have no target, and their rank rests on the text and on base rates alone.",
    "category": "Causes of a rise cannot be told apart.",
    "group": "Queues cannot be compared, and nobody owns the ticket.",
    "requester": "Recontact, the measure that shows haste first, cannot be told.",
}


def _drift(ledger: Ledger) -> Iterator[Diagnosis]:
    drift = taxonomy_drift(ledger.tickets, ledger.as_of)
    if drift is None or drift.distance < DRIFTED:
        return
    names = ", ".join(f"{name} {100 * before:.0f}% to {100 * after:.0f}%" for name, before, after in drift.moved)
    yield Diagnosis(
        name="taxonomy drift",
        gravity="look",
        evidence=f"{100 * drift.distance:.0f}% of tickets moved between categories in 90 days: {names}",
        why="A model or rule learned on the old mix reads the new one badly, and trends by category mislead.",
        mend="Say which categories were renamed, split or opened, and retrain on the last 90 days.",
    )


def _zone(ledger: Ledger, policy: Policy) -> Iterator[Diagnosis]:
    shift = hour_shift(ledger.tickets["created_at"], policy.calendar)
    if shift is None or shift.gain < SHIFT_GAIN:
        return
    yield Diagnosis(
        name="time zone suspicion",
        gravity="look",
        evidence=(
            f"{100 * shift.now:.0f}% of tickets open within the calendar's hours ({policy.calendar.timezone}); moved "
            f"by {shift.hours:+d} h it would be {100 * shift.best:.0f}%"
        ),
        why="If times are local but read as UTC, every business-time figure and due time is off by that much.",
        mend="Give --timezone with the zone of the export, or set calendar.timezone to where the customers are.",
    )


def _repeats(tickets: pl.DataFrame) -> Iterator[Diagnosis]:
    if not {"requester_id", "subject", "created_at"} <= set(tickets.columns):
        return
    known = tickets.filter(pl.col("requester_id").is_not_null() & pl.col("subject").is_not_null())
    known = known.select("requester_id", "subject", "created_at").sort("requester_id", "subject", "created_at")
    same = (pl.col("requester_id") == pl.col("requester_id").shift(1)) & (
        pl.col("subject") == pl.col("subject").shift(1)
    )
    soon = pl.col("created_at") - pl.col("created_at").shift(1) <= pl.duration(days=1)
    repeats = known.select((same & soon).sum()).item() or 0
    if repeats > REPEATED * max(known.height, 1):
        yield Diagnosis(
            name="duplicates",
            gravity="look",
            evidence=f"{_share(repeats, known.height)} tickets repeat one of the same requester and subject in a day",
            why="The same work is counted, ranked and assigned twice.",
            mend="Merge them at the desk; merged tickets leave the queue and the counts.",
        )


def _operating_model(ledger: Ledger, policy: Policy) -> Iterator[Diagnosis]:
    tickets = ledger.tickets
    untargeted = tickets.filter(pl.col("level").is_in(LEVELS) & pl.col("respond_target").is_null())
    levels = sorted(set(untargeted["level"]))
    if levels:
        yield Diagnosis(
            name="clocks without targets",
            gravity="mend",
            evidence=f"{_share(untargeted.height, tickets.height)} tickets are {', '.join(levels)}, without a target",
            why="A ticket without a target feels no deadline and cannot be late.",
            mend="Give every level respond, next and resolve in the policy.",
        )
    yield from _owners(tickets)
    urgent_rules = any(rule.then.escalate or rule.then.page or rule.then.notify for rule in policy.rules)
    if not urgent_rules:
        yield Diagnosis(
            name="escalation paths undefined",
            gravity="look",
            evidence=f"none of the {len(policy.rules)} rules of policy {policy.name} escalates, pages or notifies",
            why="A grave ticket is shown first, but nobody is told.",
            mend="Add `escalate`, `page` or `notify` to the rules for outages, security and key accounts.",
        )


def _owners(tickets: pl.DataFrame) -> Iterator[Diagnosis]:
    live = tickets.filter(~pl.col("status").is_in(ENDED))
    for level in LEVELS:
        of_level = live.filter(pl.col("level") == level)
        orphans = of_level.filter(pl.col("assignee").is_null() & pl.col("group").is_null()).height
        if orphans and orphans > UNLABELLED * of_level.height:
            yield Diagnosis(
                name=f"{level} without owners",
                gravity="mend" if level in URGENT else "look",
                evidence=f"{_share(orphans, of_level.height)} open {level} tickets have neither a group nor a person",
                why="What nobody owns waits until somebody complains.",
                mend=f"Route {level} to a group, by a rule with `route` or at the desk.",
            )


def _size(ledger: Ledger) -> Iterator[Diagnosis]:
    opened = ledger.tickets["created_at"]
    weeks = max((ledger.as_of - opened.min()).total_seconds() / 604_800, 1.0)  # ty: ignore[unsupported-operator]
    pace = opened.len() / weeks
    if pace < SMALL_A_WEEK:
        yield Diagnosis(
            name="too small to need this",
            gravity="note",
            evidence=f"{pace:.0f} tickets a week",
            why="One person can read them all in a morning; ranking pays from a few hundred a week.",
            mend="Sort by priority and age for now, and keep the measures: they need no queue.",
        )


__all__ = ["Diagnosis", "Gravity", "examine"]
