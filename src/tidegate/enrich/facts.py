"""The wide table: everything that is known about each ticket, a row a ticket, as `tables.facts` lists it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from tidegate.enrich.accounts import account_facts, account_ids, match_accounts
from tidegate.enrich.clocks import clocks as read_clocks
from tidegate.enrich.history import history_facts
from tidegate.enrich.incidents import incident_facts
from tidegate.tables.errors import InputError
from tidegate.tables.facts import FACTS
from tidegate.tables.words import LEVEL, LEVELS, TIME

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from tidegate.policy.model import Policy
    from tidegate.tables.facts import Fact

_OF: Final = {
    source: frozenset(name for name, fact in FACTS.items() if fact.source == source)
    for source in ("account", "incident", "history", "clock")
}
_DUE: Final = frozenset({"minutes_left", "due_at", "breached_since"})
_STAND_IN: Final = {"affected_users": "read_users", "language": "read_language"}
"""What the text says, where the ticket's own column is empty."""
_USED: Final = frozenset({*FACTS, *_STAND_IN.values(), "target_row"})
_POSTERIOR: Final = tuple(f"level_{level.lower()}" for level in LEVELS)


def facts(
    tickets: pl.DataFrame,
    *,
    policy: Policy,
    now: datetime,
    accounts: pl.DataFrame | None = None,
    incidents: pl.DataFrame | None = None,
    readings: pl.DataFrame | None = None,
    clocks: pl.DataFrame | None = None,
    events: pl.DataFrame | None = None,
    messages: pl.DataFrame | None = None,
    history: pl.DataFrame | None = None,
    needs: AbstractSet[str] | None = None,
) -> pl.DataFrame:
    """Build the table of facts.

    Parameters
    ----------
    tickets
        As `tables.Tickets`.
    policy, now
        Calendars and targets, and the moment of asking.
    accounts, incidents
        As `tables.Accounts` and `tables.Incidents`; without them their facts take the registry's defaults.
    readings, clocks
        As `tables.Readings` (or `tables.Levels`) and `tables.Clocks`, for the same tickets in any order. Clocks that
        are not given are read here.
    events, messages
        As `tables.Events` and `tables.Messages`; only clocks that are read here use them.
    history
        All tickets of the file, closed ones included; these tickets alone where it is not given.
    needs
        Names of the facts that are wanted; None is all of them. Nothing is built that is not wanted.

    Returns
    -------
    DataFrame
        The wanted columns, in the order and with the types and defaults of `tables.facts.FACTS`. Where any fact of the
        clocks is wanted, also ``target_row``, which ranking reads and no rule may name.

    Raises
    ------
    InputError
        If a name in `needs` is not a fact, or readings or clocks lack one of the tickets.
    """
    wanted = _wanted(needs)
    account, account_id = _account(tickets, accounts, now, wanted)
    read = None if readings is None else _aligned(readings, tickets, "readings")
    parts = [tickets.select(*tickets.columns, *_derived(now, wanted)), account, read]
    if wanted & _OF["clock"]:
        if clocks is None:
            level = likeliest(read) if read is not None and wanted & _DUE else None
            tier = None if account is None else account["tier"]
            clocks = read_clocks(tickets, policy, now, tier=tier, level=level, events=events, messages=messages)
        parts.append(_aligned(clocks, tickets, "clocks"))
    if incidents is not None and wanted & _OF["incident"]:
        parts.append(incident_facts(tickets, incidents, now, account_id=account_id))
    if wanted & _OF["history"]:
        past = tickets if history is None else history
        past_id = account_id if history is None else _account_ids(history, accounts)
        parts.append(history_facts(tickets, past, now, account_id=(account_id, past_id)))
    return _wide([part for part in parts if part is not None], wanted)


