"""How the benchmarks measure: processor time of all threads, several runs, the median to quote."""

from __future__ import annotations

import gc
import statistics
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def cpu(work: Callable[[], object], *, runs: int = 5) -> float:
    """Median processor seconds of a call, after one that is not counted."""
    work()
    taken = []
    for _ in range(runs):
        gc.collect()
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return statistics.median(taken)


def report(name: str, ours: float, peer: str, theirs: float, bound: str) -> None:
    """Print one comparison: both figures and their ratio."""
    print(f"{name:<58} {ours:9.4f} s   {peer:<28} {theirs:9.4f} s   ratio {ours / theirs:7.4f}   wanted {bound}")
