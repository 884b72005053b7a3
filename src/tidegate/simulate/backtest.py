"""Several policies over the same past, with intervals: what each would have come to, and by how much they differ.

Every policy meets the same tickets, handling times and customers. Intervals are percentiles over weeks and seeds drawn
again with repetition, the same draw for every policy, so that a difference has an interval of its own, far narrower
than those of its two sides. A bad week leaves its backlog to the next, so neighbouring weeks are drawn together, in
runs. Nothing here proves what would have happened: it is an estimate, with what was imputed
beside it.
"""

from __future__ import annotations

import signal
from dataclasses import asdict, dataclass, replace
from math import ceil
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tidegate.simulate.measures import ALL, UNITS, Tally
from tidegate.simulate.trial import Setting, run
from tidegate.tables.errors import InputError, TidegateError
from tidegate.tables.words import LEVELS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from tidegate.simulate.bound import Bound
    from tidegate.simulate.trial import Shelf

    Column = NDArray[np.float64]
    Unit = tuple[str, int]
    Runner = Callable[[Setting, Sequence[Unit]], Iterable[tuple[Unit, Tally]]]
    Progress = Callable[[int, int], None]

DRAWS: Final = 400
COVER: Final = (5.0, 95.0)
"""Percentiles between which an interval lies: nine draws in ten."""


