"""The files that `measure`, `standup` and `doctor` start from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tidegate import pipeline
from tidegate.cli import support
from tidegate.ingest import Mapping, read_accounts, read_events, read_messages, read_tickets
from tidegate.ingest.convert import convert
from tidegate.ingest.intake import read_raw
from tidegate.ingest.raw import ROW
from tidegate.ingest.recognise import recognise
from tidegate.measure.measures import Period
from tidegate.measure.snapshots import events_of, is_snapshot_log
from tidegate.policy import load
from tidegate.report.comparison import Measured, Side
from tidegate.report.comparison import measured as compared
from tidegate.report.history import history, period_of
from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    import polars as pl

    from tidegate.ingest import Intake
    from tidegate.measure.ledger import Ledger
    from tidegate.policy.model import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What was read: tables, policy, and the ledger under it."""

    tickets: Intake
    messages: Intake | None
    events: pl.DataFrame | None
    policy: Policy
    window: float
    always: bool
    now: datetime | None
    ledger: Ledger

    def under(self, policy: Policy) -> Ledger:
        """Derive the ledger of the same tables under another policy."""
        return _ledger(
            self.tickets, self.messages, self.events, policy, now=self.now, window=self.window, always=self.always
        )


def gather(
    files: Sequence[Path],
    messages: Sequence[Path] | None,
    events: Sequence[Path] | None,
    *,
    policy: str,
    always: bool = False,
    now: str | None,
    window: float,
    map_file: Path | None,
    timezone: str | None,
    quiet: bool = False,
    described: bool = False,
    alike: bool = False,
    accounts: Path | None = None,
) -> History:
    """Read the files and derive the ledger; say on standard error what was recognised, rejected and found odd."""
    moment = support.parse_now(now)
    chosen = load(policy)
    mapping = Mapping.load(map_file) if map_file else None
    with support.progress("reading") as progress:
        tickets = read_tickets(list(files), mapping=mapping, now=moment, timezone=timezone, progress=progress)
    talk = read_messages(list(messages), timezone=timezone) if messages else None
    read = read_events(list(events), timezone=timezone) if events else None
    for name, intake in (("tickets", tickets), ("messages", talk), ("events", read)):
        if intake is not None:
            _say(name, intake)
    if accounts is not None:
        customers = read_accounts(accounts, timezone=timezone)
        _say("accounts", customers)
        tickets = replace(tickets, table=pipeline.with_tier(tickets.table, customers.table))
    if described:
        table = pipeline.described(tickets.table, chosen, moment, alike=alike)
        tickets = replace(tickets, table=table)
    log = _table(read) if events else from_snapshots(files, mapping, timezone)
    asked = None if now is None else moment
    ledger = _ledger(tickets, talk, log, chosen, now=asked, window=window, always=always)
    if not quiet:
        support.say_findings(ledger.findings)
    return History(
        tickets=tickets,
        messages=talk,
        events=log,
        policy=chosen,
        window=window,
        always=always,
        now=asked,
        ledger=ledger,
    )


def _ledger(
    tickets: Intake,
    messages: Intake | None,
    events: pl.DataFrame | None,
    policy: Policy,
    *,
    now: datetime | None,
    window: float,
    always: bool,
) -> Ledger:
    return history(
        tickets.table,
        policy,
        messages=_table(messages),
        events=events,
        as_of=now,
        window_days=window,
        always=always,
    )


def from_snapshots(files: Sequence[Path], mapping: Mapping | None, timezone: str | None) -> pl.DataFrame | None:
    """Derive events where the tickets came as one log, a row each time a ticket was saved; None where not."""
    if len(files) != 1 or str(files[0]) == "-":
        return None
    raw = read_raw(files[0])
    columns = [name for name in raw.frame.columns if name != ROW]
    settled = mapping.settled(columns, raw.name) if mapping else recognise(columns, "tickets")
    if "updated_at" not in settled.columns:
        return None
    rows = convert(raw, settled, timezone).frame
    if not is_snapshot_log(rows):
        return None
    derived = events_of(rows)
    support.say(f"events: {derived.height:,} derived from the {rows.height:,} rows of the log")
    return derived


def _table(intake: Intake | None) -> pl.DataFrame | None:
    return None if intake is None else intake.table


def _say(name: str, intake: Intake) -> None:
    support.say(f"{name}: {intake.table.height:,} of {intake.read:,} rows read")
    for note in intake.notes:
        support.say(f"  note: {note}")
    if intake.rejected.height:
        support.say(f"  rejected {intake.rejected.height:,} rows")


def measured(
    got: History, *, start: str | None, end: str | None, by: str | None, compare: str | None, seed: int
) -> Measured:
    """Measure the period that was asked for, and set it beside another where one is named.

    Raises
    ------
    InputError
        If a time cannot be read, the period is empty, or ``compare`` is neither a period nor a policy.
    """
    period = period_of(got.ledger, _moment(start, "--from"), _moment(end, "--to"))
    _check(period)
    side = Side(ledger=got.ledger, period=period, policy=got.policy)
    other = None if compare is None else _other(got, side, compare)
    return compared(side, other=other, by=by, seed=seed)


def _moment(text: str | None, option: str) -> datetime | None:
    if text is None:
        return None
    try:
        return support.parse_now(text)
    except InputError as error:
        raise InputError("not a time", column=option, value=text, expected="ISO 8601 such as 2026-03-02") from error


def _check(period: Period) -> None:
    if period.start >= period.end:
        raise InputError(
            "the period ends before it starts",
            value=f"{period.start.isoformat()} .. {period.end.isoformat()}",
            mend="give a --from before --to",
        )


def _other(got: History, side: Side, compare: str) -> Side:
    if compare == "previous":
        length = side.period.end - side.period.start
        return Side(
            ledger=got.ledger, period=Period(start=side.period.start - length, end=side.period.start), policy=got.policy
        )
    if ".." in compare and not compare.startswith((".", "/")):
        first, _, last = compare.partition("..")
        period = Period(
            start=_moment(first, "--compare") or side.period.start, end=_moment(last, "--compare") or side.period.end
        )
        _check(period)
        return Side(ledger=got.ledger, period=period, policy=got.policy)
    policy = load(compare)
    return Side(ledger=got.under(policy), period=side.period, policy=policy)
