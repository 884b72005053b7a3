"""The charts of the measures page. Each returns HTML, or nothing where there is nothing to draw."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from tidegate.measure.catalogue import CATALOGUE
from tidegate.measure.cohorts import cohorts
from tidegate.measure.evaluate import measure
from tidegate.measure.measures import Period
from tidegate.report.chart import WIDE, chart_html, load_altair

if TYPE_CHECKING:
    import altair as alt

    from tidegate.report.comparison import Side

MOST_WEEKS: Final = 26
WITHIN: Final = (5, 10, 15, 30, 60, 120, 240, 480, 720, 1440, 2880, 4320, 7200, 10_080)
"""Minutes at which the share of answered tickets is drawn."""

TREND: Final = ("recontact_rate", "ttfmr_median", "back_and_forths", "near_miss")
_DAYS_SHOWN: Final = 92
_LEAST_WEEKS: Final = 2
_HOUR: Final = 60
_DAY: Final = 1_440


def flow_counts(side: Side) -> pl.DataFrame:
    """Count tickets opened and solved, by day or, for long periods, by week: ``day``, ``tickets``, ``what``."""
    step = _step(side)
    tables = cohorts(side.ledger, side.period)
    parts = [
        tables[cohort]
        .group_by(day=pl.col(time).dt.truncate(step).dt.date())
        .agg(tickets=pl.len())
        .with_columns(what=pl.lit(what))
        .collect()
        for cohort, time, what in (("opened", "created_at", "opened"), ("solved", "solved_at", "solved"))
    ]
    return pl.concat(parts).sort("what", "day")


def _step(side: Side) -> str:
    return "1d" if side.period.days <= _DAYS_SHOWN else "1w"


def flow_picture(side: Side, *, wide: int = WIDE) -> str:
    """Draw tickets opened and solved, by day or, for long periods, by week."""
    alt = load_altair()
    counts = flow_counts(side)
    if counts.is_empty():
        return ""
    word = "day" if _step(side) == "1d" else "week"
    lines = (
        alt.Chart(counts)
        .mark_line(strokeWidth=2)
        .encode(
            x=alt.X("day:T", title=None, axis=alt.Axis(format="%d %b", tickCount=6, labelOverlap=True)),
            y=alt.Y("tickets:Q", title=f"tickets a {word}", axis=alt.Axis(tickCount=4)),
            color=alt.Color("what:N", title=None, scale=alt.Scale(domain=["opened", "solved"])),
            strokeDash=alt.StrokeDash("what:N", title=None, scale=alt.Scale(domain=["opened", "solved"])),
        )
    )
    return chart_html(lines, label=f"Tickets opened and solved a {word}", wide=wide)


def waits_picture(side: Side) -> str:
    """Draw which share of tickets was answered within a time: any first response, and the meaningful one."""
    alt = load_altair()
    opened = cohorts(side.ledger, side.period)["opened"]
    drawn = {"any first response": "first_response_minutes", "meaningful response": "meaningful_minutes"}
    parts = []
    for what, column in drawn.items():
        shares = opened.select(
            pl.col(column).count().alias("n"),
            *((pl.col(column) <= minutes).mean().alias(str(minutes)) for minutes in WITHIN),
        ).collect()
        if shares["n"][0]:
            parts.append(
                shares.unpivot(index="n", variable_name="minutes", value_name="share").with_columns(what=pl.lit(what))
            )
    if not parts:
        return ""
    curve = pl.concat(parts).with_columns(
        pl.col("minutes").cast(pl.Int64),
        within=pl.col("minutes").cast(pl.Int64).map_elements(_span, return_dtype=pl.String),
    )
    order = [_span(minutes) for minutes in WITHIN]
    lines = (
        alt.Chart(curve)
        .mark_line(point=True, strokeWidth=2)
        .encode(
            x=alt.X("within:O", sort=order, title="answered within", axis=alt.Axis(labelAngle=0, labelOverlap=True)),
            y=alt.Y("share:Q", title=None, axis=alt.Axis(format="%", tickCount=5), scale=alt.Scale(domain=[0, 1])),
            color=alt.Color("what:N", title=None),
            strokeDash=alt.StrokeDash("what:N", title=None),
        )
    )
    return chart_html(lines, label="Share of tickets answered within a time")


def _span(minutes: int) -> str:
    if minutes < _HOUR:
        return f"{minutes}m"
    return f"{minutes // _HOUR}h" if minutes < _DAY else f"{minutes // _DAY}d"


def level_picture(rows: list[dict[str, Any]], *, wide: int = WIDE) -> str:
    """Draw the shares in target by level, with their intervals."""
    alt = load_altair()
    names = ("sla_first_response", "sla_next_response", "sla_resolution")
    shown = [
        {
            "level": row["segment"].removeprefix("level="),
            "share": row["value"],
            "low": row["low"],
            "high": row["high"],
            "promise": CATALOGUE[row["name"]].title.removesuffix(" in target"),
        }
        for row in rows
        if row["name"] in names and row["segment"].startswith("level=P")
    ]
    if not shown:
        return ""
    order = [CATALOGUE[name].title.removesuffix(" in target") for name in names]
    base = alt.Chart(pl.DataFrame(shown)).encode(
        y=alt.Y("level:N", title=None),
        yOffset=alt.YOffset("promise:N", sort=order),
        color=alt.Color("promise:N", title=None, scale=alt.Scale(domain=order)),
    )
    share = {"title": None, "axis": alt.Axis(format="%", tickCount=5, grid=True), "scale": alt.Scale(domain=[0, 1])}
    spans = base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q", **share), x2="high:Q")
    points = base.mark_point(filled=True, size=70, opacity=1).encode(
        x=alt.X("share:Q", **share), shape=alt.Shape("promise:N", title=None, scale=alt.Scale(domain=order))
    )
    return chart_html(spans + points, label="Share in target by level, with intervals", height=240, wide=wide)


def weekly_picture(side: Side) -> str:
    """Draw leading measures week by week with their intervals, over at most the last `MOST_WEEKS`."""
    weekly = weekly_figures(side)
    if weekly.is_empty():
        return ""
    return "".join(
        f"<h3>{CATALOGUE[name].title}</h3>" + ribbon(weekly.filter(pl.col("name") == name), name)
        for name in TREND
        if name in set(weekly["name"])
    )


def weekly_figures(side: Side) -> pl.DataFrame:
    """Measure week by week over at most the last `MOST_WEEKS`: as `measures.RESULTS`, with ``week``, its first day."""
    week = timedelta(days=7)
    count = min(MOST_WEEKS, int(side.period.days // 7))
    if count < _LEAST_WEEKS:
        return pl.DataFrame()
    parts = []
    for back in range(count, 0, -1):
        start = side.period.end - back * week
        part = measure(side.ledger, Period(start=start, end=start + week), names=TREND)
        parts.append(
            part.filter((pl.col("segment") == "all") & (pl.col("n") > 0)).with_columns(week=pl.lit(start.date()))
        )
    return pl.concat(parts)


def ribbon(weekly: pl.DataFrame, name: str, *, wide: int = WIDE) -> str:
    """Draw one measure week by week with its interval; rows as `weekly_figures` gives them."""
    alt = load_altair()
    unit = CATALOGUE[name].unit
    scale = 60.0 if unit == "minutes" else 1.0
    shown = weekly.with_columns(pl.col("value", "low", "high") / scale)
    axis = alt.Axis(format="%", tickCount=3) if unit == "share" else alt.Axis(tickCount=3)
    title = {"minutes": "hours", "share": None}.get(unit, unit)
    x = alt.X("week:T", title=None, axis=alt.Axis(format="%d %b", tickCount=6, labelOverlap=True))
    band = alt.Chart(shown).mark_area(opacity=0.2).encode(x=x, y=alt.Y("low:Q", title=title, axis=axis), y2="high:Q")
    line = alt.Chart(shown).mark_line(point=True, strokeWidth=2).encode(x=x, y="value:Q")
    return chart_html(band + line, label=f"{CATALOGUE[name].title} week by week", height=110, wide=wide)


def change_picture(rows: list[dict[str, Any]]) -> str:
    """Draw the change of each share with its interval."""
    alt = load_altair()
    shown = [
        {
            "measure": CATALOGUE[row["name"]].title,
            "change": 100 * row["change"],
            "low": 100 * row["change_low"],
            "high": 100 * row["change_high"],
            "clear": "clear" if row["clear"] else "may be chance",
        }
        for row in rows
        if row["unit"] == "share" and row["segment"] == "all" and row["change_low"] is not None
    ]
    if not shown:
        return ""
    colour = alt.Color(
        "clear:N",
        title=None,
        scale=alt.Scale(domain=["clear", "may be chance"], range=["var(--series-2)", "var(--ink-soft)"]),
    )
    base = alt.Chart(pl.DataFrame(shown)).encode(
        y=alt.Y("measure:N", sort=None, title=None, axis=alt.Axis(labelLimit=220)), color=colour
    )
    spans = base.mark_rule(strokeWidth=2).encode(
        x=alt.X("low:Q", title="percentage points", axis=alt.Axis(tickCount=5)), x2="high:Q"
    )
    points = base.mark_point(filled=True, size=70, opacity=1).encode(
        x="change:Q", shape=alt.Shape("clear:N", title=None, scale=alt.Scale(domain=["clear", "may be chance"]))
    )
    zero = _zero(alt)
    return chart_html(zero + spans + points, label="Changes with intervals", height=24 * len(shown) + 20)


def _zero(alt: Any) -> alt.Chart:  # noqa: ANN401  altair is imported where it is used
    return alt.Chart(pl.DataFrame({"x": [0]})).mark_rule(color="var(--line)").encode(x="x:Q")


__all__ = [
    "MOST_WEEKS",
    "TREND",
    "change_picture",
    "flow_counts",
    "flow_picture",
    "level_picture",
    "ribbon",
    "waits_picture",
    "weekly_figures",
    "weekly_picture",
]
