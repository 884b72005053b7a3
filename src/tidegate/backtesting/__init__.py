"""Puts replay, ranking, clocks and history together: what a backtest needs to know of a policy and of the past.

`compare` is the way in for programs; `tidegate backtest` is the one for people.
"""

from __future__ import annotations

from tidegate.backtesting.compare import compare
from tidegate.simulate.backtest import Backtest, Estimate, StoppedError

__all__ = ["Backtest", "Estimate", "StoppedError", "compare"]
