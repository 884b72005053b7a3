"""Routes as people and programs want them: a table, CSV or JSON."""

from __future__ import annotations

import json
from io import StringIO
from typing import TYPE_CHECKING, Final

import polars as pl
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tidegate.cli.formats import Listing
from tidegate.cli.support import console, printable, write_text
from tidegate.tables.spreadsheet import without_formulas

if TYPE_CHECKING:
    from pathlib import Path

    from tidegate.cli.inputs import Inputs

_ROWS: Final = 50
_WIDE: Final = 200
_WHY: Final = 5


def write(got: Inputs, routes: pl.DataFrame, shape: Listing, *, top: int | None, out: Path | None) -> None:
    """Write the routes.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    if shape is Listing.table:
        shown = routes.head(_ROWS if top is None else top)
        text = StringIO()
        screen = console() if out is None else Console(file=text, width=_WIDE, highlight=False)
        _print(screen, got, routes, shown)
        if out is not None:
            write_text(text.getvalue(), out)
        return
    shown = routes if top is None else routes.head(top)
    write_text(flat(shown).write_csv() if shape is Listing.csv else document(got, routes, shown), out)


def flat(routes: pl.DataFrame) -> pl.DataFrame:
    """Lay routes out in plain columns, with nothing that a spreadsheet would run."""
    others = pl.col("alternatives").list.eval(
        pl.coalesce(pl.element().struct.field("agent_id"), pl.element().struct.field("group"))
    )
    return without_formulas(
        routes.select(
            pl.exclude("reasons", "alternatives"), pl.col("reasons").list.join("; "), alternatives=others.list.join(" ")
        )
    )


def document(got: Inputs, routes: pl.DataFrame, shown: pl.DataFrame) -> str:
    """Return the whole result as one JSON object."""
    value = {
        "now": got.now.isoformat().replace("+00:00", "Z"),
        "policy": {"name": got.policy.name, "version": got.policy.version, "hash": got.policy.hash},
        "counts": counts(routes),
        "routes": shown.to_dicts(),
    }
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def counts(routes: pl.DataFrame) -> dict[str, int]:
    """Count what became of the tickets: to_route = automatic + to_confirm + to_group."""
    alone = routes["agent_id"].is_null()
    automatic = int((routes["automatic"] & ~alone).sum())
    return {
        "to_route": routes.height,
        "automatic": automatic,
        "to_confirm": routes.height - automatic - int(alone.sum()),
        "to_group": int(alone.sum()),
    }


def _print(screen: Console, got: Inputs, routes: pl.DataFrame, shown: pl.DataFrame) -> None:
    said = counts(routes)
    if routes.is_empty():
        screen.print(Text("Nothing to route: every open ticket has somebody who is there."))
        return
    screen.print(
        Text(
            f"{said['to_route']:,} tickets to route = {said['automatic']:,} sure enough to be automatic + "
            f"{said['to_confirm']:,} to confirm + {said['to_group']:,} without an agent"
        )
    )
    screen.print(Text(f"policy {got.policy.name} {got.policy.version} ({got.policy.hash})", style="dim"))
    screen.print(_table(got, shown))
    if shown.height < routes.height:
        screen.print(
            Text(f"{routes.height - shown.height:,} more; --top N shows more, --out FILE writes all", style="dim")
        )


def _table(got: Inputs, shown: pl.DataFrame) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, expand=False, header_style="dim")
    for name, justify in (("to\ngroup", "left"), ("sure", "right")):
        table.add_column(name, justify=justify, no_wrap=True)
    table.add_column("ticket and why", ratio=1)
    people = got.sides["agents"].table
    names = {key: name or key for key, name in people.select("agent_id", "name").iter_rows()}
    subjects = dict(
        got.tickets.table.select("ticket_id", "subject").join(shown, on="ticket_id", how="semi").iter_rows()
    )
    for row in shown.iter_rows(named=True):
        to = Text(printable(names.get(row["agent_id"], row["agent_id"] or "-")), style="bold")
        about = Text(printable(row["ticket_id"]), style="bold")
        about.append("  " + printable(" ".join((subjects.get(row["ticket_id"]) or "").split())[:90]), style="not bold")
        about.append("\n" + printable(" · ".join(row["reasons"][:_WHY])), style="not bold dim")
        if row["alternatives"] and not row["automatic"]:
            about.append(
                "\nor " + printable(", ".join(_named(entry, names) for entry in row["alternatives"])),
                style="not bold dim",
            )
        sure = Text(f"{row['confidence']:.0%}").append("\nauto" if row["automatic"] else "\nconfirm", style="dim")
        table.add_row(to.append("\n" + printable(row["group"] or ""), style="default not bold"), sure, about)
    return table


def _named(entry: dict[str, str | None], names: dict[str, str]) -> str:
    key = entry["agent_id"]
    return names.get(key, key) if key else f"the group {entry['group']}"
