"""Replay of a workload under a policy and a staffing: the judge of the ranking, and the base of staffing advice."""
