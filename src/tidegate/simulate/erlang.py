"""The formulas of call centres, shown beside a simulated staffing because people know them.

Both mislead here: they know one kind of ticket, first come, steady arrivals. A help desk has levels with different
targets, a policy that lets some wait so that others do not, mornings, and customers who write again.

Sources: Erlang 1917; Palm 1957 and Garnett, Mandelbaum and Reiman 2002 (impatience).
"""

from __future__ import annotations

from math import ceil, exp, sqrt

from tidegate.tables.errors import InputError


def erlang_c(offered: float, agents: int) -> float:
    """Probability that a ticket waits, first come and endlessly patient.

    Parameters
    ----------
    offered
        Arrivals a minute times minutes of work: how many agents are busy on average.
    agents
        How many there are; with no more than `offered` everybody waits, and the answer is 1.

    Raises
    ------
    InputError
        If there is nobody, or the offered work is negative.
    """
    _check(offered, agents)
    if offered >= agents:
        return 1.0
    blocked = 1.0  # Erlang's loss formula, by its recursion in the number of agents
    for n in range(1, agents + 1):
        blocked = offered * blocked / (n + offered * blocked)
    share = offered / agents
    return blocked / (1.0 - share * (1.0 - blocked))


def late_by_erlang_c(offered: float, agents: int, work: float, target: float) -> float:
    """Share of tickets that wait longer than a target, both in minutes like the mean work."""
    if offered >= agents:
        return 1.0
    return erlang_c(offered, agents) * exp(-(agents - offered) * target / work)


def erlang_a(offered: float, agents: int, impatience: float) -> tuple[float, float]:
    """Probability that a ticket waits, and that its customer gives up, where patience is exponential.

    Parameters
    ----------
    offered, agents
        As for `erlang_c`, but any load is stable.
    impatience
        Mean minutes of work over mean minutes of patience, above 0.

    Returns
    -------
    tuple
        The two probabilities.

    Raises
    ------
    InputError
        As `erlang_c`, or if `impatience` is not above 0.
    """
    _check(offered, agents)
    if impatience <= 0:
        raise InputError("impatience must be above 0", value=impatience, mend="use erlang_c for endless patience")
    if offered == 0:
        return 0.0, 0.0
    term = total = 1.0  # weights of the states, from a full team downwards and upwards
    for n in range(agents, 0, -1):
        term *= n / offered
        total += term
    term, waits, queued, n = 1.0, 1.0, 0.0, 0
    while True:
        n += 1
        term *= offered / (agents + n * impatience)
        waits += term
        queued += n * term
        if term * (n + 1) < 1e-14 * (total + queued):
            break
    everything = total + waits - 1.0
    return waits / everything, impatience * queued / everything / offered


def square_root(offered: float, beta: float = 1.0) -> int:
    """Agents by the square-root rule: the offered work and a margin of `beta` times its root; at least 1."""
    return max(1, ceil(offered + beta * sqrt(offered)))


def _check(offered: float, agents: int) -> None:
    if agents < 1 or offered < 0:
        raise InputError("Erlang's formulas need at least one agent and no negative work", value=(offered, agents))
