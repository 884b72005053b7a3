"""What the policy pages show: versions, their history and their replays, with figures as people read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tidegate.report.backtest import LEAD, TITLES, spell
from tidegate.server.desk.models import PolicyVersion, Replay
from tidegate.server.people.models import AuditEntry
from tidegate.simulate.backtest import Estimate

if TYPE_CHECKING:
    from django.db.models import QuerySet

SHOWN: Final = (
    ("value_breach", "all"),
    ("breach", "all"),
    ("urgent_in_target", "all"),
    ("value_delay", "all"),
    ("wait_p50", "all"),
    ("wait_p95", "P1"),
    ("oldest", "all"),
)
"""Measures of a replay that are shown first, with their level."""
_UP: Final = frozenset({"urgent_in_target"})
"""Measures of which more is better; of all others less is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """An estimate as people read it: ``4.1%`` and ``3.6 to 4.7``, both empty for no difference at all.

    ``mood`` is better, worse or empty.
    """

    value: str
    interval: str
    mood: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A measure under every policy, and what the last file differs by from the first."""

    title: str
    level: str
    figures: tuple[Figure, ...]
    difference: Figure | None

    @property
    def columns(self) -> int:
        """How many figures stand in its row."""
        return len(self.figures) + (self.difference is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A replay laid out."""

    lead: str
    policies: tuple[str, ...]
    rows: tuple[Compared, ...]
    imputed: tuple[str, ...]
    weeks: int
    seeds: int


def versions() -> QuerySet[PolicyVersion]:
    """List the versions, newest first."""
    return PolicyVersion.objects.select_related("created_by").order_by("-number")


def history(limit: int = 20) -> QuerySet[AuditEntry]:
    """List who put which version in force, newest first."""
    return AuditEntry.objects.filter(object_kind="policy", act__in=("policy.activate", "policy.rollback")).order_by(
        "-id"
    )[:limit]


def last_replay(version: PolicyVersion) -> Replay | None:
    """Return the newest replay of a version."""
    return Replay.objects.select_related("version", "against", "by").filter(version=version).order_by("-id").first()


def replay_shown(replay: Replay) -> Shown | None:
    """Lay a replay's result out; None where there is none."""
    if replay.result is None:
        return None
    found: dict[str, Any] = replay.result
    files = [name for name in found["policies"] if name.startswith("version ")]
    return Shown(
        lead=LEAD,
        policies=tuple("first in, first out" if name == "fifo" else name for name in found["policies"]),
        rows=tuple(_compared(found, measure, level, files) for measure, level in SHOWN),
        imputed=tuple(found["imputed"]),
        weeks=found["weeks"],
        seeds=len(found["seeds"]),
    )


def _compared(found: dict[str, Any], measure: str, level: str, files: list[str]) -> Compared:
    cells, against = (_by_policy(found[kind], measure, level) for kind in ("results", "differences"))
    difference = against.get(files[-1]) if len(files) > 1 else None
    return Compared(
        title=TITLES[measure],
        level=level,
        figures=tuple(_figure(cells.get(name)) for name in found["policies"]),
        difference=None if difference is None else _figure(difference, mood=_mood(measure, difference)),
    )


def _by_policy(rows: list[dict[str, Any]], measure: str, level: str) -> dict[str, Estimate]:
    return {row["policy"]: Estimate(**row) for row in rows if (row["measure"], row["level"]) == (measure, level)}


def _figure(row: Estimate | None, *, mood: str = "") -> Figure:
    if row is None:
        return Figure(value="-", interval="")
    if row.against is not None and row.value == row.low == row.high == 0:
        return Figure(value="", interval="")
    value, interval = spell(row)
    return Figure(value=value, interval=interval.replace("..", " to "), mood=mood)


def _mood(measure: str, row: Estimate) -> str:
    """Say better or worse only where the interval leaves out zero."""
    if row.low is None or row.high is None or row.low <= 0 <= row.high:
        return ""
    return "better" if (row.low > 0) == (measure in _UP) else "worse"
