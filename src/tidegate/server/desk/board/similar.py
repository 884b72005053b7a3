"""Tickets about the same thing: which group each belongs to is found once, by the worker, and kept for every board.

Boards follow the groups as they follow facts, and count the tickets of each group at the moment of asking. A row is
written when a ticket comes into a group, changes it or leaves it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl
from django.db import connection, transaction

from tidegate import pipeline
from tidegate.read.alike import compared, similar_groups
from tidegate.server.desk import tables

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from tidegate.policy.model import Policy

GROUPS: Final = {"ticket_id": pl.String(), "similar_group": pl.String()}
ADVISORY_LOCK: Final = 7_151_003
_READ: Final = "ticket_id, nullif(\"group\", '') FROM desk_similargroup"
_WRITE: Final = """
    INSERT INTO desk_similargroup AS known (ticket_id, "group", changed)
    SELECT ticket_id, coalesce("group", ''), 0 FROM unnest(%s::text[], %s::text[]) AS n (ticket_id, "group")
    ON CONFLICT (ticket_id) DO UPDATE SET "group" = EXCLUDED."group"
"""


def wanted(policy: Policy) -> bool:
    """Whether the policy asks for tickets about the same thing."""
    return bool(pipeline.needed(policy) & pipeline.SIMILAR)


def read(where: str = "", parameters: Sequence[object] = ()) -> pl.DataFrame:
    """Read groups as they are kept: ``ticket_id``, ``similar_group``, null for none."""
    return tables.select(_READ, GROUPS, where, parameters)


def asked(tickets: pl.DataFrame, now: datetime) -> int:
    """Return a number that is another one once other texts are compared."""
    rows = tickets.filter(compared(now)).select("ticket_id", "subject", "body")
    return hash((rows.height, rows.hash_rows(seed=0).sum()))


def groups_write(tickets: pl.DataFrame, now: datetime) -> int:
    """Find the groups of the tickets that a board holds and write down those that changed; returns how many that were.

    A ticket that is not compared any more, being finished and older than a week, is forgotten: no board counts it.
    """
    found = similar_groups(tickets, now)
    here = tickets.filter(compared(now)).select("ticket_id")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ADVISORY_LOCK])
        known = read()
        left = known.join(here, on="ticket_id", how="anti")["ticket_id"]
        both = known.join(found, on="ticket_id", how="full", coalesce=True, suffix="_now")
        changed = both.filter(
            ~pl.col("ticket_id").is_in(left.implode()), pl.col("similar_group").ne_missing(pl.col("similar_group_now"))
        )
        cursor.execute("DELETE FROM desk_similargroup WHERE ticket_id = ANY(%s)", [left.to_list()])
        cursor.execute(_WRITE, [changed["ticket_id"].to_list(), changed["similar_group_now"].to_list()])
    return changed.height
