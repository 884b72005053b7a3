"""Tickets like one ticket, found among those held in memory that the person sees."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from tidegate.read import mail
from tidegate.read.similar import nearest

if TYPE_CHECKING:
    from tidegate.server.desk.board import Snapshot
    from tidegate.server.desk.models import Ticket
    from tidegate.server.people.models import Person

CANDIDATES: Final = 400
"""Tickets that share a word with it and are compared, the newest first."""
SHOWN: Final = 5
_LEAST: Final = 0.2
_WORD: Final = re.compile(r"[^\W\d_]{4,}")
_WORDS: Final = 24


def alike(snapshot: Snapshot, ticket: Ticket, person: Person) -> list[dict[str, Any]]:
    """List the nearest tickets, best first: ticket_id, subject, status, score (0 to 1)."""
    words = sorted(set(_WORD.findall(f"{ticket.subject or ''} {(ticket.body or '')[:2000]}".lower())))
    rarest = sorted(words, key=len, reverse=True)[:_WORDS]
    if not rarest:
        return []
    text = pl.concat_str(pl.col("subject").fill_null(""), pl.col("body").fill_null("").str.slice(0, 2000)).str
    seen = pl.col("group").is_in(person.groups_seen) if person.groups_seen else pl.lit(value=True)
    found = (
        snapshot.held.tickets.filter(seen.fill_null(value=False), pl.col("ticket_id") != ticket.ticket_id)
        .filter(text.to_lowercase().str.contains_any(rarest))
        .sort("created_at", descending=True)
        .head(CANDIDATES)
        .select("ticket_id", "subject", "body", "status")
    )
    own = pl.DataFrame(
        {
            "ticket_id": [ticket.ticket_id],
            "subject": [ticket.subject],
            "body": [ticket.body],
            "status": [ticket.status],
        },
        schema=found.schema,
    )
    both = pl.concat([own, found])
    cleaned = mail.clean(mail.original(both))["text"]
    near = nearest(cleaned, SHOWN, subjects=both["subject"], window=CANDIDATES).filter(
        pl.col("row") == 0, pl.col("score") >= _LEAST
    )
    picked = both.select("ticket_id", "subject", "status")[near["other"].to_numpy().astype("int64")]
    return picked.with_columns(near["score"]).to_dicts()