def likeliest(levels: pl.DataFrame) -> pl.Series:
    """Name the likeliest level of each row of a posterior; of equal ones the more urgent."""
    best = pl.max_horizontal(*_POSTERIOR)
    chosen = pl.when(pl.col(_POSTERIOR[0]) == best).then(pl.lit(LEVELS[0], LEVEL))
    for level, column in zip(LEVELS[1:], _POSTERIOR[1:], strict=True):
        chosen = chosen.when(pl.col(column) == best).then(pl.lit(level, LEVEL))
    return levels.lazy().select(level=chosen).collect()["level"]


def _wanted(needs: AbstractSet[str] | None) -> set[str]:
    if needs is None:
        return set(FACTS)
    if unknown := sorted(needs - FACTS.keys()):
        raise InputError(f"not a fact: {', '.join(unknown)}", expected=f"some of {', '.join(FACTS)}")
    return set(needs)


def _account(
    tickets: pl.DataFrame, accounts: pl.DataFrame | None, now: datetime, wanted: set[str]
) -> tuple[pl.DataFrame | None, pl.Series]:
    """Find what is known about each ticket's account, and the account's key."""
    if accounts is None or not wanted & (_OF["account"] | _OF["incident"] | _OF["history"] | _OF["clock"]):
        return None, tickets["account_id"]
    matches = match_accounts(tickets, accounts)
    return account_facts(accounts, matches, now), account_ids(tickets, accounts, matches)


def _account_ids(tickets: pl.DataFrame, accounts: pl.DataFrame | None) -> pl.Series:
    if accounts is None:
        return tickets["account_id"]
    return account_ids(tickets, accounts, match_accounts(tickets, accounts))


def _derived(now: datetime, wanted: set[str]) -> list[pl.Expr]:
    derived = {
        "text": pl.concat_str(pl.col("subject").fill_null(""), pl.col("body").fill_null(""), separator="\n"),
        "age_hours": ((pl.lit(now, TIME) - pl.col("created_at")).dt.total_microseconds() / 3_600_000_000).clip(0),
    }
    return [value.alias(name) for name, value in derived.items() if name in wanted]


def _aligned(table: pl.DataFrame, tickets: pl.DataFrame, name: str) -> pl.DataFrame:
    """Bring the rows of a table that has a row a ticket into the order of the tickets."""
    if table["ticket_id"].equals(tickets["ticket_id"]):
        return table
    order = tickets.select("ticket_id").join(
        table.select("ticket_id").with_row_index("row"), on="ticket_id", how="left", maintain_order="left"
    )
    if lacking := order["row"].null_count():
        first = order.filter(pl.col("row").is_null())["ticket_id"][0]
        raise InputError(f"the {name} lack {lacking} of the tickets", value=first, expected="one row a ticket")
    return table[order["row"]]


def _wide(parts: list[pl.DataFrame], wanted: set[str]) -> pl.DataFrame:
    """Lay the parts side by side, earlier ones first where a name occurs twice, and fill in what is not known."""
    columns: dict[str, pl.Series] = {}
    for part in parts:
        columns = {name: part[name] for name in part.columns if name in _USED} | columns
    if "level" in wanted and set(_POSTERIOR) <= columns.keys():
        columns["level"] = likeliest(pl.DataFrame([columns[name] for name in _POSTERIOR]))
    known = pl.DataFrame(columns)
    shown = [_filled(fact, columns.keys()) for fact in FACTS.values() if fact.name in wanted]
    if wanted & _OF["clock"]:
        shown.append(pl.col("target_row"))
    return known.lazy().select(shown).collect()


def _filled(fact: Fact, known: AbstractSet[str]) -> pl.Expr:
    names = [name for name in (fact.name, _STAND_IN.get(fact.name)) if name in known]
    value = pl.coalesce(*names) if names else pl.lit(None)
    missing = pl.lit(fact.missing, fact.dtype)
    value = value.cast(fact.dtype)
    return (value if fact.missing is None else value.fill_null(missing)).alias(fact.name)


__all__ = ["facts", "likeliest"]
