"""The stand-up as Markdown, as a page and as plain values: one content, three ways to write it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from tidegate.measure.catalogue import CATALOGUE
from tidegate.report.figures import change, mood, written
from tidegate.report.page import Column, Section, page, table_html, text_html

if TYPE_CHECKING:
    from datetime import datetime

    import polars as pl

    from tidegate.measure.standup import Standup

SHOWN: Final = 15
_REASONS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of the day: a sentence, and a table where there is something to list."""

    title: str
    lead: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def parts(day: Standup, *, zone: str) -> list[Part]:
    """Write the day out: what breaches, what changed, where it heads, who has too much, what was missed."""
    return [
        _breaching(day, ZoneInfo(zone)),
        _changed(day),
        _leading(day),
        _people(day),
        _groups(day),
        _riskiest(day),
        _missed(day),
    ]


def _breaching(day: Standup, zone: ZoneInfo) -> Part:
    late = int((day.breaching["minutes_left"] <= 0).sum() or 0)
    ahead = day.breaching.height - late
    savable = day.breaching.filter(day.breaching["minutes_left"] > 0).head(SHOWN)
    return Part(
        title="What breaches today",
        lead=f"{ahead:,} tickets reach a target before the day ends; {late:,} are late already.",
        columns=("ticket", "level", "due", "why"),
        rows=tuple(
            (row["ticket_id"], row["level"], f"{row['due_at'].astimezone(zone):%H:%M}", _why(row))
            for row in savable.iter_rows(named=True)
        ),
    )


def _why(row: dict[str, Any]) -> str:
    reasons = row.get("reasons") or []
    return "; ".join(reason["text"] for reason in reasons[:_REASONS])


def _changed(day: Standup) -> Part:
    counts = {row["what"]: row["tickets"] for row in day.changed.iter_rows(named=True)}
    said = ", ".join(f"{count:,} {what}" for what, count in counts.items())
    examples = day.changed.filter(day.changed["what"].is_in(["reopened", "escalated"]) & (day.changed["tickets"] > 0))
    return Part(
        title="What changed overnight",
        lead=f"Since {day.since:%a %d %b %H:%M} UTC: {said}.",
        columns=("what", "for example"),
        rows=tuple((row["what"], ", ".join(row["examples"])) for row in examples.iter_rows(named=True)),
    )


def _leading(day: Standup) -> Part:
    rows = [row for row in day.leading.iter_rows(named=True) if row["value"] is not None]
    moods = {row["name"]: mood(CATALOGUE[row["name"]], row["change"], clear=row["clear"]) for row in rows}
    worse = [CATALOGUE[name].title for name, feeling in moods.items() if feeling == "worse"]
    return Part(
        title="Where it is heading",
        lead=("Clearly worse than the week before: " + "; ".join(worse) + "." if worse else "Nothing is clearly worse.")
        + " Last seven days beside the seven before; recontact a window earlier, once it is decided.",
        columns=("leading measure", "now", "change", ""),
        rows=tuple(
            (
                CATALOGUE[row["name"]].title,
                written(row["value"], row["unit"]),
                change(row["change"], row["unit"]),
                "" if moods[row["name"]] == "unclear" else moods[row["name"]],
            )
            for row in rows
        ),
    )


def _people(day: Standup) -> Part:
    over = day.people.filter(day.people["over"] > 0)
    moves = [
        f"{len(move.tickets)} from {move.giver} to {move.taker} ({move.group}): {', '.join(move.tickets[:5])}"
        + (" ..." if len(move.tickets) > 5 else "")  # noqa: PLR2004  as many as fit in a line
        for move in day.moves
    ]
    said = f"{over.height:,} people have more open tickets than they can hold."
    return Part(
        title="Overloaded people",
        lead=said if over.height else "Nobody has more open tickets than they can hold.",
        columns=("person", "group", "open", "capacity", "proposed"),
        rows=tuple(
            (
                row["assignee"],
                row["group"] or "",
                f"{row['open']:,}",
                f"{row['capacity']:.0f}",
                "; ".join(text for move, text in zip(day.moves, moves, strict=True) if move.giver == row["assignee"])
                or "nobody in the group has room",
            )
            for row in over.head(SHOWN).iter_rows(named=True)
        ),
    )


