"""How often something dear is done: at most for a share of a process's time."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator


class Pace:
    """Keeps work to a share of the time: after a turn it rests as much longer than the turn took.

    Parameters
    ----------
    share
        Of the time, between 0 and 1.
    clock
        Seconds.
    """

    def __init__(self, share: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._share, self._clock, self._due = share, clock, float("-inf")

    def due(self) -> bool:
        """Say whether it has rested enough."""
        return self._clock() >= self._due

    @contextmanager
    def turn(self) -> Generator[None]:
        """Time a turn, whether it succeeds or not."""
        began = self._clock()
        try:
            yield
        finally:
            ended = self._clock()
            self._due = ended + (ended - began) * (1 / self._share - 1)


__all__ = ["Pace"]