class StoppedError(TidegateError):
    """A backtest was told to stop before every policy had finished a first seed, so there is nothing to compare."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """One measure of one policy, or what it differs by from another.

    Attributes
    ----------
    policy, measure, level
        Of what; level is P0 to P3 or ``all``.
    value, low, high
        The estimate over all weeks and seeds, and its 90% interval; None where no ticket counts.
    unit
        Unit of the three.
    against
        Policy that this is a difference from; None for a value.
    """

    policy: str
    measure: str
    level: str
    value: float | None
    low: float | None
    high: float | None
    unit: str
    against: str | None = None

    def edges(self, factor: float = 1.0) -> tuple[float, float, float]:
        """Return value, low and high times a factor; nan where there is none."""
        value, low, high = (np.nan if one is None else one * factor for one in (self.value, self.low, self.high))
        return value, low, high


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """What several policies would have come to.

    Attributes
    ----------
    results
        One estimate for each policy, measure and level.
    differences
        The same as differences from the first policy.
    policies, seeds
        What was compared; the seeds that all policies have finished.
    weeks, run
        Weeks of the past that intervals are drawn from, and how many neighbouring ones are drawn together.
    imputed
        What is not from the history but assumed, in words.
    missing
        Seeds that were asked for and not finished.
    bound
        What no policy can be below; None where nobody asked.
    without
        The same where waiting customers do not write again; None where they do not here either, or nobody asked.
    """

    results: tuple[Estimate, ...]
    differences: tuple[Estimate, ...]
    policies: tuple[str, ...]
    seeds: tuple[int, ...]
    weeks: int
    run: int
    imputed: tuple[str, ...]
    missing: tuple[int, ...] = ()
    bound: Bound | None = None
    without: Backtest | None = None

    def estimate(self, policy: str, measure: str, level: str = ALL) -> Estimate:
        """Look up one measure of one policy; see `find`."""
        return find(self.results, policy, measure, level)

    def difference(self, policy: str, measure: str, level: str = ALL) -> Estimate:
        """Look up what a policy differs by from the first one; see `find`."""
        return find(self.differences, policy, measure, level)

    def to_dict(self) -> dict[str, Any]:
        """Lay out as JSON has it."""
        told = asdict(replace(self, without=None))
        for row in told["results"]:
            del row["against"]
        told["without"] = self.without.to_dict() if self.without else None
        return {"kind": "estimated", **told}


def find(rows: Sequence[Estimate], policy: str, measure: str, level: str) -> Estimate:
    """Find the estimate of a policy, a measure and a level.

    Raises
    ------
    InputError
        If there is none.
    """
    for row in rows:
        if (row.policy, row.measure, row.level) == (policy, measure, level):
            return row
    raise InputError("the backtest has no such estimate", value=(policy, measure, level))


def in_process(setting: Setting, units: Sequence[Unit]) -> Iterable[tuple[Unit, Tally]]:
    """Run the replays one after another."""
    for policy, seed in units:
        yield (policy, seed), run(setting, policy, seed)


def in_processes(jobs: int) -> Runner:
    """Run the replays in so many processes of this machine."""

    def runner(setting: Setting, units: Sequence[Unit]) -> Iterable[tuple[Unit, Tally]]:
        from concurrent.futures import ProcessPoolExecutor, as_completed
        from multiprocessing import get_context

        deaf = (signal.SIGINT, signal.SIG_IGN)  # an interruption is for this process, which keeps what is finished
        pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=signal.signal, initargs=deaf)
        try:
            futures = {pool.submit(run, setting, *unit): unit for unit in units}
            for future in as_completed(futures):
                yield futures[future], future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    return runner if jobs > 1 else in_process


def backtest(
    setting: Setting,
    policies: Sequence[str],
    seeds: Sequence[int],
    *,
    imputed: Sequence[str] = (),
    runner: Runner = in_process,
    shelf: Shelf | None = None,
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
) -> Backtest:
    """Compare policies.

    Parameters
    ----------
    setting
        Where the backtest takes place.
    policies
        Names; differences are from the first.
    seeds
        One replay of each policy for each seed.
    imputed
        What the setting assumes, in words.
    runner
        How replays are run; the result does not depend on it.
    shelf
        Finished replays to begin with, and where to keep more.
    progress
        Told ``(done, total)`` after every replay.
    stop
        Asked after every replay whether to stop.

    Returns
    -------
    Backtest
        After a stop or an interruption (KeyboardInterrupt) over the seeds that every policy had finished.

    Raises
    ------
    InputError
        If no policy or no seed is given, or a name is given twice.
    KeyboardInterrupt, StoppedError
        If it comes before a first seed is finished.
    """
    if not policies or not seeds or len(set(policies)) < len(policies):
        raise InputError("a backtest needs at least one policy and one seed, and each policy once")
    units = [(policy, seed) for seed in seeds for policy in policies]
    done = {unit: kept for unit in units if (kept := shelf.get(*unit))} if shelf else {}
    try:
        for unit, found in runner(setting, [unit for unit in units if unit not in done]):
            done[unit] = found
            if shelf:
                shelf.put(*unit, found)
            if progress:
                progress(len(done), len(units))
            if stop and stop():
                break
    except KeyboardInterrupt:
        if not _whole(done, policies, seeds):
            raise
    whole = _whole(done, policies, seeds)
    if not whole:
        raise StoppedError("stopped before every policy had finished a first replay")
    return summarise(
        {policy: [done[policy, seed] for seed in whole] for policy in policies},
        seeds=whole,
        independent=setting.independent,
        imputed=imputed,
        missing=[seed for seed in seeds if seed not in whole],
    )


def _whole(done: dict[Unit, Tally], policies: Sequence[str], seeds: Sequence[int]) -> list[int]:
    """Seeds that every policy has finished."""
    return [seed for seed in seeds if all((policy, seed) in done for policy in policies)]


def summarise(
    tallies: dict[str, list[Tally]],
    *,
    seeds: Sequence[int],
    independent: bool,
    imputed: Sequence[str] = (),
    missing: Sequence[int] = (),
) -> Backtest:
    """Turn tallies by policy, one a seed, into estimates with intervals."""
    weeks = [one.above.shape[0] for one in next(iter(tallies.values()))]
    times = np.concatenate((np.ones((1, sum(weeks))), _choices(weeks, independent=independent)))
    values = {policy: Tally.join(parts).values(times) for policy, parts in tallies.items()}
    first = next(iter(tallies))
    cells = [(m, level) for m in UNITS for level in (ALL, *LEVELS) if (m, level) in values[first]]
    return Backtest(
        results=tuple(_estimate(policy, cell, found[cell]) for policy, found in values.items() for cell in cells),
        differences=tuple(
            _estimate(policy, cell, found[cell] - values[first][cell], against=first)
            for policy, found in values.items()
            if policy != first
            for cell in cells
        ),
        policies=tuple(tallies),
        seeds=tuple(seeds),
        weeks=max(weeks),
        run=run_of(max(weeks)),
        imputed=tuple(imputed),
        missing=tuple(missing),
    )


def run_of(weeks: int) -> int:
    """Weeks that are drawn together, since a week inherits the backlog of the one before: the third root of all."""
    return max(1, ceil(round(weeks ** (1 / 3), 9)))


def _choices(weeks: Sequence[int], *, independent: bool) -> Column:
    """(draws, weeks of all seeds) how often each week is chosen; where seeds share the weeks, seeds are chosen too."""
    draw = np.random.default_rng(0)
    if independent:
        return _runs(weeks, draw)
    longest = _runs([max(weeks)], draw)
    of_seeds = draw.multinomial(len(weeks), np.full(len(weeks), 1 / len(weeks)), DRAWS)
    return np.concatenate([longest[:, :n] * of_seeds[:, [i]] for i, n in enumerate(weeks)], axis=1)


def _runs(weeks: Sequence[int], draw: np.random.Generator) -> Column:
    """Draw runs of neighbouring weeks, the last of a seed being followed by its first, until there are as many weeks.

    This is the circular block bootstrap (Politis and Romano 1992). A last run that is too long is cut.
    """
    total, run = sum(weeks), run_of(max(weeks))
    first = np.repeat(np.cumsum([0, *weeks[:-1]]), weeks)  # of each week's seed
    length = np.repeat(weeks, weeks)
    begun = draw.integers(0, total, (DRAWS, -(-total // run)))
    start, size = first[begun][:, :, None], length[begun][:, :, None]
    week = start + (begun[:, :, None] - start + np.arange(run)) % size
    chosen = week.reshape(DRAWS, -1)[:, :total]
    times = np.zeros((DRAWS, total))
    np.add.at(times, (np.arange(DRAWS)[:, None], chosen), 1.0)
    return times


def _estimate(policy: str, cell: tuple[str, str], drawn: Column, against: str | None = None) -> Estimate:
    value, low, high = _number(drawn[0]), None, None
    kept = drawn[1:][~np.isnan(drawn[1:])]
    if value is not None and kept.size:
        low, high = (_number(edge) for edge in np.percentile(kept, COVER))
    return Estimate(
        policy=policy,
        measure=cell[0],
        level=cell[1],
        value=value,
        low=low,
        high=high,
        unit=UNITS[cell[0]],
        against=against,
    )


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
