"""Reading speed on one core, beside scikit-learn's own pipeline and a MiniLM int8 ONNX model in the same run.

python bench/bench_reading.py [TICKETS]

The ONNX peer needs `onnxruntime` and a folder with ``model.onnx`` and ``tokenizer.json`` named by TIDEGATE_MINILM; the
run says so when it is absent. Run with POLARS_MAX_THREADS=1 OMP_NUM_THREADS=1 TOKENIZERS_PARALLELISM=false for figures
of one core; processor time is what is printed, whatever else the machine does.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from measure import cpu

from tidegate.demo import labelled_texts
from tidegate.policy.loading import load
from tidegate.read.reader import default_reader
from tidegate.read.signals import signals
from tidegate.tables import Tickets

if TYPE_CHECKING:
    from collections.abc import Callable

    from tidegate.read.reader import StaticReader

RUNS = 3
COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 4000
WORDS = {15: (10_000, 4000), 150: (1200, 400)}
"""Words a ticket, and tickets a second wanted of the static and of the joint heads."""


def texts(words: int) -> list[str]:
    """English texts of the demo's generator, joined and cut to so many words."""
    pool = " ".join(labelled_texts(4000, 5, ("en",))["text"].to_list()).split()
    random = np.random.default_rng(words)
    return [" ".join(pool[start : start + words]) for start in random.integers(0, len(pool) - words, COUNT)]


def strange(bodies: list[str], draw: int) -> list[str]:
    """The same texts without one word that was met before: nothing that was kept of words helps, the worst case."""
    return [" ".join(f"{word}{draw}x{row}" for word in body.split()) for row, body in enumerate(bodies)]


def tickets(bodies: list[str]) -> pl.DataFrame:
    from datetime import UTC, datetime

    blank = {name: pl.lit(None, dtype) for name, dtype in Tickets.create_empty().schema.items()}
    frame = pl.DataFrame({"ticket_id": [str(n) for n in range(len(bodies))], "body": bodies})
    made = {"created_at": pl.lit(datetime(2026, 3, 2, tzinfo=UTC)), "status": pl.lit("open")}
    kept = {name: pl.col(name) for name in frame.columns}
    schema = Tickets.create_empty().schema
    return frame.select((blank | made | kept)[name].cast(dtype).alias(name) for name, dtype in schema.items())


def line(name: str, seconds: float, wanted: int | None = None) -> float:
    rate = COUNT / seconds
    aim = "" if wanted is None else f"   wanted {wanted:,}   {'met' if rate >= wanted else 'missed'}"
    print(f"{name:<58} {rate:12,.0f} tickets/s{aim}", flush=True)
    return rate


def unmet(words: int, bodies: list[str], static: StaticReader, joint: StaticReader) -> float:
    """Read texts of words that were never met, each twice as long for that; return the static heads' rate."""
    fresh = (strange(bodies, draw) for draw in count())

    def rate(what: str, work: Callable[[pl.DataFrame], object]) -> float:
        new = iter([tickets(next(fresh)) for _ in range(RUNS + 1)])
        return line(f"{words} words, each made up: {what}", cpu(lambda: work(next(new)), runs=RUNS))

    heads, embedding = static.model.heads, static.model.embedding
    for name, reader in (("static", static), ("joint", joint)):
        rate(f"whole reading, {name}", lambda t, r=reader: r.read(t, now=t["created_at"][0]))
    return rate("static heads", lambda t: heads.text_logits(t["body"], embedding))


def sklearn_peer(bodies: list[str]) -> float:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline, make_union

    known = labelled_texts(3000, 6, ("en",))
    grams = make_union(TfidfVectorizer(ngram_range=(1, 2)), TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5)))
    model = make_pipeline(grams, LogisticRegression(max_iter=50))
    model.fit(known["text"].to_list(), known["intent"].to_list())
    return cpu(lambda: model.predict_proba(bodies), runs=3)


def minilm_peer(bodies: list[str]) -> float | None:
    folder = os.environ.get("TIDEGATE_MINILM")
    try:
        import onnxruntime
    except ImportError:
        onnxruntime = None
    if folder is None or onnxruntime is None:
        print("MiniLM int8 ONNX: absent (needs onnxruntime and TIDEGATE_MINILM)")
        return None
    from tokenizers import Tokenizer

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(Path(folder) / "model.onnx"), options)
    tokenizer = Tokenizer.from_file(str(Path(folder) / "tokenizer.json"))
    tokenizer.enable_padding()
    tokenizer.enable_truncation(256)
    names = {entry.name for entry in session.get_inputs()}
    some = bodies[:256]

    def embed() -> None:
        for start in range(0, len(some), 32):
            encoded = tokenizer.encode_batch(some[start : start + 32])
            ids = np.array([entry.ids for entry in encoded], dtype=np.int64)
            mask = np.array([entry.attention_mask for entry in encoded], dtype=np.int64)
            given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
            session.run(None, {name: value for name, value in given.items() if name in names})

    return cpu(embed, runs=3) * len(bodies) / len(some)


