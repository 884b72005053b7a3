"""From what was asked on the command line to a finished backtest."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from tidegate.backtesting.made_up import IMPUTED, MadeUp
from tidegate.backtesting.past import Past, past
from tidegate.backtesting.team import CAPACITY
from tidegate.cli import support
from tidegate.ingest import read_accounts, read_agents, read_incidents, read_messages, read_tickets
from tidegate.policy import load as load_policy
from tidegate.simulate.backtest import Backtest, backtest, in_processes
from tidegate.simulate.bound import check, value_delay_bound
from tidegate.simulate.policies import NAMES
from tidegate.simulate.synthetic import FOLLOW_UPS, Desk
from tidegate.simulate.trial import Shelf
from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    import polars as pl

    from tidegate.policy.model import Policy
    from tidegate.simulate.backtest import Runner

_MADE_UP_AGENTS: Final = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The options of the verb that say where a backtest takes place; see `tidegate backtest --help`."""

    history: tuple[Path, ...]
    synthetic: float | None
    policies: tuple[str, ...]
    agents: str | None
    targets: str
    accounts: Path | None
    messages: Path | None
    load: float
    follow_ups: float | None
    error: float
    days: int
    timezone: str | None
    incidents: Path | None = None
    at_once: str = "1"


def run(
    asked: Asked, *, seeds: int, jobs: int, cluster: str | None, keep: Path | None, bound: bool = False
) -> Backtest:
    """Prepare the setting and replay every policy with every seed; bound the finished ones from below if asked."""
    where, imputed = setting(asked)
    if bound:
        check(where.stage("fifo", 0))  # before hours of replays

    def replayed(here: MadeUp | Past, words: str) -> Backtest:
        shelf = Shelf(keep, here) if keep else None
        with support.progress(words) as progress:
            return backtest(
                here, asked.policies, range(seeds), imputed=imputed, runner=runner, shelf=shelf, progress=progress
            )

    with _runner(jobs, cluster) as runner:
        found = replayed(where, "replaying")
        if asked.messages and where.follow_ups.per_day and not found.missing:
            quiet = replace(where, follow_ups=replace(where.follow_ups, per_day=0.0))
            found = replace(found, without=replayed(quiet, "replaying without follow-ups"))
    if not bound:
        return found
    with support.progress("bounding") as progress:
        return replace(found, bound=value_delay_bound(where, found.seeds, progress=progress))


def _runner(jobs: int, cluster: str | None) -> AbstractContextManager[Runner]:
    if cluster is None:
        return nullcontext(in_processes(jobs))
    from tidegate.simulate.cluster import on_cluster

    return on_cluster(cluster)


def setting(asked: Asked) -> tuple[MadeUp | Past, Sequence[str]]:
    """Prepare where the replays take place, and say what is imputed."""
    base, files = load_policy(asked.targets), _files(asked.policies)
    if (asked.synthetic is None) == (not asked.history):
        raise InputError("name either a history or --synthetic and a load, and not both")
    if asked.synthetic is None:
        return read_history(
            asked.history,
            base=base,
            files=files,
            agents=asked.agents,
            accounts=asked.accounts,
            incidents=asked.incidents,
            at_once=_at_once(asked.at_once),
            load=asked.load,
            messages=asked.messages,
            follow_ups=asked.follow_ups,
            timezone=asked.timezone,
        )
    if asked.agents is not None and not asked.agents.isdigit():
        raise InputError("a made-up desk needs a number of agents", column="--agents", value=asked.agents)
    agents, at_once = int(asked.agents) if asked.agents else _MADE_UP_AGENTS, _at_once(asked.at_once)
    if at_once == CAPACITY:
        raise InputError("a made-up desk has no capacities", column="--at-once", expected="1 or more")
    desk = Desk(agents=agents, days=asked.days, load=asked.synthetic, error=asked.error)
    rate = FOLLOW_UPS.per_day if asked.follow_ups is None else asked.follow_ups
    made_up = MadeUp(desk=desk, base=base, files=files, follow_ups=replace(FOLLOW_UPS, per_day=rate), at_once=at_once)
    return made_up, IMPUTED


def read_history(
    history: Sequence[Path],
    *,
    base: Policy,
    files: dict[str, Policy],
    agents: str | None,
    accounts: Path | None,
    load: float,
    messages: Path | None,
    follow_ups: float | None,
    timezone: str | None,
    incidents: Path | None = None,
    at_once: int = 1,
) -> tuple[Past, tuple[str, ...]]:
    """Read the files of a history and make it ready; see `past.past`."""
    if agents is None:
        raise InputError("how many agents worked?", column="--agents", expected="a number, or a file of agents")
    with support.progress("reading") as progress:
        tickets = read_tickets(
            [str(file) for file in history], now=support.parse_now(None), timezone=timezone, progress=progress
        )
    if tickets.rejected.height:
        support.say(f"tickets: {tickets.rejected.height} of {tickets.read} rows were rejected; `tidegate map` says why")
    return past(
        tickets.table,
        base=base,
        files=files,
        agents=int(agents) if agents.isdigit() else read_agents(agents).table,
        accounts=read_accounts(accounts, timezone=timezone).table if accounts else None,
        incidents=read_incidents(incidents, timezone=timezone).table if incidents else None,
        messages=_messages(messages, timezone) if messages and follow_ups is None else None,
        load=load,
        follow_ups=follow_ups,
        at_once=at_once,
    )


def _at_once(text: str) -> int:
    """Read how many tickets agents work on at once."""
    if text == "capacity":
        return CAPACITY
    if not text.isdigit() or int(text) < 1:
        raise InputError("not a number of tickets", column="--at-once", value=text, expected="1 or more, or capacity")
    return int(text)


def _messages(file: Path, timezone: str | None) -> pl.DataFrame:
    with support.progress("reading messages") as progress:
        return read_messages(str(file), timezone=timezone, progress=progress).table


def _files(policies: Sequence[str]) -> dict[str, Policy]:
    """Load every policy that is not one of the built-in names."""
    return {name: load_policy(name) for name in policies if name.partition("+aged")[0] not in NAMES}
