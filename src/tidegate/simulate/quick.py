"""The replay's loops where everybody takes everything at any time and does one ticket after another.

All agents are alike then, so they wait as the moments at which they are free, and who took what is worked out only when
somebody asks (`Outcome.seat`). Both loops do what `engine._one_pool` does, to the last bit.
"""

from __future__ import annotations

from heapq import heappop, heappush, heapreplace
from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tidegate.simulate.engine import Ledger
    from tidegate.simulate.queues import Front, Queue


def in_turn(ledger: Ledger, agents: int) -> None:
    """Hand out in the order of entering."""
    free, writes, messages, add_start = [-inf] * agents, ledger.writes, ledger.messages, ledger.starts.append
    for row, (came, work) in enumerate(zip(ledger.at, ledger.work, strict=True)):
        since = free[0]
        now = since if since > came else came  # noqa: FURB136 -- once a hand-out, and four times as fast as max
        end = now + work
        if writes and now > came:
            end += messages(row, now - came)
        heapreplace(free, end)
        add_start(now)


def ranked(  # noqa: C901, PLR0912 -- a call for a part of it would cost more than the part
    ledger: Ledger, agents: int, queue: Queue, front: Front
) -> None:
    """Hand out where the order of most visits is known as they enter, without a call for most of them."""
    heap, rank, rows, key, sure, take = front.heap, front.rank, front.rows, front.key, front.until, queue.take
    add_row, add_start = ledger.rows.append, ledger.starts.append
    free, work, writes, messages = [-inf] * agents, ledger.work, ledger.writes, ledger.messages
    at = [*ledger.at, inf, inf]
    bar, others = front.bar, 0  # how many wait outside the heap
    coming, due, now = 0, at[0], -inf
    while True:
        since = free[0]
        if since > now:  # noqa: PLR1730 -- once a hand-out, and four times as fast as max
            now = since
        if heap or others:
            while due <= now:
                heappush(heap, rank[coming])
                coming += 1
                due = at[coming]
        else:
            if due == inf:
                return
            if due > now:  # noqa: PLR1730 -- as above
                now = due
            row, came = coming, due
            coming += 1
            due = at[coming]
            if due > now:  # it came alone, and somebody is free
                end = now + work[row]
                if writes and now > came:
                    end += messages(row, now - came)
                heapreplace(free, end)
                add_row(row)
                add_start(now)
                continue
            heappush(heap, rank[row])
            while due <= now:
                heappush(heap, rank[coming])
                coming += 1
                due = at[coming]
        if heap and now < sure[place := heap[0]] and key[place] > bar:
            row = rows[heappop(heap)]
        else:
            others += len(heap) - 1
            row = take(now)
            others -= len(heap)
            bar = front.bar
        end = now + work[row]
        if writes and now > at[row]:
            end += messages(row, now - at[row])
        heapreplace(free, end)
        add_row(row)
        add_start(now)
