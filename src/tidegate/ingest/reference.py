"""The reference of recognised exports, written from the tables that recognise them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tidegate.ingest.headers import normalise
from tidegate.ingest.mapping import SCHEMAS
from tidegate.ingest.quantities import UNITS
from tidegate.ingest.systems import SYSTEMS
from tidegate.ingest.systems.others import OTHERS
from tidegate.ingest.words import LEVELS, STATUSES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tidegate.ingest.systems import System

_HEAD = """\
# Imports: which columns become which

<!-- Written by tidegate.ingest.reference; a test holds it current. Change src/tidegate/ingest/systems instead. -->

Tidegate reads CSV, TSV, JSON, NDJSON and Parquet, each also gzipped, and tells them by their content. It recognises the
exports below by sets of columns that only they have. Any other table is read by the usual names of its columns, and
those names also fill what a recognised system leaves open. `tidegate map FILE` shows what was recognised and writes it
as a mapping file to correct; where no column was recognised as the identifier or the creation time, it writes what it
knows, says what is missing, and exits with 1.

Names are compared in lower case, without accents, with every gap an underscore: "Created at", `createdAt` and
`fields.created_at` are all `created_at`. Where several columns are listed, the first that is not empty counts.

## What happens to rows

- Every row read is in the table or among the rejected ones, with its file, row, column, value and reason.
- A file may have 4 GiB, as it is and unpacked, and so may standard input; a larger one is an error.
- A row without a usable identifier or creation time is rejected; so is one with too many or too few fields, and one
  created after `now`.
- Of several rows with one identifier the last by update time is kept, else the first; the others are rejected.
- A cell that cannot be read is left empty, and a note says how many there are and shows one.
- A zone in a column's name, as in "Created at (Europe/Berlin)", is the zone of its times.
- Other times that name no zone are read in `--timezone`, else as UTC, with a note. An hour that happened twice is the
  earlier one; a time in a skipped hour moves forward by the gap.
- 03/04/2021 is day first or month first as the other dates of its column tell; a note says when they do not.
- Solving, closing and response times before the creation are left empty, with a note.
- Times after `now` are left empty, and a ticket that was solved or closed only after `now` is open.
- A file with many rows a ticket that differ in their update time is a log. It is folded to one row a ticket as known at
  `now`: later rows are not there, a time after its own row's update was not known and is left empty, the first level is
  that of the ticket's first row. Tickets whose first row is after `now` are not read.

"""


def reference() -> str:
    """Return the page as Markdown."""
    parts = [_HEAD, "## Systems\n\n", *(_system(system) for system in SYSTEMS)]
    parts += ["## Other tables\n\n", *(_other(name, system) for name, system in OTHERS.items())]
    parts += ["## Words that every system shares\n\n", _families("Statuses", STATUSES), _families("Levels", LEVELS)]
    parts += ["## Units in mapping files\n\n", "| unit | what it is |\n|---|---|\n"]
    parts += [f"| `{name}` | {meaning} |\n" for name, meaning in UNITS.items()]
    return "".join(parts)


def _system(system: System) -> str:
    tells = [" + ".join(f"`{name}`" for name in fingerprint) for fingerprint in system.fingerprints]
    lines = [f"### {system.title}\n\n", *(f"{note}\n\n" for note in (*system.notes, system.hint) if note)]
    if tells:
        lines += ["Told by one of:\n\n", *(f"- {tell}\n" for tell in tells), "\n"]
    lines.append(_columns(system, "tickets"))
    lines.append(_words("Statuses", system.statuses))
    lines.append(_words("Priorities", system.priorities))
    lines += [f"Beside the records: `{key}` is looked up in `{side}`.\n\n" for key, side in system.sides.items()]
    return "".join(lines)


def _other(name: str, system: System) -> str:
    return f"### {system.title}\n\n" + _columns(system, name)


def _columns(system: System, table: str) -> str:
    rows = ["| ours | theirs |\n|---|---|\n"]
    for name in SCHEMAS[table].columns():
        if theirs := system.columns.get(name):
            shown = ", ".join(f"`{column}`" for column in dict.fromkeys(map(normalise, theirs)))
            unit = system.units.get(name)
            rows.append(f"| `{name}` | {shown}{f' ({unit})' if unit else ''} |\n")
    return "".join(rows) + "\n"


def _words(title: str, words: Mapping[str, str]) -> str:
    if not words:
        return ""
    return f"{title}: " + ", ".join(f"{word} is `{meaning}`" for word, meaning in words.items()) + ".\n\n"


def _families(title: str, families: Mapping[str, tuple[str, ...]]) -> str:
    rows = [f"{title}:\n\n| ours | theirs |\n|---|---|\n"]
    rows += [f"| `{meaning}` | {', '.join(words)} |\n" for meaning, words in families.items()]
    return "".join(rows) + "\n"


__all__ = ["reference"]
