"""Change one number of a policy and see what moves: what `tidegate policy diff` does, as functions of frames.

python examples/02_change_a_policy.py
"""

from __future__ import annotations

import tidegate as tg
from tidegate.demo import NOW, generate
from tidegate.policy.compare import moved, summary

company = generate(20_000, 7)
starter = tg.Policy.load("starter")
wary = starter.model_copy(update={"review": starter.review.model_copy(update={"coverage": 0.97})})
before, after = (
    tg.rank(company.tickets, policy, NOW, accounts=company.accounts, incidents=company.incidents)
    for policy in (starter, wary)
)
print(summary(before, after))
print(moved(before, after).select("ticket_id", "lane_before", "lane_after", "positions").head(5))
