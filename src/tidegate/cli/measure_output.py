"""Measures as a table in the terminal, as JSON, and as a page."""

from __future__ import annotations

import json
from io import StringIO
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tidegate.cli.support import console, printable, write_text
from tidegate.measure.catalogue import CATALOGUE
from tidegate.report.figures import between, change, interval, mood, warns, written
from tidegate.report.payload import payload

if TYPE_CHECKING:
    from pathlib import Path

    from tidegate.report.comparison import Measured

_WIDE = 120
_MOOD = {"better": "green", "worse": "red", "moved": "yellow", "unclear": "dim"}


def json_text(report: Measured) -> str:
    """Write everything for programs."""
    return json.dumps(payload(report), indent=2, ensure_ascii=False) + "\n"


def html_text(report: Measured) -> str:
    """Write the page."""
    from tidegate.report.measures import measures_page

    return measures_page(report)


def print_table(report: Measured, out: Path | None, *, definitions: bool) -> None:
    """Print to the terminal or a file."""
    if out is None:
        _print(console(), report, definitions=definitions)
        return
    text = StringIO()
    _print(Console(file=text, width=_WIDE, highlight=False), report, definitions=definitions)
    write_text(text.getvalue(), out)


def _print(screen: Console, report: Measured, *, definitions: bool) -> None:
    screen.print(Text(f"{report.side.label}, as known at {report.side.ledger.as_of:%Y-%m-%d %H:%M} UTC"))
    if report.other is not None:
        screen.print(Text(f"beside {report.other.label}"))
    known = report.results.filter((report.results["n"] > 0) | report.results["value"].is_not_null())
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in known.iter_rows(named=True):
        rows.setdefault(CATALOGUE[row["name"]].family, []).append(row)
    for family, of_family in rows.items():
        screen.print(_table(family, of_family, compared=report.other is not None, definitions=definitions))
    unknown = [CATALOGUE[name].title for name in CATALOGUE if name not in set(known["name"])]
    if unknown:
        screen.print(Text("Not known from these files: " + "; ".join(unknown) + ".", style="dim"))
    if not definitions:
        screen.print(Text("--definitions says what each figure means; intervals hold 95% of the time.", style="dim"))


def _table(family: str, rows: list[dict[str, Any]], *, compared: bool, definitions: bool) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim", title=family, title_justify="left")
    table.add_column("measure", ratio=1)
    headings = ("value", "other", "change", "95% interval") if compared else ("value", "95% interval", "n")
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    shown = ""
    for row in rows:
        measure = CATALOGUE[row["name"]]
        table.add_row(_name(row), *(_changes(row) if compared else _figures(row)))
        if definitions and shown != measure.name:
            table.add_row(Text("  " + measure.definition, style="dim italic"))
        shown = measure.name
    return table


def _name(row: dict[str, Any]) -> Text:
    measure = CATALOGUE[row["name"]]
    if row["segment"] != "all":
        return Text("  " + printable(row["segment"]), style="dim")
    return Text(measure.title, style="bold" if measure.leading else "")


def _figures(row: dict[str, Any]) -> tuple[Text, str, str]:
    measure = CATALOGUE[row["name"]]
    warned = warns(measure, row["value"])
    value = Text(written(row["value"], row["unit"]) + (" !" if warned else ""), style="yellow" if warned else "")
    return value, interval(row["low"], row["high"], row["unit"]), f"{row['n']:,}"


def _changes(row: dict[str, Any]) -> tuple[str, str, Text, str]:
    measure = CATALOGUE[row["name"]]
    feeling = mood(measure, row["change"], clear=row["clear"])
    word = "" if feeling == "unclear" else f" {feeling}"
    return (
        written(row["value"], row["unit"]),
        written(row["other_value"], row["unit"]),
        Text(change(row["change"], row["unit"]) + word, style=_MOOD[feeling]),
        between(row["change_low"], row["change_high"], row["unit"]),
    )
