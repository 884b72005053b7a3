"""What happens to a ticket after it was opened, step by step, for all tickets of a block at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tidegate.demo.draw import LOUD, Draws, group_of
from tidegate.demo.rhythm import DAY, HOUR, MINUTE, SECOND
from tidegate.demo.scale import CHANNELS, INTENT_NAMES, LANGUAGES
from tidegate.demo.texts.bank import bank

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tidegate.demo.ledger import Ledger
    from tidegate.demo.plan import Plan

    Rows = NDArray[np.intp]
    Times = NDArray[np.int64]

_FIRST: Final = np.array((5.0, 20.0, 95.0, 210.0))
"""Median minutes to the first response by filed level, when the team is not behind."""
_NEXT: Final = np.array((12.0, 45.0, 130.0, 240.0))
_WAITS: Final = np.array((0.0, 0.02, 0.35, 1.0))
"""Share of the team's delay that a filed level feels: urgent ones are taken first."""
_INTERNAL: Final = np.array((0.3, 0.25, 0.15, 0.08))
_STALE: Final = 5 * DAY
"""A customer who does not answer for so long finds the ticket solved."""
_CLOSES: Final = 4 * DAY
_SOLVED: Final = tuple(f"intents/{intent}/solved" for intent in INTENT_NAMES)


