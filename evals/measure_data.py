"""Thin loaders of the public sets into contract tables, for the measures' evals only. Says what it imputes."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from pathlib import Path

import polars as pl

from tidegate.tables.words import ACTOR, EVENT_KIND, LEVEL, STATUS, TIME

DATA = Path(os.environ.get("TIDEGATE_DATA", "../shared/data"))  # noqa: TID251  evals may read where the data lie


def need(folder: str) -> Path:
    """Folder of a set, or a clear end when the data are absent."""
    path = DATA / folder
    if not path.is_dir():
        sys.exit(f"{path} is absent: set TIDEGATE_DATA to the folder that holds the public sets; nothing was evaluated")
    return path


def _time(column: str) -> pl.Expr:
    return pl.col(column).str.to_datetime(time_unit="us", time_zone="UTC", strict=False).cast(TIME)


def thunderbird() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Questions as tickets and answers as messages of 2023 and 2024.

    Imputed: everybody but the asker counts as an agent; every answer is public; a question has no solve time, because
    the forum records a flag only; level is not known.
    """
    folder = need("thunderbird_support")
    questions, answers = (
        pl.concat(pl.read_csv(folder / f"{kind}_{year}.csv.gz", infer_schema_length=0) for year in (2023, 2024))
        for kind in ("questions", "answers")
    )
    tickets = questions.select(
        ticket_id="id",
        created_at=_time("created"),
        updated_at=_time("updated"),
        status=pl.lit("open").cast(STATUS),
        subject="title",
        body="content",
        requester_id="creator",
        category="topic",
        language=pl.col("locale").str.slice(0, 2),
    )
    messages = answers.select(
        message_id="id",
        ticket_id="question_id",
        at=_time("created"),
        author="creator",
        author_kind=pl.col("role").replace_strict({"customer": "requester", "responder": "agent"}).cast(ACTOR),
        public=pl.lit(value=True),
        body="content",
    )
    return tickets, messages


_UCI_STATUS = {
    "New": "new",
    "Active": "open",
    "Awaiting User Info": "waiting",
    "Awaiting Vendor": "hold",
    "Awaiting Problem": "hold",
    "Awaiting Evidence": "hold",
    "Resolved": "solved",
    "Closed": "closed",
}
_UCI_LEVEL = {"1": "P0", "2": "P1", "3": "P2", "4": "P3"}


def uci() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Incidents as tickets and their state changes and reassignments as events.

    Imputed: local times are read as UTC; priority 1 to 4 is P0 to P3; waiting for a vendor, a problem or evidence is
    waiting inside. A change of ``assignment_group`` or ``assigned_to`` between two rows is a hand-over.
    """
    log = (
        pl.read_csv(need("uci_incidents") / "incident_events_to_2016-04.csv.gz", infer_schema_length=0)
        .with_row_index("place")
        .with_columns(at=_time("sys_updated_at"), status=pl.col("incident_state").replace_strict(_UCI_STATUS))
    )
    last = log.group_by("number", maintain_order=True).last()
    tickets = last.select(
        ticket_id="number",
        created_at=_time("opened_at"),
        status=pl.col("status").cast(STATUS),
        requester_id="caller_id",
        assignee="assigned_to",
        group="assignment_group",
        category="category",
        given_level=pl.col("priority").replace_strict(_UCI_LEVEL, default=None).cast(LEVEL),
        reopens=pl.col("reopen_count").cast(pl.Int32),
        transfers=pl.col("reassignment_count").cast(pl.Int32),
        made_sla=pl.col("made_sla") == "true",
    )
    return tickets, _uci_events(log)


def _uci_events(log: pl.DataFrame) -> pl.DataFrame:
    same = pl.col("number") == pl.col("number").shift(1)
    parts = []
    for kind, column in (("status", "status"), ("transferred", "assignment_group"), ("assigned", "assigned_to")):
        before = pl.when(same).then(pl.col(column).shift(1))
        changed = pl.col(column).is_not_null() & (before.ne_missing(pl.col(column)))
        if kind == "transferred":
            changed &= before.is_not_null()
        parts.append(
            log.filter(changed).select(
                "place",
                event_id=pl.format("{}-{}", "place", pl.lit(kind)),
                ticket_id="number",
                at="at",
                kind=pl.lit(kind).cast(EVENT_KIND),
                actor="sys_updated_by",
                actor_kind=pl.lit("agent").cast(ACTOR),
                old=before,
                new=column,
            )
        )
    return pl.concat(parts).sort("place", maintain_order=True).drop("place")


def demo(tickets: int = 20_000, seed: int = 7) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The demo company, with the nature of each ticket taken from its truth: tickets, messages, events."""
    import tempfile

    from typer.testing import CliRunner

    from tidegate.cli import app
    from tidegate.ingest import read_events, read_messages, read_tickets

    with tempfile.TemporaryDirectory() as folder:
        words = ["demo", "--tickets", str(tickets), "--seed", str(seed), "--out", folder, "--format", "parquet"]
        result = CliRunner().invoke(app, words)
        if result.exit_code:
            sys.exit(f"the demo could not be made: {result.output}")
        place = Path(folder)
        now = datetime.fromisoformat((place / "now.txt").read_text().strip())
        rows = read_tickets(place / "tickets.parquet", now=now).table
        truth = pl.read_parquet(place / "truth.parquet").select("ticket_id", nature=pl.col("nature").cast(pl.String))
        told = rows.join(truth, on="ticket_id", how="left", maintain_order="left")
        return told, read_messages(place / "messages.parquet").table, read_events(place / "events.parquet").table
