"""A backtest as a table for the terminal, as JSON and as one self-contained page."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tidegate.report.page import Column, Section, list_html, page, table_html
from tidegate.tables.words import LEVELS

if TYPE_CHECKING:
    from rich.console import Group, RenderableType

    from tidegate.simulate.backtest import Backtest, Estimate
    from tidegate.simulate.bound import Bound

SHOWN: Final = {
    ("value_breach", "all"): "value\nlate",
    ("urgent_in_target", "all"): "urgent\nin target",
    ("value_delay", "all"): "value's\ndelay",
    ("wait_p95", "P1"): "P1 wait\np95",
    ("oldest", "all"): "longest\nwait",
}
"""Measures of the first table, in order, and what heads their columns."""

TITLES: Final = {
    "value_breach": "Value-weighted share of first answers out of target",
    "urgent_in_target": "P0 and P1 answered in target",
    "breach": "Share of first answers out of target",
    "value_delay": "Value-weighted wait for the first answer",
    "value_delay_squared": "Value-weighted square of that wait",
    "wait_p50": "Wait that half of the tickets stay under",
    "wait_p95": "Wait that 95% of the tickets stay under",
    "oldest": "Longest wait",
    "follow_ups": "Messages of waiting customers",
    "follow_up_work": "Work that these messages add",
    "overtime": "Work after the end of shifts",
    "unserved": "Tickets never answered before the last shift ended",
}

CHARTED: Final = ("value_breach", "urgent_in_target")
"""Measures that a page draws."""

WITHOUT: Final = "The same if customers who wait did not write again:"

LEAD: Final = "Estimated by replay, with 90% intervals over weeks and seeds; an estimate is not a proof."


def to_json(found: Backtest) -> str:
    """Lay out as one JSON document: ``results``, ``differences``, ``imputed`` and what was compared."""
    return json.dumps(found.to_dict(), indent=2, ensure_ascii=False) + "\n"


def spell(row: Estimate) -> tuple[str, str]:
    """Write an estimate and its interval as people read them, both in one unit.

    Shares are percent, differences of shares percentage points; minutes become hours from two hours on.
    """
    if row.value is None:
        return "-", ""
    factor, suffix, digits = _unit(row)
    sign = "" if row.against is None else "+"
    value = f"{row.value * factor:{sign}.{digits}f}{suffix}"
    if row.low is None or row.high is None:
        return value, ""
    return value, f"{row.low * factor:{sign}.{digits}f}..{row.high * factor:{sign}.{digits}f}"


def _unit(row: Estimate) -> tuple[float, str, int]:
    size = max(abs(edge) for edge in (row.value, row.low, row.high) if edge is not None)
    if row.unit.startswith("share"):
        digits = 1 if size >= 0.01 or size == 0 else 2  # noqa: PLR2004 -- small shares keep a digit that says something
        return 100.0, "%" if row.against is None else " pt", digits
    if row.unit == "minutes":
        return (1.0, " min", 1 if size < 10 else 0) if size < 120 else (1 / 60, " h", 1)  # noqa: PLR2004 -- two hours
    return 1.0, "", 2 if size < 10 else 0  # noqa: PLR2004 -- two digits are enough


def to_tables(found: Backtest) -> Group:
    """Lay out for the terminal: what was imputed, the measures, the differences from the first policy."""
    from rich.console import Group
    from rich.text import Text

    found = _short(found)
    parts: list[RenderableType] = [Text(LEAD), Text("Imputed:")]
    parts += [Text(f"  {words}") for words in found.imputed]
    parts.append(Text(_scale(found)))
    parts += _sides(found)
    if found.without:
        parts += [Text(""), Text(WITHOUT), *_sides(found.without)]
    if found.bound:
        parts += [Text(""), Text(bound_words(found.bound))]
    return Group(*parts)


def _sides(found: Backtest) -> list[RenderableType]:
    """Lay out the measures of the first table, then the differences."""
    from rich.table import Table
    from rich.text import Text

    parts: list[RenderableType] = []
    sides = [("policy", found.policies, found.results)]
    if found.differences:
        sides.append((f"less {found.policies[0]}", found.policies[1:], found.differences))
    for title, policies, rows in sides:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column(title, min_width=min(20, max(len(name) for name in found.policies)), overflow="fold")
        cells = {(row.policy, row.measure, row.level): row for row in rows}
        for heading in SHOWN.values():
            table.add_column(heading, justify="right", no_wrap=True)
        for policy in policies:
            table.add_row(policy, *("\n".join(spell(cells[policy, *cell])) for cell in SHOWN))
        parts += [Text(""), table]
    return parts


def _short(found: Backtest) -> Backtest:
    """Name policy files without their folders, where that leaves each its own name."""
    last = {name: name.replace("\\", "/").rsplit("/", 1)[-1] for name in found.policies}
    if len(set(last.values())) < len(last):
        return found
    return replace(
        found,
        policies=tuple(last.values()),
        results=tuple(replace(row, policy=last[row.policy]) for row in found.results),
        differences=tuple(
            replace(row, policy=last[row.policy], against=last.get(row.against or "")) for row in found.differences
        ),
        without=_short(found.without) if found.without else None,
    )


def bound_words(bound: Bound) -> str:
    """Say in a line what no policy can be below."""
    return f"Lower bound of value's delay: {bound.value:.1f} {bound.unit}. It bounds {bound.bounds}."


def to_text(found: Backtest) -> str:
    """Lay out as `to_tables` does, as plain text 120 columns wide."""
    from io import StringIO

    from rich.console import Console

    out = StringIO()
    Console(file=out, width=120).print(to_tables(found))
    return out.getvalue()


def to_html(found: Backtest) -> str:
    """Render one self-contained page: charts with their intervals, then every measure by level.

    Raises
    ------
    MissingExtraError
        When the ``report`` extra is not installed.
    """
    found = _short(found)
    sections = [Section(title="What was imputed", body=list_html(found.imputed), lead=_scale(found))]
    sections += _measures(found)
    if found.without:
        sections += [
            replace(one, title=f"Without follow-ups: {one.title}", lead=WITHOUT if place == 0 else one.lead)
            for place, one in enumerate(_measures(found.without)[: len(CHARTED)])
        ]
    if found.bound:
        sections.append(Section(title="Lower bound", body=list_html([bound_words(found.bound)])))
    return page("Backtest", sections, lead=LEAD, foot=_scale(found))


def _measures(found: Backtest) -> list[Section]:
    """Every measure by level; the first two with charts."""
    sections = []
    for measure, title in TITLES.items():
        body = "".join(_chart(rows, title) for rows in _drawn(found, measure)) if measure in CHARTED else ""
        body += _table(found.results, found.policies, measure)
        if found.differences:
            body += _table(found.differences, found.policies[1:], measure)
        sections.append(Section(title=title, body=body))
    return sections


def _drawn(found: Backtest, measure: str) -> list[list[Estimate]]:
    """Return what one measure has over all levels, and what the policies differ by, where there is anything to draw."""
    sides = (
        [row for row in side if (row.measure, row.level) == (measure, "all")]
        for side in (found.results, found.differences)
    )
    return [rows for side in sides if (rows := [row for row in side if row.value is not None])]


def _scale(found: Backtest) -> str:
    counts = (
        (len(found.policies), "policy", "policies"),
        (len(found.seeds), "seed", "seeds"),
        (found.weeks, "week", "weeks"),
    )
    told = ", ".join(f"{count} {one if count == 1 else many}" for count, one, many in counts)
    return told if found.run == 1 else f"{told} drawn in runs of {found.run}"


def _table(rows: tuple[Estimate, ...], policies: tuple[str, ...], measure: str) -> str:
    cells = {(row.policy, row.level): row for row in rows if row.measure == measure}
    levels = [level for level in ("all", *LEVELS) if any(key[1] == level for key in cells)]
    title = "policy" if rows[0].against is None else f"less {rows[0].against}"
    columns = [Column(name="policy", title=title)]
    columns += [Column(name=level, title=level, number=True) for level in levels]
    return table_html(columns, [[name, *(_cell(cells[name, one]) for one in levels)] for name in policies])


def _cell(row: Estimate) -> str:
    value, interval = spell(row)
    return f"{value} ({interval})" if interval else value


def _chart(rows: list[Estimate], title: str) -> str:
    """Draw each estimate as a dot on its interval, differences beside a line at zero."""
    import altair as alt

    from tidegate.report.chart import SERIES, chart_html

    less = rows[0].against
    data = alt.Data(
        values=[dict(zip(("value", "low", "high"), row.edges(100), strict=True), policy=row.policy) for row in rows]
    )
    policy = alt.Y("policy:N").sort(None).title(None)
    x = alt.X("value:Q").title("%" if less is None else f"points less {less}").scale(alt.Scale(zero=less is not None))
    dots = alt.MarkDef("point", filled=True, size=90, color=SERIES[0], opacity=1)
    intervals = alt.MarkDef("rule", color=SERIES[0], strokeWidth=3)
    layers = [
        alt.Chart(data, mark=intervals, encoding=alt.FacetedEncoding(x=alt.X("low:Q"), x2=alt.X2("high:Q"), y=policy)),
        alt.Chart(data, mark=dots, encoding=alt.FacetedEncoding(x=x, y=policy)),
    ]
    if less is not None:
        zero = alt.MarkDef("rule", color="var(--ink-soft)", strokeDash=[4, 4])
        layers.insert(
            0, alt.Chart(alt.Data(values=[{"at": 0}]), mark=zero, encoding=alt.FacetedEncoding(x=alt.X("at:Q")))
        )
    label = title if less is None else f"{title}, less {less}"
    return chart_html(alt.layer(*layers), label=label, height=28 * len(rows) + 20)
