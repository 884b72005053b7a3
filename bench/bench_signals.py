"""Signals of a text: tickets a second on one core, beside a Python loop of the same phrases as `re` patterns.

    python bench/bench_signals.py

Both search the same phrases in the same texts. Ours also cleans mail, tells the language, looks at negation and reads
urgency, sentiment, deadlines and people; the loop only says which phrases stand in the text.
"""

from __future__ import annotations

import os

os.environ["POLARS_MAX_THREADS"] = "1"  # one core: set before Polars starts

import re
import time
from datetime import UTC, datetime

import numpy as np
import polars as pl

from tidegate.read import phrases
from tidegate.read.signals import signals

TEXT = (
    "we have a problem with the export since this morning and the report shows wrong totals for our customers in the "
    "list can't log in again still waiting for an update please help our card was declined the whole team is blocked"
)
WORDS = TEXT.split()
SIZES = {15: 40_000, 150: 8_000}
PEER_ROWS = 300
ALTERNATIVES = 400
"""Phrases in one pattern of the loop: the way such loops are usually written, one pattern a signal and language."""


def tickets(words: int, rows: int) -> pl.DataFrame:
    random = np.random.default_rng(7)
    bodies = [" ".join(random.choice(WORDS, words)) + "." for _ in range(rows)]
    return pl.DataFrame({"subject": ["Help with our account"] * rows, "body": bodies}).with_columns(
        created_at=pl.lit(datetime(2026, 3, 2, 9, tzinfo=UTC))
    )


def loop() -> list[re.Pattern[str]]:
    patterns = []
    for _, group in phrases.lexicon().phrases.group_by("name", "language", maintain_order=True):
        listed = [re.escape(phrase.strip()) for phrase in group["pattern"]]
        patterns += [
            re.compile(rf"\b(?:{'|'.join(listed[at : at + ALTERNATIVES])})\b", re.IGNORECASE)
            for at in range(0, len(listed), ALTERNATIVES)
        ]
    return patterns


def cpu(work: object) -> float:
    start = time.process_time()
    work()  # type: ignore[operator]
    return time.process_time() - start


def main() -> None:
    patterns = loop()
    signals(tickets(15, 100))
    print(f"{len(phrases.lexicon().phrases):,} phrases; CPU time on one core; tickets a second")
    print(f"{'words':>6}{'ours':>12}{'loop of re':>14}{'times':>8}")
    for words, rows in SIZES.items():
        frame = tickets(words, rows)
        ours = rows / min(cpu(lambda frame=frame: signals(frame)) for _ in range(3))
        bodies = frame["body"].head(PEER_ROWS).to_list()
        peer = PEER_ROWS / cpu(
            lambda bodies=bodies: [[p.search(body) is not None for p in patterns] for body in bodies]
        )
        print(f"{words:6}{ours:12,.0f}{peer:14,.0f}{ours / peer:8,.0f}")
    one = tickets(15, 1)
    times = np.array([cpu(lambda: signals(one)) for _ in range(50)])
    middle, slow = np.quantile(times, [0.5, 0.99]) * 1000
    print(f"one ticket at a time: median {middle:.1f} ms, 99th percentile {slow:.1f} ms")


if __name__ == "__main__":
    main()
