"""Puts replay, ranking, clocks and history together: what a backtest needs to know of a policy and of the past."""
