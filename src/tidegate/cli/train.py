"""`tidegate train`: a reader of the team's own, learned from its past and judged on the part that it held back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tidegate.cli import support

if TYPE_CHECKING:
    from datetime import datetime

    from tidegate.cli.texts import Source
    from tidegate.read.teaching import Lessons


def train(
    history: Annotated[Path, typer.Argument(help="Solved tickets: a table, or a log of their changes.")],
    out: Annotated[Path, typer.Option(help="Folder to save the model and its card in.")],
    text: Annotated[
        list[str] | None, typer.Option(help="Column to read; may be given twice: subject, then body.")
    ] = None,
    intent: Annotated[str | None, typer.Option(help="Column with what tickets were about.")] = None,
    level: Annotated[str | None, typer.Option(help="Column with the priority that tickets finally had.")] = None,
    effort: Annotated[str | None, typer.Option(help="Column with handling time in minutes.")] = None,
    escalated: Annotated[str | None, typer.Option(help="Column that says whether it was escalated.")] = None,
    csat: Annotated[str | None, typer.Option(help="Column with satisfaction; its lowest value is bad.")] = None,
    split_by_time: Annotated[str | None, typer.Option(help="Column with the time to hold out by.")] = None,
    folds: Annotated[int, typer.Option(min=2, max=20, help="Folds, where there is no time to hold out by.")] = 5,
    encoder: Annotated[
        Path | None,
        typer.Option(help="Folder of a sentence transformer in ONNX, learned on instead of the packaged table."),
    ] = None,
    policy: Annotated[str, typer.Option(help="starter, playbook, or a policy file: its coverage is used.")] = "starter",
    map_file: Annotated[Path | None, typer.Option("--map", help="Column mapping.")] = None,
    now: Annotated[str | None, typer.Option(help="Moment of asking, ISO 8601. Default: the present.")] = None,
    timezone: Annotated[str | None, typer.Option(help="Zone of times that name none.")] = None,
    output: Annotated[str, typer.Option("--format", help="table or json: how the card is printed.")] = "table",
) -> None:
    """Learn a reader from a team's history, and print what it is worth.

    Without a column of answers, the packaged reader learns how often each intent comes up.
    """
    with support.errors():
        from tidegate.cli import card_output, texts
        from tidegate.policy.loading import load
        from tidegate.read.onnx import load_encoder
        from tidegate.read.teaching import teach
        from tidegate.tables.errors import InputError

        columns = {"intent": intent, "level": level, "effort": effort, "escalated": escalated, "csat": csat}
        named = {name: column for name, column in columns.items() if column is not None}
        if output not in ("table", "json"):
            raise InputError("no such format", column="--format", value=output, expected="table or json")
        moment = support.parse_now(now)
        source = texts.open_source(history, texts=text or (), map_file=map_file, now=moment)
        if not named:
            if encoder is not None:
                raise InputError(
                    "an encoder needs answers", expected=" or ".join(f"--{name} COLUMN" for name in columns)
                )
            _mix(source, moment, timezone, out, as_json=output == "json")
            return
        lessons = _lessons(source, named, split_by_time, moment, timezone)
        with support.progress("learning") as progress:
            model, card = teach(
                lessons,
                coverage=load(policy).review.coverage,
                folds=folds,
                encoder=load_encoder(encoder) if encoder is not None else None,
                progress=progress,
            )
        with support.writing(out):
            model.save(out)
            card_output.save(card, out)
        card_output.show(card, out, as_json=output == "json")


def _mix(source: Source, now: datetime, timezone: str | None, out: Path, *, as_json: bool) -> None:
    """Give the packaged reader the mix of intents that a history without answers has."""
    from tidegate.cli import card_output
    from tidegate.read.embedding import MODELS
    from tidegate.read.mix import settle
    from tidegate.read.model import load_model

    first = source.tickets(now, timezone, first=True)
    for note in first.notes:
        support.say(f"note: {note}")
    with support.progress("reading") as progress:
        model, card = settle(load_model(MODELS), first.table, progress)
    with support.writing(out):
        model.save(out)
        card_output.save_figures(card, out)
    card_output.show_mix(card, out, as_json=as_json)


def _lessons(
    source: Source, named: dict[str, str], split_by_time: str | None, now: datetime, timezone: str | None
) -> Lessons:
    """Tickets as first known, and what came of them."""
    from tidegate.read.teaching import Lessons

    hidden = [column for name, column in named.items() if name != "level" or not source.is_log]
    first = source.without(hidden).tickets(now, timezone, first=True)
    for note in first.notes:
        support.say(f"note: {note}")
    tickets = first.table
    labels: dict[str, Any] = {}
    for name, column in named.items():
        if name == "level":
            last = source.with_level(column).tickets(now, timezone).table.select("ticket_id", value="given_level")
            labels[name] = tickets.select("ticket_id").join(last, on="ticket_id", how="left", maintain_order="left")[
                "value"
            ]
        else:
            labels[name] = source.last(column, tickets)
            if name in ("effort", "csat"):
                labels[name] = _number(labels[name], scaled=name == "csat")
    order = _order(source, split_by_time, tickets, timezone)
    return Lessons(tickets=tickets, labels=labels, order=order, hindsight=not source.is_log)


def _order(source: Source, column: str | None, tickets: Any, timezone: str | None) -> Any:  # noqa: ANN401 -- Polars is imported late
    """Find times to hold out by: the column named, else when tickets were opened; None where nothing says when."""
    from dataclasses import replace

    if column is None:
        named = source.mapping.columns["created_at"][0]
        return None if named.startswith("(") else tickets["created_at"]
    source.check(column)
    mapping = replace(source.mapping, columns=source.mapping.columns | {"created_at": (column,)})
    timed = replace(source, mapping=mapping).tickets(support.parse_now(None), timezone, first=True).table
    joined = tickets.select("ticket_id").join(
        timed.select("ticket_id", "created_at"), on="ticket_id", how="left", maintain_order="left"
    )
    return joined["created_at"]


def _number(words: Any, *, scaled: bool) -> Any:  # noqa: ANN401 -- Polars is imported late
    """Read a column as numbers; with ``scaled`` brought to 0 (its lowest value) to 1 (its highest)."""
    import polars as pl

    values = words.cast(pl.Float64, strict=False)
    if not scaled or values.drop_nulls().is_empty():
        return values
    low, high = values.min(), values.max()
    return (values - low) / (high - low) if high > low else values * 0 + 1
