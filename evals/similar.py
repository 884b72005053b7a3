"""How well duplicates are found among real issue reports, beside BM25 in the same run.

    TIDEGATE_DATA=../shared/data python evals/similar.py

For every report of ``hadoop_issues`` that is known to have a duplicate: is the duplicate among the k nearest? Terms and
settings were tuned on these pairs, so the figure flatters us; the peer is rank-bm25's BM25Okapi with its own defaults.
Exits with 1 where recall at 10 is not above the peer's.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import numpy as np
import polars as pl

from tidegate.read import mail
from tidegate.read.embedding import load_embedding
from tidegate.read.similar import nearest

AT = (1, 5, 10)


def load(folder: Path) -> tuple[pl.DataFrame, dict[int, set[int]]]:
    """Reports, and for each row that has one the rows of its duplicates."""
    reports = pl.read_csv(folder / "hadoop_bugs.csv.gz", infer_schema=False)
    listed = pl.read_csv(folder / "hadoop_bugs-combined.csv", infer_schema=False)
    row = {issue: at for at, issue in enumerate(reports["Issue id"])}
    pairs: dict[int, set[int]] = {}
    for issue, duplicates in listed.iter_rows():
        for other in (part.strip() for part in duplicates.split(",")):
            if issue in row and other in row:
                pairs.setdefault(row[issue], set()).add(row[other])
                pairs.setdefault(row[other], set()).add(row[issue])
    return reports, pairs


def recalls(ranked: dict[int, list[int]], pairs: dict[int, set[int]]) -> list[float]:
    """Mean share of a report's duplicates among its k nearest, for each k."""
    return [
        float(np.mean([len(set(ranked.get(at, [])[:k]) & known) / len(known) for at, known in pairs.items()]))
        for k in AT
    ]


def bm25(texts: pl.Series, rows: list[int]) -> dict[int, list[int]]:
    """Rank the others for each row as the peer does."""
    from rank_bm25 import BM25Okapi

    words = [re.findall(r"\w+", text.lower()) for text in texts]
    peer = BM25Okapi(words)
    ranked = {}
    for row in rows:
        scores = peer.get_scores(words[row])
        scores[row] = -np.inf
        ranked[row] = np.argsort(-scores, kind="stable")[: max(AT)].tolist()
    return ranked


def ours(found: pl.DataFrame) -> dict[int, list[int]]:
    """Others by row, best first."""
    return dict(found.group_by("row", maintain_order=True).agg("other").iter_rows())


def main() -> int:
    """Print the table; 1 where we are not above the peer."""
    folder = Path(os.environ.get("TIDEGATE_DATA", "../shared/data"))  # noqa: TID251 -- an eval is an edge
    folder = folder / "hadoop_issues"
    if not folder.is_dir():
        print(f"no data: {folder} is not there; set TIDEGATE_DATA to the folder that holds hadoop_issues")
        return 1
    reports, pairs = load(folder)
    texts = pl.select(
        pl.concat_str(
            pl.lit(reports["Summary"].fill_null("")), pl.lit(reports["Description"].fill_null("")), separator="\n"
        )
    )
    cleaned, subjects = mail.clean(texts.to_series())["text"], reports["Summary"]
    table = load_embedding()
    found = {
        "BM25Okapi": bm25(texts.to_series(), sorted(pairs)),
        "terms": ours(nearest(cleaned, max(AT), subjects=subjects)),
        "terms and embedding": ours(
            nearest(cleaned, max(AT), subjects=subjects, embed=lambda some: table.embed(some.to_list()))
        ),
    }
    print(f"{reports.height:,} reports, {len(pairs)} with a known duplicate; recall at {', '.join(map(str, AT))}")
    scores = {name: recalls(ranked, pairs) for name, ranked in found.items()}
    for name, values in scores.items():
        print(f"{name:22}" + "".join(f"{value:8.3f}" for value in values))
    return 0 if scores["terms and embedding"][-1] > scores["BM25Okapi"][-1] else 1


if __name__ == "__main__":
    sys.exit(main())
