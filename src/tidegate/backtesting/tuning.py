"""Search the few numbers of a policy on one part of a history, and judge what was found on a later part."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from tidegate.backtesting.numbers import Numbers, near
from tidegate.backtesting.parts import lighter
from tidegate.simulate.backtest import Backtest, Estimate, backtest, in_processes
from tidegate.simulate.trial import Shelf, run
from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Sequence
    from pathlib import Path

    from tidegate.backtesting.past import Past
    from tidegate.policy.model import Policy

    Came = tuple[float, float]  # late value, and P0 and P1 in target
    Map = Callable[..., Iterable[Came]]

MEASURE: Final = "value_breach"
"""What is made small: the value-weighted share of first answers out of target."""

GUARD: Final = "urgent_in_target"
"""What must not be given for it: the share of P0 and P1 answered in target."""

LEAST: Final = 0.001
"""A smaller gain, a tenth of a point, is no reason to change a policy."""

WEEKS: Final = 3
"""An interval over fewer weeks says nothing."""

EARLY: Final = 0.6
"""Share of the history, its earlier part, that numbers are searched on."""

YOURS: Final = "yours"
PROPOSED: Final = "proposed"
_FEW: Final = 100
_ATTEMPTS: Final = 100  # to draw numbers that keep the guarantee of more urgent, never fewer points
_ROUND: Final = 6  # sets of numbers drawn at once; the search is the same in however many processes


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a search came to.

    Attributes
    ----------
    yours, proposed
        The policy's numbers, and the best of those tried on the earlier part.
    tried, asked
        How many sets of numbers were tried, and how many should have been; fewer after an interruption.
    judged
        Both on the later part; its differences are proposed less yours.
    """

    yours: Numbers
    proposed: Numbers
    tried: int
    asked: int
    judged: Backtest

    @property
    def gain(self) -> Estimate:
        """Late value on the later part, proposed less yours: below 0 is a gain."""
        return self.judged.difference(PROPOSED, MEASURE)

    @property
    def urgent(self) -> Estimate:
        """P0 and P1 in target on the later part, proposed less yours: below 0 is a loss."""
        return self.judged.difference(PROPOSED, GUARD)

    @property
    def better(self) -> bool:
        """Whether the interval of the gain lies below zero."""
        return self.proposed != self.yours and self.gain.high is not None and self.gain.high < 0

    @property
    def short(self) -> bool:
        """Whether the later part has too few weeks to tell."""
        return self.judged.weeks < WEEKS

    @property
    def small(self) -> bool:
        """Whether the gain is too small to matter."""
        return self.gain.value is None or self.gain.value > -LEAST

    @property
    def dear(self) -> bool:
        """Whether urgent tickets pay for it: the interval of their loss lies below zero."""
        return self.urgent.high is not None and self.urgent.high < 0

    @property
    def keep(self) -> bool:
        """Whether to keep your numbers: no gain, a small one, one of few weeks, or one that urgent tickets pay for."""
        return not self.better or self.short or self.small or self.dear

    def changes(self) -> list[tuple[str, str, str]]:
        """Name, value before and value after of every number that would change, as the policy file spells them."""
        return self.yours.changes(self.proposed)


