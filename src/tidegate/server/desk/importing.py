"""Services that fill the database from files, as `tidegate import` does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.utils import timezone

from tidegate.policy.loading import load as policy_load
from tidegate.server.desk import tables
from tidegate.server.desk.board.held import UNFINISHED
from tidegate.server.desk.board.reader import reader_under
from tidegate.server.desk.inbox.landing import tickets_import
from tidegate.server.desk.policies import policy_ensure
from tidegate.server.people import audit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import polars as pl

_READ: Final = 5_000
"""Texts read at a time."""
_PART: Final = 20_000
"""Rows a transaction: an interrupted import is carried on by importing again."""
ORDER: Final = ("accounts", "incidents", "agents", "tickets", "messages", "events")


def facts_import(frames: Mapping[str, pl.DataFrame], *, progress: Callable[[int, int], None]) -> dict[str, int]:
    """Write frames of facts; rows that are known already, or newer there, stay as they are.

    Parameters
    ----------
    frames
        By name, each valid by its contract.
    progress
        Called with rows done and rows in all.

    Returns
    -------
    dict
        Rows added or replaced, by name.
    """
    policy_ensure()
    done, total = 0, sum(frame.height for frame in frames.values())
    written = dict.fromkeys((name for name in ORDER if name in frames), 0)
    for name in written:
        for start in range(0, frames[name].height, _PART):
            part = frames[name].slice(start, _PART)
            with transaction.atomic():
                written[name] += tickets_import(part) if name == "tickets" else tables.upsert(name, part)
            done += part.height
            progress(done, total)
    actor = "tidegate import"
    audit.record(
        actor=None, actor_name=actor, act="facts.import", object_kind="facts", object_id="files", after=written
    )
    return written


def texts_read(*, progress: Callable[[int, int], None]) -> int:
    """Read the texts of unfinished tickets and keep what was read, so that the service is up at once; returns how many.

    Parameters
    ----------
    progress
        Called with tickets done and tickets in all.
    """
    reader = reader_under(policy_load(policy_ensure().text))
    wanted = tables.read("tickets", UNFINISHED, columns=["ticket_id"])["ticket_id"]
    for start in range(0, wanted.len(), _READ):
        some = tables.read("tickets", "ticket_id = ANY(%s)", [wanted.slice(start, _READ).to_list()])
        reader.read(some, now=timezone.now())
        progress(min(start + _READ, wanted.len()), wanted.len())
    return wanted.len()