def _groups(day: Standup) -> Part:
    return Part(
        title="Queues",
        lead="Open tickets, what the group solved a day in the last week, and how many days that would take.",
        columns=("group", "open", "solved a day", "days"),
        rows=tuple(
            (
                row["group"],
                f"{row['open']:,}",
                f"{row['solved_a_day']:.1f}",
                "never" if row["days"] is None else f"{row['days']:.1f}",
            )
            for row in day.groups.head(SHOWN).iter_rows(named=True)
        ),
    )


def _riskiest(day: Standup) -> Part:
    return Part(
        title="The riskiest ten",
        lead="The top of the queue: waiting costs most here.",
        columns=("ticket", "level", "lane", "why"),
        rows=tuple(
            (row["ticket_id"], row["level"], row["lane"], _why(row)) for row in day.riskiest.iter_rows(named=True)
        ),
    )


def _missed(day: Standup) -> Part:
    counts = day.missed.group_by("what", maintain_order=True).len().sort("what")
    said = ", ".join(f"{row['len']:,} {row['what']}" for row in counts.iter_rows(named=True))
    return Part(
        title="Yesterday's misses",
        lead=f"Targets missed: {said}." if said else "No target was missed.",
        columns=("ticket", "level", "target"),
        rows=tuple(
            (row["ticket_id"], row["level"], row["what"]) for row in day.missed.head(SHOWN).iter_rows(named=True)
        ),
    )


def standup_markdown(day: Standup, *, zone: str) -> str:
    """Write Markdown that pastes into a chat or a wiki."""
    lines = [f"# Stand-up, {day.now.astimezone(ZoneInfo(zone)):%A %d %B %Y %H:%M}", ""]
    for part in parts(day, zone=zone):
        lines += [f"## {part.title}", "", part.lead, ""]
        if part.rows:
            lines += [_line(part.columns), _line(["---"] * len(part.columns)), *map(_line, part.rows), ""]
    return "\n".join(lines)


def _line(cells: tuple[str, ...] | list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def standup_page(day: Standup, *, zone: str) -> str:
    """Render one self-contained page."""
    numbers = {"open", "capacity", "solved a day", "days", "now", "change", "due"}
    sections = [
        Section(
            title=part.title,
            body=text_html(part.lead)
            + (
                table_html([Column(name=c, title=c, number=c in numbers) for c in part.columns], part.rows)
                if part.rows
                else ""
            ),
        )
        for part in parts(day, zone=zone)
    ]
    moment = day.now.astimezone(ZoneInfo(zone))
    return page(f"Stand-up, {moment:%A %d %B %Y}", sections, lead=f"As of {moment:%H:%M} {zone}.", foot="Tidegate")


def standup_payload(day: Standup) -> dict[str, Any]:
    """Give plain values for JSON: times as ISO 8601 texts."""
    return {
        "now": day.now.isoformat(),
        "since": day.since.isoformat(),
        "day_ends": day.day_ends.isoformat(),
        "breaching": _plain(day.breaching),
        "changed": _plain(day.changed),
        "leading": _plain(day.leading.drop("definition")),
        "people": _plain(day.people),
        "groups": _plain(day.groups),
        "moves": [asdict(move) for move in day.moves],
        "riskiest": _plain(day.riskiest),
        "missed": _plain(day.missed),
    }


def _plain(table: pl.DataFrame) -> list[dict[str, Any]]:
    return [{name: _value(value) for name, value in row.items()} for row in table.iter_rows(named=True)]


def _value(value: datetime | object) -> object:
    return value.isoformat() if hasattr(value, "isoformat") else value  # ty: ignore[not-callable]


__all__ = ["Part", "parts", "standup_markdown", "standup_page", "standup_payload"]
