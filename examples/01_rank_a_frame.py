"""Rank tickets that are already in memory: no file, no account, no text.

python examples/01_rank_a_frame.py
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl

import tidegate as tg

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)

tickets = tg.read_tickets(
    pl.DataFrame(
        {
            "id": ["A-1", "A-2", "A-3"],
            "created": [NOW - timedelta(minutes=m) for m in (20, 200, 2_000)],
            "status": ["open", "open", "open"],
            "priority": ["high", "normal", "low"],
            "subject": ["Cannot pay", "Export is slow", "How do I add a colleague?"],
        }
    ),
    now=NOW,
)
for row in tg.rank(tickets, tg.Policy.load("starter"), NOW).iter_rows(named=True):
    why = "; ".join(reason["text"] for reason in row["reasons"][:2])
    print(f"{row['position']}  {row['ticket_id']}  {row['level']}  {row['points']:6.1f}  {row['lane']:<8}  {why}")
