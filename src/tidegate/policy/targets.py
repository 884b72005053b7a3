"""The policy's targets as one small table of minutes, and each ticket's row in it."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from tidegate.policy.hours import parse_hours
from tidegate.tables.errors import PolicyError
from tidegate.tables.words import CLOCK, CLOCKS, LEVELS

if TYPE_CHECKING:
    from tidegate.policy.durations import Duration
    from tidegate.policy.model import Calendar, Clock, LevelRule, Policy, Target
    from tidegate.tables.words import Level

_RUNNING: Final = tuple(clock for clock in CLOCKS if clock != "none")
_FIELD: Final[dict[Clock, str]] = {"first_response": "respond", "next_response": "next", "resolution": "resolve"}


@dataclass(frozen=True, slots=True, eq=False)
class TargetTable:
    """Targets by row (clock, tier, group) and level.

    Parameters
    ----------
    minutes
        Shape (rows, 4): minutes on the level's own calendar, P0 to P3; ``inf`` in the last row, clock ``none``.
    frame
        The rows in words: ``row`` UInt16, ``clock``, ``tier``, ``group``; null stands for every other tier or group.
    tiers, groups
        Names that the policy's targets tell apart; position + 1 is their code, 0 is every other one.
    """

    minutes: np.ndarray
    frame: pl.DataFrame
    tiers: tuple[str, ...]
    groups: tuple[str, ...]

    @property
    def none(self) -> int:
        """Row of a ticket for which no clock runs."""
        return len(self.minutes) - 1

    def rows(self, clock: pl.Series, tier: pl.Series | None = None, group: pl.Series | None = None) -> pl.Series:
        """Row of the table for each ticket.

        Parameters
        ----------
        clock
            Enum of clocks.
        tier, group
            Texts of the same length; nulls and names that no target mentions count as every other one.

        Returns
        -------
        Series
            ``target_row``, UInt16, no nulls.
        """
        per_clock = (len(self.tiers) + 1) * (len(self.groups) + 1)
        code = clock.cast(CLOCK).to_physical().to_numpy().astype(np.uint16) * np.uint16(per_clock)
        code += _codes(tier, self.tiers, len(clock)) * np.uint16(len(self.groups) + 1)
        code += _codes(group, self.groups, len(clock))
        return pl.Series("target_row", np.minimum(code, np.uint16(self.none)), dtype=pl.UInt16)


def target_table(policy: Policy) -> TargetTable:
    """Lay out every target that the policy sets.

    For each clock, tier, group and level the first of ``policy.targets`` that fits and names that clock wins; where
    none does, the level's own target holds. A business day is the mean length of a working day of the level's calendar.

    Raises
    ------
    PolicyError
        If a target is zero, or a level's clock is not a calendar of the policy.
    """
    tiers = tuple(dict.fromkeys(target.tier for target in policy.targets if target.tier is not None))
    groups = tuple(dict.fromkeys(target.group for target in policy.targets if target.group is not None))
    days = day_minutes(policy)
    keys = [(clock, tier, group) for clock in _RUNNING for tier in (None, *tiers) for group in (None, *groups)]
    minutes = np.full((len(keys) + 1, len(LEVELS)), np.inf)
    for row, key in enumerate(keys):
        for column, level in enumerate(LEVELS):
            if level in policy.levels:
                minutes[row, column] = _target(policy, level, *key).minutes(days[level])
    _check_positive(minutes, [*keys, ("none", None, None)])
    minutes.setflags(write=False)
    frame = pl.DataFrame(
        [*keys, ("none", None, None)],
        schema={"clock": CLOCK, "tier": pl.String, "group": pl.String},
        orient="row",
    ).with_row_index("row")
    return TargetTable(minutes, frame.with_columns(pl.col("row").cast(pl.UInt16)), tiers, groups)


def weights(policy: Policy, table: TargetTable | None = None) -> np.ndarray:
    """Weight of each target: ``severity * (minutes / 60) ** target_power``.

    Returns
    -------
    ndarray
        Shape (rows, 4), as ``TargetTable.minutes``; 0 in the row of clock ``none``.
    """
    minutes = (table or target_table(policy)).minutes
    weight = np.asarray(policy.severity) * (minutes / 60) ** policy.ranking.target_power
    return np.where(np.isinf(minutes), 0.0, weight)


def level_calendar(policy: Policy, level: Level) -> Calendar | None:
    """Calendar that a level's clock runs on; None stands for around the clock.

    Raises
    ------
    PolicyError
        If the level names a calendar that the policy does not have.
    """
    name = policy.levels[level].clock
    if name == "always":
        return None
    if name == "business":
        return policy.calendar
    if name in policy.calendars:
        return policy.calendars[name]
    valid = ("business", "always", *policy.calendars)
    near = get_close_matches(name, valid, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise PolicyError([f"levels.{level}.clock: {name!r} is not a calendar; valid: {', '.join(valid)}{hint}"])


def day_minutes(policy: Policy) -> dict[Level, float]:
    """Mean length in minutes of a working day, by level."""
    return {level: _mean_day(level_calendar(policy, level)) for level in policy.levels}


def _mean_day(calendar: Calendar | None) -> float:
    if calendar is None:
        return 1440.0
    try:
        lengths = [sum(end - start for start, end in spans) for spans in parse_hours(calendar.hours) if spans]
    except ValueError as error:
        raise PolicyError([f"calendar.hours: {error}"]) from error
    if not sum(lengths):
        raise PolicyError(["calendar.hours: no day has any hours; give at least one, such as mon-fri: '09:00-17:00'"])
    return sum(lengths) / len(lengths) / 60


def _target(policy: Policy, level: Level, clock: Clock, tier: str | None, group: str | None) -> Duration:
    field = _FIELD[clock]
    rule: LevelRule | Target = next(
        (
            target
            for target in policy.targets
            if target.level == level
            and target.tier in (None, tier)
            and target.group in (None, group)
            and getattr(target, field) is not None
        ),
        policy.levels[level],
    )
    return getattr(rule, field)


def _check_positive(minutes: np.ndarray, keys: list[tuple[Clock, str | None, str | None]]) -> None:
    findings = [
        f"levels.{LEVELS[column]}.{_FIELD[keys[row][0]]}: a target must be longer than 0"
        for row, column in np.argwhere(minutes <= 0)
    ]
    if findings:
        raise PolicyError(list(dict.fromkeys(findings)))


def _codes(column: pl.Series | None, names: tuple[str, ...], length: int) -> np.ndarray:
    if column is None or not names:
        return np.zeros(length, np.uint16)
    code_of = {name: code for code, name in enumerate(names, start=1)}
    codes = column.cast(pl.String).replace_strict(code_of, default=0, return_dtype=pl.UInt16)
    return codes.fill_null(0).to_numpy()


__all__ = ["TargetTable", "day_minutes", "level_calendar", "target_table", "weights"]
