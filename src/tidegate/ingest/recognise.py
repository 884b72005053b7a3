"""Whose export is it, and which of its columns are which of ours."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tidegate.ingest.headers import bare, normalise
from tidegate.ingest.mapping import SCHEMAS, Mapping, Table
from tidegate.ingest.systems import BY_NAME, GENERIC, SYSTEMS
from tidegate.ingest.systems.others import OTHERS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tidegate.ingest.systems import System


def recognise(columns: Iterable[str], table: Table) -> Mapping:
    """Recognise a file by its column names.

    Parameters
    ----------
    columns
        Names as the file spells them.
    table
        The table it shall become.

    Returns
    -------
    Mapping
        The system whose largest set of tell-tale columns is there, and its columns. What that system does not say, the
        usual names of the generic table say, one of ours to a column of theirs.
    """
    present = list(columns)
    by_name: dict[str, list[str]] = {}
    for column in present:
        by_name.setdefault(bare(column), []).append(column)
    system = _system(by_name.keys()) if table == "tickets" else OTHERS[table]
    fallback = GENERIC if table == "tickets" else OTHERS[table]
    found: dict[str, tuple[str, ...]] = {}
    for ours in SCHEMAS[table].columns():
        sources = _present(system.columns.get(ours, ()), by_name)
        if sources:
            found[ours] = sources
    used = {source for sources in found.values() for source in sources}
    for ours in SCHEMAS[table].columns():
        spare = (column for column in _present((ours, *fallback.columns.get(ours, ())), by_name) if column not in used)
        first = next(spare, None)
        if ours not in found and first is not None:
            found[ours] = (first,)
            used.add(first)
    ordered = {ours: found[ours] for ours in SCHEMAS[table].columns() if ours in found}
    units = {ours: unit for ours, unit in system.units.items() if ours in found or unit == "in tags"}
    mapping = Mapping(table=table, system=system.name, columns=ordered, units=units)
    return replace(mapping, unmapped=tuple(column for column in present if column not in used))


def system_of(mapping: Mapping) -> System:
    """Return what is known about the system of a mapping."""
    return BY_NAME[mapping.system] if mapping.table == "tickets" else OTHERS[mapping.table]


def _system(names: Iterable[str]) -> System:
    present = set(names)
    best, most = GENERIC, 0
    for system in SYSTEMS:
        for fingerprint in system.fingerprints:
            if len(fingerprint) > most and present.issuperset(fingerprint):
                best, most = system, len(fingerprint)
    return best


def _present(names: Iterable[str], by_name: dict[str, list[str]]) -> tuple[str, ...]:
    """Return the columns of the file that go by these names, each once, in the order of the names."""
    return tuple(dict.fromkeys(column for name in names for column in by_name.get(normalise(name), ())))
