"""The ranked queue in a terminal: two lines a ticket, what it is and why it stands there."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tidegate.cli.reasons_line import headline
from tidegate.cli.support import console, printable, write_text
from tidegate.tables.words import LANES

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    import polars as pl

    from tidegate.cli.inputs import Inputs

_LEVEL_STYLE: Final = {"P0": "bold red", "P1": "bold yellow", "P2": "", "P3": "dim"}
_LANE_STYLE: Final = {"now": "bold red", "escalate": "bold magenta", "review": "cyan", "later": "dim"}
_REASONS: Final = 3
_WIDE: Final = 200


def print_queue(got: Inputs, queue: pl.DataFrame, out: Path | None) -> None:
    """Print the queue as a table, to a terminal or a file."""
    if out is None:
        _print(console(), got, queue)
        return
    text = StringIO()
    _print(Console(file=text, width=_WIDE, highlight=False), got, queue)
    write_text(text.getvalue(), out)


def _print(screen: Console, got: Inputs, queue: pl.DataFrame) -> None:
    counts, policy = got.counts, got.policy
    zone = ZoneInfo(policy.calendar.timezone)
    screen.print(
        Text(
            f"{counts['read']:,} tickets = {counts['ranked']:,} ranked + {counts['waiting']:,} waiting + "
            f"{counts['closed']:,} closed + {counts['rejected']:,} rejected"
        )
    )
    screen.print(
        Text(
            f"{got.now.astimezone(zone):%a %d %b %Y %H:%M} {policy.calendar.timezone}, "
            f"policy {policy.name} {policy.version} ({policy.hash})",
            style="dim",
        )
    )
    if counts["ranked"] == 0:
        screen.print(Text("Nothing to rank: no ticket is open and waiting for us."))
        return
    screen.print(_lanes(got))
    screen.print(_table(got, queue, zone))
    if queue.height < counts["ranked"]:
        screen.print(
            Text(f"{counts['ranked'] - queue.height:,} more; --top N shows more, --out FILE writes all", style="dim")
        )


def _lanes(got: Inputs) -> Text:
    lanes = got.ready.board.scores.lane
    said = [(name, int((lanes == code).sum())) for code, name in enumerate(LANES)]
    return Text("   ").join(Text(f"{name} {count:,}", style=_LANE_STYLE.get(name, "")) for name, count in said if count)


def _table(got: Inputs, queue: pl.DataFrame, zone: ZoneInfo) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, expand=False, header_style="dim")
    for name, justify in (("#", "right"), ("level\npoints", "right"), ("lane\ndue", "left")):
        table.add_column(name, justify=justify, no_wrap=True)
    table.add_column("ticket and why", ratio=1)
    subjects = _subjects(got, queue)
    for row in queue.with_columns(headline(_REASONS)).iter_rows(named=True):
        about = Text(printable(row["ticket_id"]), style="bold")
        if subjects.get(row["ticket_id"]):
            about.append("  " + _one_line(subjects[row["ticket_id"]]), style="not bold")
        about.append("\n" + printable(row["reasons"]), style="not bold dim")
        lane = Text(row["lane"] + (" ?" if row["review"] and row["lane"] != "review" else ""))
        lane.stylize(_LANE_STYLE.get(row["lane"], ""))
        table.add_row(
            str(row["position"]),
            Text(row["level"], style=_LEVEL_STYLE[row["level"]]).append(
                f"\n{row['points']:.1f}", style="default not bold"
            ),
            lane.append("\n").append(_due(row["due_at"], got.now, zone)),
            about,
        )
    return table


def _subjects(got: Inputs, queue: pl.DataFrame) -> dict[str, str]:
    if "subject" not in got.ready.tickets.columns:
        return {}
    shown = (
        got.ready.tickets.lazy()
        .select("ticket_id", "subject")
        .join(queue.lazy().select("ticket_id"), on="ticket_id", how="semi")
    )
    return dict(shown.collect().iter_rows())


def _one_line(text: str, limit: int = 90) -> str:
    line = printable(" ".join(text.split()))
    return line if len(line) <= limit else line[: limit - 1] + "…"


def _due(due: datetime | None, now: datetime, zone: ZoneInfo) -> Text:
    """Say when a target is reached by the wall clock: minutes and hours within a day, else the day."""
    if due is None:
        return Text("-")
    minutes = round((due - now).total_seconds() / 60)
    if abs(minutes) >= 1440:  # noqa: PLR2004 (a day)
        text = f"{due.astimezone(zone):%d %b %H:%M}"
    elif abs(minutes) >= 60:  # noqa: PLR2004 (an hour)
        text = f"{'-' if minutes < 0 else ''}{abs(minutes) // 60} h {abs(minutes) % 60:02d}"
    else:
        text = f"{minutes} min"
    return Text(text, style="red" if minutes < 0 else "")
