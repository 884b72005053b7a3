"""One ticket opened up: its parts, the rules that hold, why above the next one, what would change it."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from rich import box
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tidegate import pipeline
from tidegate.cli.glance_output import lines
from tidegate.cli.queue_output import entries
from tidegate.cli.support import console, printable
from tidegate.enrich.glance import glance
from tidegate.tables import InputError

if TYPE_CHECKING:
    from tidegate.cli.inputs import Inputs
    from tidegate.pipeline import Explanation
    from tidegate.ranking.explain import Lead, Move

_BAR: Final = 30
_CHANGES: Final = 12


def write(got: Inputs, ticket: str, *, as_json: bool) -> None:
    """Explain one ticket on standard output.

    Raises
    ------
    InputError
        If the ticket is not in the queue: with where it went, or the nearest identifiers.
    """
    found = pipeline.explain(got.ready, ticket)
    if found is None:
        raise InputError(
            "this queue has no such ticket",
            value=ticket,
            expected=_where(got, ticket),
            mend="`tidegate rank` lists the tickets that are ranked.",
        )
    known = got.ready.known
    seen = glance(ticket, got.tickets.table, got.now, accounts=known.accounts, incidents=known.incidents)
    if as_json:
        document = {
            "ticket": next(entries(found.queue)),
            "above_next": asdict(found.lead) if found.lead else None,
            "would_change": [asdict(move) for move in found.moves],
            "customer": asdict(seen),
        }
        sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=1, default=str) + "\n")
        return
    _page(got, found)
    screen = console()
    screen.print()
    screen.print(Text("The customer at a glance", style="bold"))
    for line in lines(seen):
        screen.print(_indented(line))


def _where(got: Inputs, ticket: str) -> str:
    from difflib import get_close_matches

    table = got.tickets.table
    here = table.filter(table["ticket_id"] == ticket)
    if here.height:
        return f"an open ticket; this one is {here['status'][0]}, so no clock of ours runs"
    near = get_close_matches(ticket, got.ready.tickets["ticket_id"].head(50_000).to_list(), n=3)
    return f"one of its identifiers, such as {', '.join(near)}" if near else "one of its identifiers"


def _page(got: Inputs, found: Explanation) -> None:
    screen, row = console(), found.queue.row(0, named=True)
    subject = got.ready.tickets.filter(got.ready.tickets["ticket_id"] == row["ticket_id"])["subject"][0]
    screen.print(Text(f"{row['ticket_id']}  ", style="bold").append(printable(subject or ""), style="not bold"))
    beliefs = " · ".join(f"P{k} {row[f'level_p{k}']:.0%}" for k in range(4))
    screen.print(
        Text(
            f"position {row['position']} of {got.counts['ranked']:,}   {row['level']}   "
            f"{row['points']:.1f} points   lane {row['lane']}"
        )
    )
    screen.print(Text(beliefs, style="dim"))
    screen.print()
    screen.print(Text("Points", style="bold"))
    screen.print(_parts(row))
    screen.print(Text("Reasons", style="bold"))
    screen.print(_reasons(row["reasons"]))
    screen.print()
    screen.print(Text("Why above the next one", style="bold"))
    for line in _above(found.lead):
        screen.print(_indented(line))
    screen.print()
    screen.print(Text("What would change it", style="bold"))
    for line in _moves(found.moves):
        screen.print(_indented(line))


def _indented(line: str) -> Padding:
    """Keep the margin where a line breaks."""
    return Padding(Text(printable(line)), (0, 0, 0, 2), expand=False)


def _reasons(reasons: list[dict]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right", no_wrap=True, min_width=10)
    table.add_column()
    for reason in reasons:
        table.add_row(f"{reason['points']:+.1f}" if reason["points"] else "", Text(printable(reason["text"])))
    return table


def _parts(row: dict) -> Table:
    named = [*row["parts"].items(), *((f"rule: {rule['name']}", rule["points"]) for rule in row["rules"])]
    widest = max((abs(points) for _, points in named), default=1.0) or 1.0
    table = Table(box=box.SIMPLE_HEAD, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    for name, points in named:
        bar = "█" * round(abs(points) / widest * _BAR)
        table.add_row(printable(name), f"{points:+.1f}", Text(bar, style="green" if points >= 0 else "red"))
    table.add_row(Text("total", style="bold"), Text(f"{row['points']:.1f}", style="bold"), "")
    return table


def _above(lead: Lead | None) -> list[str]:
    if lead is None:
        return ["It is the last one."]
    if lead.band:
        return [f"{lead.next_id} stands in a lower lane; between those lanes points do not matter."]
    if lead.tie:
        return [f"{lead.next_id} has the same points; the older ticket stands first."]
    said = [f"{lead.next_id} has {lead.points:.1f} points less:"]
    return said + [f"{points:+8.1f}  {name}" for name, points in lead.parts]


def _moves(moves: tuple[Move, ...]) -> list[str]:
    if not moves:
        return ["No single change that was tried moves it to another level or lane."]
    said = []
    for move in moves[:_CHANGES]:
        level = f"{move.level[0]} to {move.level[1]}" if move.level[0] != move.level[1] else ""
        lane = f"lane {move.lane[0]} to {move.lane[1]}" if move.lane[0] != move.lane[1] else ""
        said.append(f"{', '.join(word for word in (level, lane) if word)} ({move.points:+.1f} points): {move.text}")
    return said
