"""Known figures of two public sets, through the ledger: what docs/how-to/measure-public-data.md quotes."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
from measure_data import thunderbird, uci

from tidegate.measure.evaluate import measure
from tidegate.measure.ledger import build_ledger, latest_time
from tidegate.measure.measures import Period


def main() -> None:
    """Print one Markdown table a set."""
    tickets, messages = thunderbird()
    ledger = build_ledger(tickets, messages=messages, as_of=latest_time(tickets, messages))
    names = (
        "first_response_median",
        "first_response_p90",
        "ttfmr_median",
        "answered",
        "recontact_rate",
        "back_and_forths",
    )
    years = {
        year: measure(ledger, Period(start=_new_year(year), end=_new_year(year + 1)), names=names)
        for year in (2023, 2024)
    }
    _table(years)
    early = ledger.tickets.filter("early").filter(pl.col("answered_at") < pl.col("created_at"))
    days = f"{early['created_at'].min():%Y-%m-%d} to {early['created_at'].max():%Y-%m-%d}"
    print(f"\nfirst responses before the opening: {early.height}, {days}\n")

    incidents, events = uci()
    ledger = build_ledger(incidents, events=events, as_of=latest_time(incidents, events))
    whole = Period(start=ledger.tickets["created_at"].min(), end=_new_year(2018))  # ty: ignore[invalid-argument-type]
    _table({"uci": measure(ledger, whole, names=("transfers", "reopen_rate", "resolution_median", "recontact_rate"))})
    shares = ledger.tickets.group_by("level").agg(made_sla=pl.col("made_sla").mean(), n=pl.len()).sort("level")
    print("\n" + "\n".join(f"made_sla {row[0]}: {row[1]:.4f} of {row[2]:,}" for row in shares.iter_rows()))
    file = incidents.select(
        moves=pl.col("transfers").mean(), reopened=(pl.col("reopens") > 0).mean(), reopens=pl.col("reopens").sum()
    )
    print(f"the file's own counts: {file.row(0)}; reopens in the log: {ledger.tickets['reopens'].sum()}")


def _new_year(year: int) -> datetime:
    return datetime(year, 1, 1, tzinfo=UTC)


def _table(results: dict[object, pl.DataFrame]) -> None:
    print("| set | measure | value | low | high | n |\n|---|---|---|---|---|---|")
    for name, table in results.items():
        for row in table.filter(pl.col("segment") == "all").iter_rows(named=True):
            scale, unit = (60, " h") if row["unit"] == "minutes" else (1, "")
            figures = (f"{row[key] / scale:.4f}{unit}" for key in ("value", "low", "high"))
            print(f"| {name} | {row['name']} | {' | '.join(figures)} | {row['n']:,} |")


if __name__ == "__main__":
    main()
