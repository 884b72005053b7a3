"""What a file's columns and words mean: recognised, shown, written to YAML, read back from it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, Self, get_args

from tidegate.ingest.quantities import UNITS
from tidegate.ingest.systems import BY_NAME
from tidegate.ingest.times import Order
from tidegate.tables import Accounts, Agents, Events, Incidents, InputError, Messages, Tickets
from tidegate.tables.words import ACTORS, EVENT_KINDS, LEVELS, STATUSES

if TYPE_CHECKING:
    from collections.abc import Iterable

    import dataframely as dy

Table = Literal["tickets", "accounts", "incidents", "agents", "messages", "events"]
SCHEMAS: Final[dict[str, type[dy.Schema]]] = {
    "tickets": Tickets,
    "accounts": Accounts,
    "incidents": Incidents,
    "agents": Agents,
    "messages": Messages,
    "events": Events,
}
MEANINGS: Final[dict[str, tuple[str, ...]]] = {
    "status": STATUSES,
    "priority": LEVELS,
    "level": LEVELS,
    "given_impact": ("1", "2", "3"),
    "given_urgency": ("1", "2", "3"),
    "author_kind": ACTORS,
    "actor_kind": ACTORS,
    "kind": EVENT_KINDS,
}
"""Columns whose words can be given a meaning, and the meanings there are."""

_KEYS: Final = ("table", "system", "columns", "values", "units", "dates", "timezone", "log")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """Which source columns become which of ours, and what their words mean.

    Parameters
    ----------
    table
        tickets, accounts, incidents, agents, messages or events.
    system
        Name of the recognised system.
    columns
        Our column to the source columns, as the file spells them; the first that is not empty counts.
    unmapped
        Source columns that become nothing.
    values
        Our column to words (lower case) and their meanings; they go before the words that are known anyway.
    units
        Our column to the unit that it comes in.
    dates
        Our column to "day first" or "month first", for dates such as 03/04/2021.
    timezone
        IANA zone of times that name none; what the caller says goes before.
    log
        True for a log with many rows a ticket, false for a table; None to find out.
    """

    table: Table = "tickets"
    system: str = "generic"
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unmapped: tuple[str, ...] = ()
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    dates: dict[str, Order] = field(default_factory=dict)
    timezone: str | None = None
    log: bool | None = None

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a mapping file.

        Raises
        ------
        InputError
            With the file, line, key, value and the valid ones.
        """
        from tidegate.ingest.mapfile import read_mapping

        return cls(**read_mapping(Path(path)))

    def dump(self) -> str:
        """Return the mapping as YAML with comments, to start a mapping file from."""
        from tidegate.ingest.mapfile import write_mapping

        return write_mapping(self)

    def settled(self, available: Iterable[str], name: str) -> Self:
        """Check the columns against those a file has, and list what stays unmapped.

        Raises
        ------
        InputError
            A source column is not in the file.
        """
        present = list(available)
        wanted = [source for sources in self.columns.values() for source in sources]
        for source in wanted:
            if source not in present:
                raise InputError(
                    "the mapping names a column that the file does not have",
                    file=name,
                    value=source,
                    expected=" or ".join(map(repr, nearest(source, present))),
                )
        return replace(self, unmapped=tuple(column for column in present if column not in set(wanted)))


def nearest(word: str, valid: Iterable[str], most: int = 3) -> list[str]:
    """Return the valid words nearest to one, or the first few where none is near."""
    options = list(valid)
    folded = {option.casefold(): option for option in reversed(options)}
    close = get_close_matches(word.casefold(), list(folded), n=most, cutoff=0.5)
    return [folded[option] for option in close] or options[:12]


VALID: Final[dict[str, tuple[str, ...]]] = {
    "table": tuple(SCHEMAS),
    "system": tuple(BY_NAME),
    "units": tuple(UNITS),
    "dates": get_args(Order),
    "keys": _KEYS,
}
"""The valid words of each closed key of a mapping file."""
