"""A group's work given out at once: the assignment with the greatest total fit, each agent within capacity.

An agent with room for k more tickets is k slots. A slot's fit falls with each ticket taken before it, since there is
less room left; so the slots of one agent fill in order, and work spreads where fits are equal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tidegate.tables.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]
    Fit = Callable[[Matrix], Matrix]

BATCH: Final = 1000
"""Tickets that are given out at once, the most pressing first: the work grows with the cube of it."""
_STEPS: Final = 1e6
"""Fits are told apart in steps of a millionth: whole numbers, so that equal totals are equal and ties break alike."""


def assign(
    fit: Fit, weight: Matrix, held: NDArray[np.int64], capacity: NDArray[np.int64]
) -> tuple[NDArray[np.int64], int]:
    """Give tickets to agents.

    Parameters
    ----------
    fit
        Given each agent's share of capacity left, shape (m,), returns how well they fit each ticket, 0 to 1, shape
        (n, m). It must not fall as the share rises.
    weight
        What a ticket's fit counts for in the total, shape (n,), the most pressing ticket first.
    held, capacity
        Tickets that each agent has, and may have, at a time; shape (m,).

    Returns
    -------
    tuple
        The agent of each ticket, -1 for none; and how many tickets there was room for. Where there is not room for all,
        the first tickets are served. Of several assignments with the greatest total the same one is always chosen for
        the same rows in the same order.

    Raises
    ------
    MissingExtraError
        If SciPy is not installed.
    """
    held, taken = held.copy(), np.full(weight.size, -1, dtype=np.int64)
    served = int(min(weight.size, np.maximum(capacity - held, 0).sum()))
    for start in range(0, served, BATCH):
        rows = np.arange(start, min(start + BATCH, served))
        taken[rows] = _given_out(rows, fit, weight, held, capacity)
        held += np.bincount(taken[rows], minlength=held.size)
    return taken, served


def _given_out(
    rows: NDArray[np.int64], fit: Fit, weight: Matrix, held: NDArray[np.int64], capacity: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Solve one batch; there is room for all of it."""
    room = np.minimum(np.maximum(capacity - held, 0), rows.size)
    agent = np.repeat(np.arange(room.size), room)
    nth = np.arange(agent.size) - np.repeat(np.cumsum(room) - room, room)
    values = np.empty((rows.size, agent.size))
    for turn in range(int(room.max())):
        slots = nth == turn
        left = np.clip((capacity - held - turn) / np.maximum(capacity, 1), 0, 1)
        values[:, slots] = fit(left)[np.ix_(rows, agent[slots])]
    whole = np.rint(values * _STEPS) * np.rint(weight[rows, None] * 100)
    chosen, columns = _solve(whole)
    taken = np.empty(rows.size, dtype=np.int64)
    taken[chosen] = agent[columns]
    return taken


def _solve(values: Matrix) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    try:
        from scipy.optimize import linear_sum_assignment
    except ImportError as error:
        raise MissingExtraError("route", "giving out work") from error
    rows, columns = linear_sum_assignment(values, maximize=True)
    return rows.astype(np.int64), columns.astype(np.int64)
