"""How well is a reply that only acknowledges told from one that says something? On 254 replies labelled by hand.

`labels/replies.csv` holds identifiers and labels only. 1: the reply answers, gives a step, a link or a fact about the
matter, or asks something that is needed to go on. 0: it greets, thanks, apologises, promises, passes on, moves the talk
elsewhere, or asks only what the trouble is. The phrases were written with 200 of them in sight (tuned); the others were
drawn and labelled afterwards, before the phrases met them, and changed nothing (held out). `tb:` is a forum answer,
`ts:` a turn of a dialogue: conversation, position.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import polars as pl
from measure_data import need, thunderbird

from tidegate.measure.intervals import wilson
from tidegate.measure.meaning import meaningful

LABELS = Path(__file__).parent / "labels" / "replies.csv"


def replies() -> pl.DataFrame:
    """Every reply of the two sets: identifier, text."""
    _, messages = thunderbird()
    forum = messages.select(reply=pl.format("tb:{}", "message_id"), text="body")
    with gzip.open(need("tweetsumm") / "train_valid.jsonl.gz", "rt", encoding="utf-8") as lines:
        turns = [
            (f"ts:{talk['conversation_id']}:{position}", turn)
            for talk in map(json.loads, lines)
            for position, turn in enumerate(talk["turns"])
        ]
    return pl.concat([forum, pl.DataFrame(turns, schema=["reply", "text"], orient="row")]).unique("reply", keep="first")


def scored() -> pl.DataFrame:
    """The labelled replies with the verdict: reply, meaningful, said."""
    labels = pl.read_csv(LABELS, schema={"reply": pl.String, "meaningful": pl.Int8, "split": pl.String})
    joined = labels.join(replies(), on="reply", how="left", maintain_order="left", validate="1:1")
    return joined.with_columns(said=meaningful(joined["text"]).cast(pl.Int8))


def main() -> None:
    """Print precision and recall of both verdicts, with Wilson intervals, on each split."""
    whole = scored()
    for split in ("tuned", "held out"):
        table = whole.filter(pl.col("split") == split)
        print(f"{split}: {table.height} replies, {table['meaningful'].sum()} of them meaningful")
        for name, verdict in (("meaningful", 1), ("acknowledgement", 0)):
            truly, told = pl.col("meaningful") == verdict, pl.col("said") == verdict
            for what, hits, of in (("precision", truly & told, told), ("recall", truly & told, truly)):
                low, high = wilson(hits.sum(), of.sum())
                figures = table.select(hits.sum() / of.sum(), low.alias("low"), high.alias("high"), of.sum().alias("n"))
                share, least, most, n = figures.row(0)
                print(f"  {name}: {what} {share:.3f} ({least:.3f} to {most:.3f}), n {n}")


if __name__ == "__main__":
    main()