@dataclass(slots=True)
class Story:
    """Writes the history of one block into its ledger, each method one kind of step."""

    plan: Plan
    draws: Draws
    ledger: Ledger
    rng: np.random.Generator

    def tell(self) -> None:
        """Write everything that happens, in order of time for each ticket."""
        draws = self.draws
        everyone = np.arange(len(draws.created))
        answered = self._answer_time(draws.created, draws.given, _FIRST)
        self._acknowledge(everyone[draws.channel != CHANNELS.index("phone")])
        rest = self._merge(answered)
        self._nudge(answered, rest)
        self._before_answer(answered, rest)
        at = self._rounds(rest, answered[rest])
        self._after(rest, at)

    def _luck(self, many: int, chance: float | NDArray[np.floating]) -> NDArray[np.bool_]:
        return self.rng.random(many) < chance

    def _minutes(self, many: int, median: float | NDArray[np.float64], spread: float) -> NDArray[np.float64]:
        return median * np.exp(spread * self.rng.standard_normal(many))

    def _later(self, at: Times, minutes: NDArray[np.float64]) -> Times:
        """So many minutes later by the wall clock, to the second, at least one second."""
        return at + np.maximum((minutes * 60).astype(np.int64), 1) * SECOND

    def _answer_time(self, at: Times, level: Rows, median: NDArray[np.float64]) -> Times:
        """When an agent answers something that came at `at`: P0 around the clock, others by staffing and backlog."""
        own = self._minutes(len(at), median[level], 0.8)
        behind = np.interp(at, self.plan.time.edges, self.plan.behind) * _WAITS[level]
        worked = self.plan.time.work(at, own + behind * (0.6 + 0.8 * self.rng.random(len(at))))
        return np.where(level == 0, self._later(at, own), np.maximum(worked, at + SECOND))

    def _bodies(self, rows: Rows, name: str) -> Rows:
        """Pick a sentence of one pool for each row, in the ticket's language."""
        table = bank(self.plan.languages).table(LANGUAGES, (name,))[self.draws.language[rows], 0]
        return table[:, 0] + (self.rng.random(len(rows)) * table[:, 1]).astype(np.intp)

    def _solutions(self, rows: Rows) -> Rows:
        table = bank(self.plan.languages).table(LANGUAGES, _SOLVED)[self.draws.language[rows], self.draws.intent[rows]]
        return table[:, 0] + (self.rng.random(len(rows)) * table[:, 1]).astype(np.intp)

    def _person(self, rows: Rows, group: Rows) -> Rows:
        able = self.plan.team.able
        return able[group, self.draws.language[rows], self.rng.integers(0, able.shape[2], len(rows))]

    def _acknowledge(self, rows: Rows) -> None:
        rows = rows[self._luck(len(rows), 0.7)]
        at = self.draws.created[rows] + (5 + self.rng.integers(0, 50, len(rows))) * SECOND
        self.ledger.write(rows, at, "bot", self._bodies(rows, "agent/auto"))

    def _merge(self, answered: Times) -> Rows:
        """Merge some tickets of an incident into its first one before anybody answers; gives the others."""
        draws = self.draws
        many = len(draws.created)
        causes, first = np.unique(draws.cause, return_index=True)
        target = first[np.searchsorted(causes, draws.cause)]
        is_merged = (draws.cause >= 0) & (target != np.arange(many)) & self._luck(many, 0.22)
        rows = np.flatnonzero(is_merged)
        at = np.maximum(answered[rows] - SECOND, draws.created[rows] + MINUTE)
        self.ledger.assign(rows, at - SECOND, self._person(rows, group_of(draws.filed[rows])))
        self.ledger.write(rows, at, "agent", self._bodies(rows, "agent/merged"), public=False)
        self.ledger.merge(rows, at, target[rows])
        return np.flatnonzero(~is_merged)

    def _nudge(self, answered: Times, rest: Rows) -> None:
        """Let impatient customers write again while nobody has answered; the angrier, the sooner."""
        draws = self.draws
        at = draws.created[rest]
        for _ in range(2):
            patience = 20 * HOUR * (1.15 - draws.frustration[rest]) * (0.4 + 0.3 * draws.level[rest])
            at = at + HOUR + (patience * self.rng.exponential(1.0, len(rest))).astype(np.int64) // SECOND * SECOND
            writes = at < answered[rest] - MINUTE
            rest, at = rest[writes], at[writes]
            self.ledger.write(rest, at, "requester", self._bodies(rest, "requester/nudge"))

    def _before_answer(self, answered: Times, rest: Rows) -> None:
        """Assign, transfer what was filed wrongly, correct the level, escalate; then the ticket is open."""
        draws, ledger = self.draws, self.ledger
        begin, room = draws.created[rest], (answered - draws.created)[rest]
        steps = np.sort(self.rng.random((len(rest), 4)), axis=1)
        at = [begin + (room * steps[:, place]).astype(np.int64) // SECOND * SECOND for place in range(4)]
        group = group_of(draws.filed[rest])
        ledger.assign(rest, at[0], self._person(rest, group))
        ledger.move(rest, at[0], "open")
        right = group_of(draws.intent[rest])
        moved = (right != group) | self._luck(len(rest), 0.06)
        to = np.where(right != group, right, (group + 2) % 5)[moved]
        ledger.assign(rest[moved], at[1][moved], self._person(rest[moved], to), group=to)
        seen = self._luck(len(rest), 0.45)
        ledger.relevel(rest[seen], at[2][seen], draws.level[rest[seen]])
        angry = self._luck(
            len(rest), np.where(draws.frustration[rest] > LOUD, 0.10, 0.01) + 0.06 * (draws.level[rest] == 0)
        )
        ledger.escalate(rest[angry], at[3][angry])

    def _rounds(self, rest: Rows, at: Times) -> Times:
        """Answer, wait for the customer or for somebody inside, answer again, until the last answer solves it."""
        ended = at.copy()
        active = np.arange(len(rest))
        for turn in range(1, int(self.draws.rounds[rest].max(initial=1)) + 1):
            last = self.draws.rounds[rest[active]] == turn
            self._solve(rest[active[last]], at[active[last]])
            ended[active[last]] = at[active[last]]
            active = active[~last]
            stale = self._ask(rest, at, active, ended)
            active = active[~stale]
        return ended

    def _ask(self, rest: Rows, at: Times, active: Rows, ended: Times) -> NDArray[np.bool_]:
        """One question to the customer or to somebody inside; sets when the next answer comes.

        Gives which of `active` never heard back, so that the ticket was solved for want of an answer.
        """
        rows, ledger = rest[active], self.ledger
        inside = self._luck(len(rows), _INTERNAL[self.draws.level[rows]])
        self._hold(rows[inside], at[active[inside]])
        pool = self._bodies(rows, "agent/question")
        ledger.write(rows[~inside], at[active[~inside]], "agent", pool[~inside])
        ledger.move(rows[~inside], at[active[~inside]], "waiting", "waiting_customer")
        stale = ~inside & self._luck(len(rows), 0.1)
        gone = active[stale]
        ended[gone] = at[gone] + _STALE
        ledger.move(rest[gone], ended[gone], "solved", actor="system")
        back = self._later(at[active], self._minutes(len(rows), np.where(inside, 900.0, 260.0), 1.2))
        asked = ~inside & ~stale
        ledger.write(rows[asked], back[asked], "requester", self._bodies(rows[asked], "requester/more"))
        ledger.move(rows[asked], back[asked], "open", actor="requester")
        ledger.move(rows[inside], back[inside], "open", actor="system")
        at[active] = self._answer_time(back, self.ledger.level[rows], _NEXT)
        return stale

    def _hold(self, rows: Rows, at: Times) -> None:
        self.ledger.write(rows, at, "agent", self._bodies(rows, "agent/progress"))
        self.ledger.move(rows, at, "hold", "waiting_internal")
        self.ledger.note(rows, at, self._bodies(rows, "agent/note"))

    def _solve(self, rows: Rows, at: Times) -> None:
        own = self._luck(len(rows), 0.8)
        bodies = np.where(own, self._solutions(rows), self._bodies(rows, "agent/solved"))
        self.ledger.write(rows, at, "agent", bodies)
        self.ledger.move(rows, at, "solved")

    def _after(self, rest: Rows, at: Times) -> None:
        """After it was solved: thanks, reopening, satisfaction, closing."""
        many, draws = len(rest), self.draws
        back = self._later(at, self._minutes(many, 700.0, 1.0))
        again = self._luck(many, 0.06 + 0.06 * (draws.level[rest] <= 1)) & (back < at + _CLOSES)
        rows, when = rest[again], back[again]
        self.ledger.move(rows, when, "open", "reopened", "requester")
        self.ledger.write(rows, when, "requester", self._bodies(rows, "requester/reopen"))
        at = at.copy()
        at[again] = self._answer_time(when, self.ledger.level[rows], _NEXT)
        self._solve(rows, at[again])
        thanks = self._luck(many, 0.15) & ~again & (back < at + _CLOSES)
        self.ledger.write(rest[thanks], back[thanks], "requester", self._bodies(rest[thanks], "requester/thanks"))
        self._rate(rest, at, again)
        self.ledger.move(rest, at + _CLOSES, "closed", actor="system")

    def _rate(self, rest: Rows, at: Times, again: NDArray[np.bool_]) -> None:
        draws = self.draws
        rated = self._luck(len(rest), 0.22)
        rows = rest[rated]
        waited = np.log2(1 + np.maximum(at[rated] - draws.created[rows], 0) / DAY)
        liking = 4.3 - 2.2 * draws.frustration[rows] - 0.35 * waited - 1.2 * again[rated]
        quarters = np.clip(np.round(liking + 0.7 * self.rng.standard_normal(len(rows))), 0, 4).astype(np.intp)
        delay = np.minimum((self.rng.exponential(300.0, len(rows)) * MINUTE).astype(np.int64), 3 * DAY)
        self.ledger.score(rows, at[rated] + delay // SECOND * SECOND, quarters)
