"""Charts of what stands open and of what falls due: backlog by level and age, targets of the next hours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from tidegate.measure.states import ENDED
from tidegate.measure.verdicts import AGE_BANDS
from tidegate.report.chart import LEVEL_COLOURS, WIDE, chart_html, load_altair
from tidegate.tables.words import LEVELS

if TYPE_CHECKING:
    from tidegate.measure.ledger import Ledger

BANDS: Final = (*AGE_BANDS, "over 30 days")
_UNKNOWN: Final = "unknown"


def backlog_counts(ledger: Ledger) -> pl.DataFrame:
    """Count open tickets by ``level`` and ``age_band``: ``tickets``; levels and bands in their order."""
    held = ledger.tickets.filter(~pl.col("status").is_in(ENDED))
    counted = held.group_by("level", "age_band").agg(tickets=pl.len().cast(pl.Int64))
    order = pl.col("age_band").replace_strict(list(BANDS), list(range(len(BANDS))), return_dtype=pl.Int64)
    return counted.sort("level", order)


def backlog_picture(counts: pl.DataFrame, *, wide: int = WIDE) -> str:
    """Draw `backlog_counts` as one bar an age, stacked by level, most urgent at the axis."""
    if counts.is_empty():
        return ""
    alt = load_altair()
    known = [level for level in (*LEVELS, _UNKNOWN) if level in set(counts["level"])]
    colours = {**dict(zip(LEVELS, LEVEL_COLOURS, strict=True)), _UNKNOWN: "var(--line-strong, var(--ink-soft))"}
    ranked = counts.with_columns(
        place=pl.col("level").replace_strict(known, list(range(len(known))), return_dtype=pl.Int64)
    )
    bars = (
        alt.Chart(ranked)
        .mark_bar(stroke="var(--paper)", strokeWidth=1)
        .encode(
            y=alt.Y("age_band:N", sort=list(BANDS), title=None, scale=alt.Scale(domain=list(BANDS))),
            x=alt.X("tickets:Q", title="open tickets", axis=alt.Axis(tickCount=5, format="d", grid=True)),
            color=alt.Color(
                "level:N", title=None, scale=alt.Scale(domain=known, range=[colours[level] for level in known])
            ),
            order=alt.Order("place:Q"),
        )
    )
    return chart_html(bars, label="Open tickets by age and level", height=180, wide=wide)


def coming_picture(coming: pl.DataFrame, *, zone: str, wide: int = WIDE) -> str:
    """Draw `risk.coming`: targets due by hour, and how many of them are likely missed, with its interval."""
    if not coming["due"].sum():
        return ""
    alt = load_altair()
    shown = coming.select(
        "due", "likely", "low", "high", hour=pl.col("hour").dt.convert_time_zone(zone).dt.strftime("%H:%M")
    )
    order = shown["hour"].to_list()
    x = alt.X("hour:O", sort=order, title=None, axis=alt.Axis(labelAngle=0, labelOverlap=True))
    names = {"domain": ["fall due", "likely missed"], "range": ["var(--line)", "var(--series-2)"]}
    colour = alt.Color("what:N", title=None, scale=alt.Scale(**names))
    scale = alt.Y("due:Q", title="targets", axis=alt.Axis(tickCount=4, tickMinStep=1, format="d"))
    due = alt.Chart(shown.with_columns(what=pl.lit("fall due"))).mark_bar().encode(x=x, y=scale, color=colour)
    likely = (
        alt.Chart(shown.with_columns(what=pl.lit("likely missed")))
        .mark_bar(size=10)
        .encode(x=x, y="likely:Q", color=colour)
    )
    spans = alt.Chart(shown).mark_rule(color="var(--ink)", strokeWidth=2).encode(x=x, y="low:Q", y2="high:Q")
    return chart_html(due + likely + spans, label="Targets that fall due in the next hours", height=180, wide=wide)


__all__ = ["BANDS", "backlog_counts", "backlog_picture", "coming_picture"]