def one_at_a_time(body: str, name: str, wanted: float) -> None:
    reader = default_reader(load("starter"))
    heads, embedding = reader.model.heads, reader.model.embedding
    heads = heads if name == "joint" else replace(heads, text=None, inverse=None)
    one, taken = pl.Series([body]), []
    for _ in range(500):
        start = time.process_time()
        heads.text_logits(one, embedding)
        taken.append(time.process_time() - start)
    worst = float(np.quantile(taken, 0.99)) * 1000
    print(f"one ticket of 15 words, {name}: p99 {worst:.2f} ms   wanted {wanted} ms")


MAIL = """Hi team,

{}
Could you have a look?

Best regards,
Jane Doe
Example Ltd
+44 20 0000 0000

On Monday, Help <help@example.com> wrote:
> Is it urgent?"""


def whole_at_a_time(bodies: list[str], what: str) -> None:
    """A few tickets after the other through the whole reader: cleaning, signals, evidence, levels, doubt included."""
    reader, table = default_reader(load("starter")), tickets(bodies)
    heads = replace(reader.model.heads, text=None, inverse=None)
    static = replace(reader, model=replace(reader.model, heads=heads))
    for name, kind, wanted in (("static", static, 1), ("joint", reader, 5)):
        for rows in (1, 10, 50):
            taken = []
            for at in range(300):
                start = time.process_time()
                kind.read(table.slice(at * rows % (COUNT - rows), rows), now=table["created_at"][0])
                taken.append(time.process_time() - start)
            middle, worst = np.quantile(taken[10:], [0.5, 0.99]) * 1000
            aim = f"   wanted {wanted} ms" if rows == 1 else ""
            print(f"{rows} {what}, whole, {name}: median {middle:.1f} ms, p99 {worst:.1f} ms{aim}", flush=True)


def memory() -> None:
    """What loading and using the reader adds to a process that has Polars and NumPy (Linux), and how long it takes."""
    code = (
        "import time, pathlib, numpy, polars as pl, tokenizers; from tidegate.policy.loading import load;"
        "import tidegate.read.reader as r; policy = load('starter');"
        "held = lambda: int(pathlib.Path('/proc/self/statm').read_text().split()[1]) / 256;"
        "before = held(); start = time.process_time();"
        "reader = r.default_reader(policy); loaded = time.process_time() - start;"
        "reader.model.text_logits(pl.Series(['help me please'] * 512));"
        "print(loaded, held() - before)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    print(f"load {float(said[0]):.3f} s (wanted 0.3); memory added {float(said[1]):.0f} MB (wanted 60)")


def main() -> None:
    reader = default_reader(load("starter"))
    heads, embedding = reader.model.heads, reader.model.embedding
    static = replace(heads, text=None, inverse=None)
    for words, (fast, full) in WORDS.items():
        bodies = texts(words)
        series, table = pl.Series(bodies), tickets(bodies)
        ours = line(
            f"{words} words: static heads", cpu(lambda s=series: static.text_logits(s, embedding), runs=3), fast
        )
        line(f"{words} words: joint heads", cpu(lambda s=series: heads.text_logits(s, embedding), runs=3), full)
        line(f"{words} words: signals alone", cpu(lambda t=table: signals(t), runs=3))
        bare = replace(reader, model=replace(reader.model, heads=static))
        for name, kind, wanted in (("static", bare, fast), ("joint", reader, full)):
            line(
                f"{words} words: whole reading, signals included, {name}",
                cpu(lambda t=table, r=kind: r.read(t, now=t["created_at"][0]), runs=3),
                wanted,
            )
        worst = unmet(words, bodies, bare, reader)
        line(f"{words} words: scikit-learn's own pipeline", sklearn_peer(bodies))
        peer = minilm_peer(bodies)
        if peer is not None:
            theirs = line(f"{words} words: MiniLM int8 ONNX", peer)
            print(f"{words} words: static heads are {ours / theirs:.0f} times MiniLM (wanted 30); ", end="")
            print(f"{worst / theirs:.0f} times where every word is made up")
    one_at_a_time(texts(15)[0], "static", 1)
    one_at_a_time(texts(15)[0], "joint", 5)
    whole_at_a_time(texts(15), "of 15 words")
    whole_at_a_time([MAIL.format(text) for text in texts(15)], "of 15 words in a mail")
    memory()
    print(f"peak memory of this run {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
