"""The page of a measured period: what needs attention first, then flow, speed, targets and every figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tidegate.measure.catalogue import CATALOGUE
from tidegate.report.figures import between, change, interval, mood, warns, written
from tidegate.report.page import Column, Section, Tile, details_html, page, table_html, text_html, tiles_html
from tidegate.report.pictures import change_picture, flow_picture, level_picture, waits_picture, weekly_picture

if TYPE_CHECKING:
    from tidegate.report.comparison import Measured

FIRST: Final = (
    "backlog",
    "inflow_to_capacity",
    "days_to_drain",
    "ttfmr_median",
    "sla_first_response",
    "urgent_in_target",
    "recontact_rate",
    "reopen_rate",
    "csat",
    "answered",
)
"""Figures that stand large at the top, where they are known."""


def measures_page(report: Measured) -> str:
    """Render one self-contained page.

    Raises
    ------
    MissingExtraError
        When the ``report`` extra, which draws the charts, is not installed.
    """
    rows = [row for row in report.results.iter_rows(named=True) if row["n"] > 0 or row["value"] is not None]
    sections = [_at_a_glance(report, rows), _flow(report), *_speed(report), *_targets(rows), _trends(report)]
    if report.other is not None:
        sections.append(_changes(rows))
    sections += [*_figures(rows, compared=report.other is not None), _not_known(rows), _findings(report)]
    beside = "" if report.other is None else f" Beside it: {report.other.label}."
    return page(
        "How support went",
        [section for section in sections if section.body],
        lead=f"{report.side.label}, as known at {report.side.ledger.as_of:%d %b %Y %H:%M} UTC.{beside}",
        foot=(
            f"Tidegate, policy {report.side.policy.name} version {report.side.policy.version} "
            f"({report.side.policy.hash}). Intervals hold 95% of the time; times are business time of the policy's "
            "calendars unless the command asked for every hour."
        ),
    )


def _at_a_glance(report: Measured, rows: list[dict[str, Any]]) -> Section:
    totals = {row["name"]: row for row in rows if row["segment"] == "all"}
    tiles = [_tile(totals[name], compared=report.other is not None) for name in FIRST if name in totals]
    return Section(
        title="At a glance",
        lead="A bar in red asks for a look; a bar in green moved the right way.",
        body=tiles_html(tile for tile in tiles if tile is not None),
    )


def _tile(row: dict[str, Any], *, compared: bool) -> Tile | None:
    measure = CATALOGUE[row["name"]]
    if row["value"] is None:
        return None
    warned = warns(measure, row["value"])
    feeling = mood(measure, row["change"], clear=row["clear"]) if compared else "unclear"
    moods = {"worse": "bad", "better": "good"}
    where = interval(row["low"], row["high"], row["unit"])
    context = f"{where}, n {row['n']:,}" if where else f"n {row['n']:,}"
    if compared and row["change"] is not None:
        context += f"; {change(row['change'], row['unit'])} {'' if feeling == 'unclear' else feeling}".rstrip()
    return Tile(
        name=measure.title,
        value=written(row["value"], row["unit"]),
        context=context,
        mood="bad" if warned else moods.get(feeling, ""),
        definition=measure.definition,
    )


def _flow(report: Measured) -> Section:
    return Section(
        title="Inflow and solved",
        lead="Where the lines part, the backlog grows or shrinks.",
        body=flow_picture(report.side),
    )


def _speed(report: Measured) -> list[Section]:
    picture = waits_picture(report.side)
    if not picture:
        return []
    return [
        Section(
            title="How long people wait",
            lead="Share of answered tickets that had their answer in time; an acknowledgement is not an answer.",
            body=picture,
        )
    ]


def _targets(rows: list[dict[str, Any]]) -> list[Section]:
    picture = level_picture(rows)
    return (
        [Section(title="Promises by level", lead="Share in target with its interval.", body=picture)] if picture else []
    )


def _trends(report: Measured) -> Section:
    return Section(
        title="Week by week",
        lead="Leading measures, with their intervals; a week with few tickets has a wide one.",
        body=weekly_picture(report.side),
    )


def _changes(rows: list[dict[str, Any]]) -> Section:
    return Section(
        title="What changed",
        lead="Shares only, with the interval of the difference; those that leave out zero stand out.",
        body=change_picture(rows),
    )


def _figures(rows: list[dict[str, Any]], *, compared: bool) -> list[Section]:
    families: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        families.setdefault(CATALOGUE[row["name"]].family, []).append(row)
    return [
        Section(title=family, body=_table(of_family, compared=compared) + _definitions(of_family))
        for family, of_family in families.items()
    ]


def _table(rows: list[dict[str, Any]], *, compared: bool) -> str:
    columns = [Column(name="measure", title="Measure"), Column(name="value", title="Value", number=True)]
    columns.append(Column(name="interval", title="95% interval", number=True))
    if compared:
        columns += [
            Column(name="other", title="Other", number=True),
            Column(name="change", title="Change", number=True),
            Column(name="between", title="95% of the change", number=True),
            Column(name="mood", title=""),
        ]
    columns.append(Column(name="n", title="n", number=True))
    return table_html(columns, [_cells(row, compared=compared) for row in rows])


def _cells(row: dict[str, Any], *, compared: bool) -> list[str]:
    measure, unit = CATALOGUE[row["name"]], row["unit"]
    name = (
        measure.title
        if row["segment"] == "all"
        else "\u2003" + row["segment"].replace("age_band=", "age ").replace("=", " ")
    )
    cells = [name, written(row["value"], unit), interval(row["low"], row["high"], unit)]
    if compared:
        feeling = mood(measure, row["change"], clear=row["clear"])
        cells += [
            written(row["other_value"], unit),
            change(row["change"], unit),
            between(row["change_low"], row["change_high"], unit),
            "" if feeling == "unclear" else feeling,
        ]
    return [*cells, f"{row['n']:,}"]


def _definitions(rows: list[dict[str, Any]]) -> str:
    named = dict.fromkeys(row["name"] for row in rows)
    body = table_html(
        [Column(name="measure", title="Measure"), Column(name="definition", title="What it means")],
        [(CATALOGUE[name].title, _meaning(name)) for name in named],
    )
    return details_html("What these figures mean", body)


def _meaning(name: str) -> str:
    measure = CATALOGUE[name]
    beside = ", ".join(CATALOGUE[other].title.lower() for other in measure.beside)
    kind = "Leading" if measure.leading else "Lagging"
    return f"{measure.definition} {kind}; interval: {measure.interval}." + (f" Read with: {beside}." if beside else "")


def _not_known(rows: list[dict[str, Any]]) -> Section:
    known = {row["name"] for row in rows}
    absent = [measure.title for name, measure in CATALOGUE.items() if name not in known]
    return Section(title="Not known from these files", body=text_html("; ".join(absent) + ".") if absent else "")


def _findings(report: Measured) -> Section:
    findings = report.side.ledger.findings
    rows = [
        (row["meaning"], f"{row['count']:,} of {row['of']:,} {row['table']}", row["repair"], ", ".join(row["examples"]))
        for row in findings.iter_rows(named=True)
    ]
    columns = [
        Column(name="meaning", title="Found"),
        Column(name="count", title="Rows", number=True),
        Column(name="repair", title="What was done"),
        Column(name="examples", title="For example"),
    ]
    return Section(title="What was odd in the files", body=table_html(columns, rows) if rows else "")


__all__ = ["FIRST", "measures_page"]
