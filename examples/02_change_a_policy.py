"""Rank one backlog under two policies and see what moves: what `tidegate policy diff` does, as functions of frames.

python examples/02_change_a_policy.py
"""

from __future__ import annotations

import tidegate as tg
from tidegate.demo import NOW, generate
from tidegate.policy.compare import moved, summary

company = generate(5_000, 7)
starter, playbook = (
    tg.rank(company.tickets, tg.Policy.load(name), NOW, accounts=company.accounts) for name in ("starter", "playbook")
)
print(summary(starter, playbook))
print(moved(starter, playbook).head(5))
