"""Facts that change while a ticket waits for its first answer, at any moment, for many tickets and moments at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from tidegate.backtesting.others import FACTS as OTHERS
from tidegate.backtesting.others import Others
from tidegate.enrich.accounts import account_ids, match_accounts
from tidegate.enrich.calendar import SECOND, calendars
from tidegate.enrich.incidents import incident_facts
from tidegate.policy.targets import target_table
from tidegate.tables.facts import FACTS
from tidegate.tables.words import LEVELS, TIME

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tidegate.policy.model import Policy

    Column = NDArray[np.float64]
    Rows = NDArray[np.int64]
    Micros = NDArray[np.int64]

INCIDENT: Final = frozenset({"open_incidents", "incident_id", "incident_title"})
"""Facts that incidents give."""

MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
_FAR: Final = 2.0**60  # microseconds: beyond any moment of a replay, and still whole


class Moving:
    """The moving facts of tickets that wait for their first answer.

    Parameters
    ----------
    live
        n tickets as they were opened.
    facts
        Their facts, in which everything that moves is put anew; with ``target_row`` and ``level``.
    policy
        Calendars and targets.
    accounts, incidents
        Where renewals and incidents come from; None where nothing is known.
    history
        All tickets, these among them.
    """

    def __init__(
        self,
        live: pl.DataFrame,
        facts: pl.DataFrame,
        policy: Policy,
        *,
        accounts: pl.DataFrame | None,
        incidents: pl.DataFrame | None,
        history: pl.DataFrame,
    ) -> None:
        self._live, self._facts, self._incidents = live, facts, incidents
        self.created: Micros = live["created_at"].dt.timestamp("us").to_numpy()
        known = calendars(policy)
        self._calendars = [known[level] for level in LEVELS]
        self.minutes = target_table(policy).minutes[facts["target_row"].to_numpy()]
        self._level = facts["level"].to_physical().to_numpy().astype(np.intp)
        self._target = self.minutes[np.arange(live.height), self._level]
        self._account = live["account_id"]
        self._renewal = np.full(live.height, np.nan)
        if accounts is not None:
            matches = match_accounts(live, accounts)
            self._account = account_ids(live, accounts, matches)
            renewal = accounts["renewal_at"].cast(TIME)[matches.row]
            self._renewal = renewal.dt.timestamp("us").cast(float).fill_null(np.nan).to_numpy()
        self._due = self._reached(self._target, 0)
        self._others = {name: self._counting(name, history, accounts) for name in OTHERS if name in facts.columns}

    def _counting(self, fact: str, history: pl.DataFrame, accounts: pl.DataFrame | None) -> Others:
        past = history["created_at"].dt.timestamp("us").to_numpy()
        if fact.startswith("requester"):
            asks = pl.coalesce("requester_id", "requester_email").alias("key")
            return Others(self.created, self._live.select(asks)["key"], past, history.select(asks)["key"])
        of_past = history["account_id"]
        if accounts is not None:
            of_past = account_ids(history, accounts, match_accounts(history, accounts))
        return Others(self.created, self._account, past, of_past)

    def other_steps(self, fact: str) -> tuple[Rows, Micros]:
        """Tickets and the moments after their opening at which the count of their customer's others changes."""
        return self._others[fact].steps()

    def later(self, moments: Micros) -> tuple[Rows, Micros]:
        """Tickets for which a moment, one a ticket, lies after their opening, and the moment."""
        rows = np.flatnonzero(moments > self.created)
        return rows, moments[rows]

    def crossings(self, fact: str, value: Column) -> list[Micros]:
        """Moments around that at which a growing fact comes to a value, one a ticket; -1 for never.

        The fact has the value at one of three microseconds that follow one another on its clock; which of them turns a
        comparison, its own arithmetic must say.
        """
        return [self._crossing(fact, value, one) for one in (-1, 0, 1)]

    def _crossing(self, fact: str, value: Column, after: int) -> Micros:
        if fact == "age_hours":
            return _whole(self.created + value * HOUR + after)
        if fact == "days_to_renewal":
            return _whole(self._renewal - value * DAY + after)
        if fact == "minutes_left":
            return self._reached(self._target - value, after)
        return self._reached(value, after, LEVELS.index(fact.removeprefix("age_").upper()))

    def _reached(self, minutes: Column, after: int, level: int | None = None) -> Micros:
        """When so many minutes have passed on the clock of a level, or of each ticket's likeliest one."""
        amount = _whole(minutes * MINUTE + after)
        found = np.full(amount.size, -1, dtype=np.int64)
        for place, calendar in enumerate(self._calendars):
            rows = np.flatnonzero((amount >= 0) & ((self._level == place) if level is None else (place == level)))
            found[rows] = calendar.due(self.created[rows], amount[rows])
        return found

    def incident_steps(self) -> tuple[Rows, Micros]:
        """Tickets and the moments after they were opened at which an incident that touches them begins or ends."""
        if self._incidents is None:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
        product = _folded(self._live["product"])
        rows, moments = [], []
        for named, account, *edges in self._incidents.select(
            _fold("product"), "account_id", "started_at", "resolved_at"
        ).iter_rows():
            touched = pl.Series([True]).new_from_index(0, self._live.height)
            if named is not None:
                touched &= (product == named).fill_null(value=False)
            if account is not None:
                touched &= (self._account == account).fill_null(value=False)
            hit = touched.arg_true().to_numpy().astype(np.int64)
            for edge in edges:
                if edge is not None:
                    moment = int(pl.Series([edge]).cast(TIME).to_physical()[0])
                    later = hit[self.created[hit] < moment]
                    rows.append(later)
                    moments.append(np.full(later.size, moment))
        none = np.empty(0, dtype=np.int64)
        return np.concatenate([none, *rows]), np.concatenate([none, *moments])

    def at(self, rows: Rows, moments: Micros) -> pl.DataFrame:
        """Facts of some tickets, each at a moment of its own."""
        facts = self._facts[rows]
        elapsed: dict[int, Micros] = {}
        for calendar in self._calendars:
            if id(calendar) not in elapsed:
                elapsed[id(calendar)] = calendar.elapsed(self.created[rows], moments)
        ages = [elapsed[id(calendar)] / MINUTE for calendar in self._calendars]
        own = np.column_stack(ages)[np.arange(rows.size), self._level[rows]]
        due = self._due[rows]
        columns = {
            **{f"age_{level.lower()}": age for level, age in zip(LEVELS, ages, strict=True)},
            "minutes_left": self._target[rows] - own,
            "age_hours": np.maximum((moments - self.created[rows]) / HOUR, 0.0),
            "days_to_renewal": pl.Series((self._renewal[rows] - moments) / DAY).fill_nan(None),
            "due_at": pl.Series(due).cast(TIME),
            "breached_since": pl.Series(np.where(due <= moments, due, -1)).replace(-1, None).cast(TIME),
        }
        columns |= {name: pl.Series(of.at(rows, moments), dtype=pl.Int32) for name, of in self._others.items()}
        shown = {name: column for name, column in columns.items() if name in facts.columns}
        return facts.with_columns(
            **{name: pl.Series(column) for name, column in shown.items()}, **self._touched(rows, moments)
        )

    def _touched(self, rows: Rows, moments: Micros) -> dict[str, pl.Series]:
        """Open incidents of some tickets; between two edges of any incident, nothing about them changes."""
        wanted = [name for name in sorted(INCIDENT) if name in self._facts.columns]
        if self._incidents is None or not wanted:
            return {}
        edges = pl.concat([self._incidents["started_at"], self._incidents["resolved_at"]]).drop_nulls().unique().sort()
        span = np.searchsorted(edges.cast(TIME).to_physical().to_numpy(), moments, side="right")
        order = np.argsort(span, kind="stable")
        parts = []
        for part in np.split(order, np.flatnonzero(np.diff(span[order])) + 1):
            if not part.size:
                continue
            place = span[part[0]]
            if place == 0:
                parts.append(
                    pl.DataFrame(
                        {name: [FACTS[name].missing] * part.size for name in wanted},
                        schema={name: FACTS[name].dtype for name in wanted},
                    )
                )
                continue
            mine = rows[part]
            found = incident_facts(
                self._live[mine], self._incidents, edges[int(place) - 1], account_id=self._account[mine]
            )
            parts.append(found.select(pl.col(name).cast(FACTS[name].dtype) for name in wanted))
        found = pl.concat(parts)[np.argsort(order)]
        missing = {name: FACTS[name].missing for name in wanted}
        return {n: found[n] if missing[n] is None else found[n].fill_null(missing[n]) for n in wanted}


def _whole(micros: Column) -> Micros:
    kept = np.isfinite(micros) & (micros >= 0) & (micros < _FAR)
    return np.where(kept, np.rint(np.where(kept, micros, 0.0)), -1.0).astype(np.int64)


def _fold(column: str) -> pl.Expr:
    return pl.col(column).str.strip_chars().str.to_lowercase()


def _folded(column: pl.Series) -> pl.Series:
    return column.to_frame("name").select(_fold("name"))["name"]
