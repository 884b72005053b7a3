"""What the pulse page shows, as plain values that a job computes and the database keeps.

now, since, day_ends   ISO times: the moment of asking, the evening before, the end of the day
zone, weeks, tickets   the policy's zone, how many weeks and tickets were measured
breach                 ahead, late: targets before the day ends, and missed ones; first: the five nearest
changed                what, tickets: since the evening before
coming                 hours, due, likely, low, high, unknown: the next hours
people, moves, groups  who holds how much, what could be handed over, how long each group has work for
leading                the leading measures of the last seven days beside the seven before
routing, taught        where people said otherwise in four weeks, see `corrected`
charts                 key, title, lead, svg, columns, rows, note: drawn, and as a table (cells: text, or text and set)
sets                   by key: title, total, ids: the tickets behind a figure, at most `sets.SET`; kept apart
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from tidegate.measure.catalogue import CATALOGUE
from tidegate.measure.measures import Period
from tidegate.measure.risk import coming, risk
from tidegate.measure.standup import night_and_day, standup
from tidegate.report.comparison import Side
from tidegate.report.figures import between, change, interval, mood, warns, written
from tidegate.report.history import history as ledger_of
from tidegate.server.desk.pulse.charts import charts
from tidegate.server.desk.pulse.sets import SOON, sets_of

if TYPE_CHECKING:
    from tidegate.measure.standup import Standup
    from tidegate.policy.model import Policy
    from tidegate.server.desk.pulse.history import History

_LISTED: Final = 15


def body_of(history: History, policy: Policy) -> dict[str, Any]:
    """Measure a history; an empty one has a body that says so."""
    zone = policy.calendar.timezone
    since, ends = night_and_day(history.now, zone)
    body: dict[str, Any] = {
        "now": history.now.isoformat(),
        "since": since.isoformat(),
        "day_ends": ends.isoformat(),
        "zone": zone,
        "tickets": history.tickets.height,
    }
    if not (history.tickets["created_at"] <= history.now).any():  # none, or all of a time to come: a clock is wrong
        return body | {"empty": True}
    ledger = ledger_of(history.tickets, policy, messages=history.messages, events=history.events, as_of=history.now)
    agents = history.agents if history.agents.height else None
    day = standup(ledger, history.queue, since=since, day_ends=ends, agents=agents)
    period = Period(start=max(history.since, history.now - timedelta(weeks=8)), end=_after(history))
    ahead = coming(history.queue, risk(ledger, period), now=history.now)
    side = Side(ledger=ledger, period=period, policy=policy)
    return body | {
        "weeks": round(period.days / 7),
        "breach": _breach(day),
        "changed": day.changed.select("what", "tickets").to_dicts(),
        "coming": _soon(ahead),
        "people": _people(day),
        "moves": [asdict(move) | {"tickets": list(move.tickets)} for move in day.moves],
        "groups": day.groups.head(_LISTED).to_dicts(),
        "leading": [_leading(row) for row in day.leading.iter_rows(named=True) if row["value"] is not None],
        "charts": charts(side, ahead, zone=zone),
        "sets": sets_of(day, side, ahead),
    }


def _after(history: History) -> Any:  # noqa: ANN401 - a time
    return history.now + timedelta(microseconds=1)


def _breach(day: Standup) -> dict[str, Any]:
    ahead = day.breaching.filter(pl.col("minutes_left") > 0).sort("due_at", "ticket_id")
    first = ahead.head(5).select("ticket_id", pl.col("level").cast(pl.String), pl.col("due_at").dt.strftime("%FT%TZ"))
    return {"ahead": ahead.height, "late": day.breaching.height - ahead.height, "first": first.to_dicts()}


def _soon(ahead: pl.DataFrame) -> dict[str, Any]:
    near = ahead.head(SOON).select(pl.col("due", "likely", "low", "high", "unknown").sum())
    return {"hours": SOON} | near.row(0, named=True)


def _people(day: Standup) -> list[dict[str, Any]]:
    over = day.people.filter(pl.col("over") > 0)
    return over.head(_LISTED).with_columns(pl.col("capacity").round(0)).to_dicts()


def _leading(row: dict[str, Any]) -> dict[str, Any]:
    measure, unit = CATALOGUE[row["name"]], row["unit"]
    return {
        "name": row["name"],
        "title": measure.title,
        "definition": measure.definition,
        "interval_by": measure.interval,
        "better": measure.better,
        "value": written(row["value"], unit),
        "interval": interval(row["low"], row["high"], unit),
        "n": row["n"],
        "other": written(row["other_value"], unit),
        "change": change(row["change"], unit),
        "change_interval": between(row["change_low"], row["change_high"], unit),
        "mood": mood(measure, row["change"], clear=row["clear"]),
        "warns": warns(measure, row["value"]),
    }