def tune(
    history: Past,
    policy: Policy,
    *,
    candidates: int = 30,
    seeds: int = 2,
    seed: int = 0,
    jobs: int = 1,
    keep: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Proposal:
    """Search on the earlier part, judge on the later one.

    Parameters
    ----------
    history
        Whose base is the policy.
    policy
        Whose numbers are searched around; by cost of delay.
    candidates
        How many sets of numbers are tried besides the policy's own.
    seeds
        Replays of each; what is worse than the best with the first seed is not tried with the others.
    seed
        Of the search.
    jobs
        Processes to replay in; the proposal does not depend on it.
    keep
        Folder for finished replays: a search that was interrupted goes on from there.
    progress
        Told ``(done, total)`` after each round of the search.

    Returns
    -------
    Proposal
        After an interruption (KeyboardInterrupt) the best of what had been tried, judged all the same.

    Raises
    ------
    InputError
        If a part has too few tickets, or the policy ranks by another method.
    """
    if policy.ranking.method != "cost-of-delay":
        raise InputError("only policies by cost of delay have these numbers", value=policy.ranking.method)
    cut = int(EARLY * history.at.size)
    if min(cut, history.at.size - cut) < _FEW:
        raise InputError("too short a history to tune on", value=history.at.size, expected="250 tickets or more")
    early, later = (lighter(history, rows) for rows in np.split(np.arange(history.at.size), [cut]))
    search = _Search(early, Numbers.of(policy), seeds, keep)
    draw = np.random.default_rng(seed)
    with _processes(jobs) as each:
        try:
            search.begin(each)
            if progress:
                progress(0, candidates)
            while search.tried < candidates:
                search.go_on(each, draw, min(_ROUND, candidates - search.tried))
                if progress:
                    progress(search.tried, candidates)
        except KeyboardInterrupt:
            if not search.tried:
                raise
    views = {YOURS: search.yours.see(later.base), PROPOSED: search.best.see(later.base)}
    last = replace(later, views=views)
    shelf = Shelf(keep, last) if keep else None
    luck = range(100, 100 + max(seeds, 3))
    judged = backtest(last, [YOURS, PROPOSED], luck, runner=in_processes(jobs), shelf=shelf)
    return Proposal(yours=search.yours, proposed=search.best, tried=search.tried, asked=candidates, judged=judged)


class _Search:
    """The best numbers so far, and what they came to with each seed."""

    def __init__(self, part: Past, yours: Numbers, seeds: int, keep: Path | None) -> None:
        self._part, self._keep, self._seeds = part, keep, seeds
        self.yours = self.best = yours
        self._least: list[Came] = []
        self._urgent: list[Came] = []
        self.tried = 0

    def begin(self, each: Map) -> None:
        """Replay the policy's own numbers."""
        self._least = self._urgent = self._replays(each, [self.yours] * self._seeds, list(range(self._seeds)))

    def go_on(self, each: Map, draw: np.random.Generator, count: int) -> None:
        """Draw a round around the best and around the policy's own numbers, and keep the best."""
        drawn = [self._draw(draw, self.tried + place) for place in range(count)]
        first = self._replays(each, drawn, [0] * count)
        hopeful = [(numbers, one) for numbers, one in zip(drawn, first, strict=True) if self._better([one])]
        others = range(1, self._seeds)
        rest = self._replays(each, [one for one, _ in hopeful for _ in others], [*others] * len(hopeful))
        for place, (numbers, one) in enumerate(hopeful):
            found = [one, *rest[place * len(others) : (place + 1) * len(others)]]
            if self._better(found):
                self.best, self._least = numbers, found
        self.tried += count

    def _better(self, found: Sequence[Came]) -> bool:
        """Whether less value is late than under the best, and no fewer urgent tickets in target than under yours."""
        late, urgent = np.mean(found, axis=0)
        seeds = slice(len(found))
        return late < np.mean(self._least[seeds], axis=0)[0] and urgent >= np.mean(self._urgent[seeds], axis=0)[1]

    def _draw(self, draw: np.random.Generator, place: int) -> Numbers:
        around = self.best if place % 2 else self.yours
        some = (near(around, draw, far=place % 3 == 0) for _ in range(_ATTEMPTS))
        return next((numbers for numbers in some if numbers.holds(self._part.base)), self.yours)

    def _replays(self, each: Map, numbers: Sequence[Numbers], seeds: Sequence[int]) -> list[Came]:
        size = len(numbers)
        return list(each(_replay, [self._part] * size, numbers, seeds, [self._keep] * size))


def _replay(part: Past, numbers: Numbers, seed: int, keep: Path | None) -> Came:
    """One replay's late value, and its P0 and P1 in target; a part without any has them all in target."""
    setting = replace(part, views={PROPOSED: numbers.see(part.base)})
    shelf = Shelf(keep, setting) if keep else None
    found = shelf.get(PROPOSED, seed) if shelf else None
    if found is None:
        found = run(setting, PROPOSED, seed)
        if shelf:
            shelf.put(PROPOSED, seed, found)
    values = found.values(np.ones((1, found.above.shape[0])))
    return float(values[MEASURE, "all"][0]), float(np.nan_to_num(values[GUARD, "all"][0], nan=1.0))


@contextmanager
def _processes(jobs: int) -> Generator[Map]:
    """Map a function in so many processes, which leave an interruption to this one."""
    if jobs == 1:
        yield map
        return
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    deaf = (signal.SIGINT, signal.SIG_IGN)
    pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=signal.signal, initargs=deaf)
    try:
        yield pool.map
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
