"""The way in for programs: tables and policies in, estimates and their differences out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tidegate.backtesting.past import past
from tidegate.simulate.backtest import Backtest, backtest, in_processes
from tidegate.simulate.policies import NAMES
from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import polars as pl

    from tidegate.policy.model import Policy


def compare(
    tickets: pl.DataFrame,
    policies: Mapping[str, Policy],
    *,
    agents: pl.DataFrame | int,
    accounts: pl.DataFrame | None = None,
    incidents: pl.DataFrame | None = None,
    messages: pl.DataFrame | None = None,
    judge: Policy | None = None,
    also: Sequence[str] = (),
    seeds: int = 3,
    load: float = 0.9,
    follow_ups: float | None = None,
    at_once: int = 1,
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Backtest:
    """Replay a history under several policies.

    Parameters
    ----------
    tickets
        Valid by `tables.Tickets`, solved ones included, in any order.
    policies
        Policies by the names that the result calls them; differences are from the first.
    agents
        Valid by `tables.Agents`, or how many work through the opening hours of `judge`.
    accounts
        Valid by `tables.Accounts`; without them every value is what a policy makes of a ticket alone.
    incidents
        Valid by `tables.Incidents`: rules and values see those that were open at each moment.
    messages
        Valid by `tables.Messages`: how often customers who wait write again is estimated from them.
    judge
        Policy whose targets, calendar and values all are judged by; None is the first of `policies`.
    also
        Built-in policies to replay besides, such as ``fifo`` and ``history``; see `simulate.policies.NAMES`.
    seeds
        Replays of each policy, each with its own luck in what is imputed.
    load
        Load that imputed handling times give the team over the history's span.
    follow_ups
        Messages a day of a customer who has waited long, whatever the messages say; None without messages is 0.
    at_once
        Tickets that each agent works on at a time, sharing the time evenly among them; 0 takes each agent's capacity.
    jobs
        Processes to replay in; 1 is the calling thread.
    progress
        Told ``(done, total)`` after every replay.
    stop
        Asked after every replay whether to stop; a replay that has begun is finished.

    Returns
    -------
    Backtest
        `results`, `differences`, `imputed`; `estimate` and `difference` look one up. After a stop over the seeds that
        every policy had finished, the others in `missing`. The same arguments give the same result.

    Raises
    ------
    InputError
        If there is no policy, a name is a built-in one, or too few tickets are left to replay.
    StoppedError
        If `stop` said so before every policy had finished a first seed.
    """
    if taken := sorted(set(policies) & set(NAMES)):
        raise InputError("the name of a built-in policy", column="policies", value=taken[0], mend="name it otherwise")
    if not policies:
        raise InputError("a comparison needs a policy", column="policies")
    setting, imputed = past(
        tickets,
        base=judge or next(iter(policies.values())),
        files=policies,
        agents=agents,
        accounts=accounts,
        incidents=incidents,
        messages=messages,
        load=load,
        follow_ups=follow_ups,
        at_once=at_once,
    )
    names = (*policies, *also)
    runner = in_processes(jobs)
    return backtest(setting, names, range(seeds), imputed=imputed, runner=runner, progress=progress, stop=stop)
