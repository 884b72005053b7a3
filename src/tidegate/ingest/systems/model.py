"""What is known about one help desk's exports, as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """One system: how its exports are recognised, and which of its columns and words mean what.

    Column names are compared after `tidegate.ingest.headers.normalise`, so one spelling stands for all of "Created at",
    ``created_at``, ``createdAt`` and ``fields.created_at``.

    Parameters
    ----------
    name, title
        Key in mapping files, and the name that people know.
    fingerprints
        Sets of columns; a file that has all columns of one set is taken as this system's. The largest set wins.
    columns
        Canonical ticket column to source columns; where a file has several, the first that is not empty counts.
    statuses, priorities
        Words to statuses and levels, lower case; they go before the words that every system shares.
    units
        Canonical column to the unit it is exported in, see `tidegate.ingest.quantities`.
    sides
        Column that holds a key, to the table beside the records that the key belongs to (JSON only): ``requester_id``
        with ``users`` adds ``requester.name``, ``requester.email`` and so on.
    hint
        What to do about an export without a creation time.
    notes
        What a reader of the reference should know.
    """

    name: str
    title: str
    fingerprints: tuple[tuple[str, ...], ...] = ()
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    statuses: Mapping[str, str] = field(default_factory=dict)
    priorities: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    sides: Mapping[str, str] = field(default_factory=dict)
    hint: str = ""
    notes: tuple[str, ...] = ()
