"""`tidegate read`: what the texts of a file say."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tidegate.cli import support
from tidegate.cli.rank import Second

if TYPE_CHECKING:
    from datetime import datetime

    import polars as pl

    from tidegate.cli.texts import Source
    from tidegate.read.conformal import Drift


class Format(StrEnum):
    """Shapes that readings can be written in."""

    table = "table"
    ndjson = "ndjson"
    parquet = "parquet"


def read(
    file: Annotated[Path, typer.Argument(help="A table of tickets or texts; - for standard input.")],
    text: Annotated[
        list[str] | None, typer.Option(help="Column to read; may be given twice: subject, then body.")
    ] = None,
    model: Annotated[
        Path | None, typer.Option(help="Folder that `tidegate train` wrote. Default: the packaged one.")
    ] = None,
    second: Second = None,
    level: Annotated[
        str | None,
        typer.Option(help="Column with the level that tickets finally had: says whether level sets still hold it."),
    ] = None,
    policy: Annotated[str, typer.Option(help="starter, playbook, or a policy file.")] = "starter",
    map_file: Annotated[Path | None, typer.Option("--map", help="Column mapping.")] = None,
    now: Annotated[str | None, typer.Option(help="Moment of asking, ISO 8601. Default: the present.")] = None,
    timezone: Annotated[str | None, typer.Option(help="Zone of times that name none.")] = None,
    top: Annotated[int, typer.Option(min=1, help="Rows of the table that are shown.")] = 50,
    output: Annotated[
        Format, typer.Option("--format", help="table, ndjson (one object a ticket) or parquet.")
    ] = Format.table,
    out: Annotated[Path | None, typer.Option(help="File to write; default standard output.")] = None,
) -> None:
    """Read tickets' texts: intent, level, signals, each with its confidence and the words that it rests on.

    With --level, exit with 1 if the level sets have drifted from the coverage that the policy promises.
    """
    with support.errors():
        from tidegate.cli import texts
        from tidegate.policy.loading import load
        from tidegate.read.cascade import open_reader
        from tidegate.tables.errors import InputError

        if output is Format.parquet and out is None:
            raise InputError("parquet is not for a terminal", column="--format", mend="Name a file with --out.")
        moment = support.parse_now(now)
        source = texts.open_source(file, texts=text or (), map_file=map_file, now=moment)
        intake = (source if level is None else texts.as_first_known(source, level)).tickets(
            moment, timezone, first=level is not None
        )
        for note in intake.notes:
            support.say(f"note: {note}")
        if intake.rejected.height:
            support.say(f"rejected {intake.rejected.height:,} of {intake.read:,} rows")
        rules = load(policy)
        reader = open_reader(model, rules, second=second, cache=support.reading_cache())
        with support.progress("reading") as progress:
            readings = reader.read_fully(intake.table, now=moment, progress=progress)
        drift = None if level is None else _drift(source, level, readings, moment, rules.review.coverage)
    _write(readings, output, out, top)
    if drift is not None:
        _say_drift(drift)


def _drift(source: Source, column: str, readings: pl.DataFrame, now: datetime, coverage: float) -> Drift:
    """Compare level sets with the levels that tickets finally had, in the order of the file."""
    import polars as pl

    from tidegate.read.conformal import coverage_drift

    final = source.with_level(column).tickets(now, None).table.select("ticket_id", final=pl.col("given_level"))
    known = readings.select("ticket_id", "level_set").join(final, on="ticket_id", maintain_order="left").drop_nulls()
    held = known.select(pl.col("level_set").list.contains(pl.col("final").cast(pl.String))).to_series()
    return coverage_drift(held.to_numpy(), coverage)


def _say_drift(drift: Drift) -> None:
    from tidegate.read.conformal import FEWEST

    seen = f"level sets held the final level of {drift.seen:.1%} of {drift.outcomes:,} tickets"
    if drift.outcomes < FEWEST:
        support.say(f"{seen}: {FEWEST - drift.outcomes} more outcomes are needed to tell whether they have drifted")
        return
    support.say(f"{seen}, {drift.promised:.0%} was promised: {'drifted, train anew' if drift.alarm else 'no drift'}")
    if drift.alarm:
        raise typer.Exit(support.NO)


def _write(readings: pl.DataFrame, output: Format, out: Path | None, top: int) -> None:
    with support.errors():
        if output is Format.parquet and out is not None:
            with support.writing(out):
                readings.write_parquet(out)
        elif output is Format.ndjson:
            support.write_text("".join(_lines(readings)), out)
        else:
            support.write_text(_table(readings.head(top), readings.height), out)


def _lines(readings: pl.DataFrame) -> list[str]:
    import json

    return [json.dumps(_object(row), ensure_ascii=False, default=str) + "\n" for row in readings.iter_rows(named=True)]


def _object(row: dict[str, Any]) -> dict[str, Any]:
    """One ticket as other programs read it."""
    from tidegate.tables.words import LEVELS, SIGNALS

    evidence = row["evidence"] or []
    return {
        "ticket_id": row["ticket_id"],
        "intent": row["intent"],
        "intent_probabilities": _rounded(row["intent_probabilities"]),
        "in_scope": row["in_scope"],
        "level_probabilities": {level: round(row[f"level_{level.lower()}"], 4) for level in LEVELS},
        "level_set": row["level_set"],
        "level_source": row["level_source"],
        "unsure": row["unsure"],
        "nature": row["nature"],
        "sentiment": row["sentiment"],
        "frustration": row["frustration"],
        "urgency": row["urgency"],
        "deadline_at": row["deadline_at"],
        "affected_users": row["read_users"],
        "product_area": row["product_area"],
        "language": row["read_language"],
        "signals": [entry for entry in evidence if entry["name"] in SIGNALS],
        "evidence": [entry for entry in evidence if entry["name"] not in SIGNALS],
        **{name: row[name] for name in ("effort_minutes", "escalation_risk", "expected_csat") if name in row},
        "unread": row["unread"],
    }


def _rounded(chances: dict[str, float | None] | None) -> dict[str, float] | None:
    """Probabilities of the intents that the reader of this ticket knows."""
    return {name: round(chance, 4) for name, chance in (chances or {}).items() if chance is not None} or None


def _table(readings: pl.DataFrame, total: int) -> str:
    import io

    from rich.console import Console
    from rich.table import Table

    from tidegate.tables.words import LEVELS, SIGNALS

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("ticket", "intent", "sure", "level", "sure", "signals"):
        table.add_column(name, overflow="fold", justify="right" if name == "sure" else "left")
    for row in readings.iter_rows(named=True):
        chances = [row[f"level_{level.lower()}"] for level in LEVELS]
        best = max(range(len(LEVELS)), key=chances.__getitem__)
        said = ", ".join(name.replace("_", " ") for name in SIGNALS if row[name])
        doubt = "unsure: " + "/".join(row["level_set"] or ["none"]) if row["unsure"] else ""
        sure = f"{row['intent_confidence']:.0%}" if row["intent_confidence"] is not None else ""
        extra = "; ".join(part for part in (said, doubt, row["unread"] or "") if part)
        cells = (row["ticket_id"], row["intent"] or "", sure, LEVELS[best], f"{chances[best]:.0%}", extra)
        table.add_row(*(support.printable(cell).replace("[", r"\[") for cell in cells))
    text = io.StringIO()
    Console(file=text, width=max(support.console().width, 80), highlight=False).print(table)
    shown = "" if total <= readings.height else f"{readings.height} of {total:,} tickets; --format ndjson gives all\n"
    return text.getvalue() + shown
