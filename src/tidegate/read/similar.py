"""Tickets about the same thing: near duplicates, and groups that one cause may explain.

Texts meet through their telling terms, weighted as in BM25 (Robertson and Zaragoza 2009); pairs that share one are
compared by the cosine of those weights and, where there is one, by the cosine of an embedding. A common term brings a
text together only with its neighbours in order of time: the work grows with the number of texts, not its square.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from tidegate.read import mail, phrases
from tidegate.read.pairs import Listed, close, meetings

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from numpy.typing import NDArray

    Embed = Callable[[pl.Series], NDArray[np.floating]]

TERMS: Final = 64
"""Terms of a text that count, the most telling ones."""
WINDOW: Final = 64
"""Neighbours, earlier and later, that a shared term brings a text together with."""
BLOCK: Final = 500
"""Texts whose pairs are held at a time."""
SPLIT: Final = 10_000
"""Texts that are split into words at a time."""
SAME: Final = 0.5
"""Score from which two tickets are taken to be about the same thing: nine links of ten were right on our own corpus."""
LINKS: Final = 5
"""Nearest texts that may pull a ticket into a group."""
TELLING: Final = 3
"""Words in a group's name."""
DAY: Final = timedelta(hours=24)
_MEANING: Final = 0.35  # weight of the embedding beside the terms
_COMMON: Final = 0.2  # a term in a larger share of the texts tells nothing,
_ALWAYS: Final = 20  # unless so few texts have it
_SATURATION: Final = 3.0  # BM25's k1: high, since a word repeated in a report is its topic
_LENGTH: Final = 0.5  # BM25's b
_FEW: Final = 500  # texts below which scarcity is reckoned as if there were as many: few texts say little about it
_CLOSED: Final = ("solved", "closed")
_SUBJECT: Final = 2
"""How many times a word of the subject line counts beside the one in the text."""
_GROUP: Final = (
    pl.when(pl.len().over("label") > 1)
    .then(pl.col("ticket_id").sort_by("order").first().over("label"))
    .alias("group_id")
)  # fmt: skip
"""The earliest ticket of those with the same label; null where there is no other."""
_STOP: Final = sorted({word for listed in phrases.data("stop").values() for word in listed.split()})


def terms(texts: pl.Series, subjects: pl.Series | None = None) -> pl.DataFrame:
    """Weigh the telling terms of every text.

    Parameters
    ----------
    texts
        Cleaned texts; null counts as empty. Words without a plural s, words inside camelCase names, numbers of up to
        four figures (error codes tell much, identifiers nothing).
    subjects
        Subject lines, whose words count for more.

    Returns
    -------
    pl.DataFrame
        ``row``, ``term``, ``weight``: at most `TERMS` a text, each text's weights with a Euclidean norm of 1. Texts
        without a telling term are absent.
    """
    head = pl.lit("") if subjects is None else pl.lit(subjects.fill_null("") + " ")
    whole = pl.DataFrame({"text": texts.fill_null("")}).with_columns(head=head).with_row_index("row")
    starts = range(0, max(whole.height, 1), SPLIT)
    counted = pl.concat([_counted_terms(whole.slice(start, SPLIT)) for start in starts])
    known = len(texts)
    length = pl.col("count").sum().over("row")
    among = max(known, _FEW)
    scarcity = (1 + (among - pl.col("texts") + 0.5) / (pl.col("texts") + 0.5)).log()
    damped = pl.col("count") * (_SATURATION + 1)
    damped = damped / (pl.col("count") + _SATURATION * (1 - _LENGTH + _LENGTH * length / length.mean()))
    return (
        counted.with_columns(texts=pl.len().over("term"))
        .with_columns(weight=damped * scarcity)
        .filter(pl.col("texts") <= max(_ALWAYS, int(_COMMON * known)))
        .sort("row", "weight", "term", descending=[False, True, False])
        .group_by("row", maintain_order=True)
        .head(TERMS)
        .with_columns(weight=pl.col("weight") / (pl.col("weight") ** 2).sum().sqrt().over("row"))
        .select("row", "term", "weight")
    )


def _counted_terms(texts: pl.DataFrame) -> pl.DataFrame:
    """How often each text, of ``row``, ``head`` and ``text``, says each term: ``row``, ``term``, ``count``."""
    text = pl.concat_str(*[pl.col("head")] * _SUBJECT, pl.col("text"))
    split = pl.col("text").str.replace_all(r"([a-z0-9])([A-Z])", "${1} ${2}")
    both = pl.concat_str(pl.col("text"), split, separator=" ")
    words = phrases.flat(both.str.replace_all(r"\d{5,}", " ")).str.extract_all(r"[a-z0-9][a-z0-9_]+")
    return (
        texts.select("row", text=text)
        .select("row", term=words)
        .explode("term")
        .drop_nulls("term")
        .filter(~pl.col("term").is_in(_STOP))
        .with_columns(pl.col("term").str.replace(r"([a-rt-z]{3})s$", "${1}"))
        .group_by("row", "term")
        .agg(count=pl.len())
    )


def nearest(
    texts: pl.Series,
    k: int = 10,
    *,
    subjects: pl.Series | None = None,
    embed: Embed | None = None,
    window: int = WINDOW,
    order: pl.Series | None = None,
) -> pl.DataFrame:
    """Find the texts that are most like each text.

    Parameters
    ----------
    texts
        Cleaned texts.
    k
        How many to return at most.
    subjects
        Subject lines of the same texts, which count for more.
    embed
        Texts to one unit vector a row; without it only terms count.
    window
        Neighbours in order of time that a common term leads to, on either side.
    order
        Position of each text in time; the row by default.

    Returns
    -------
    pl.DataFrame
        ``row``, ``other``, ``score`` (0 to 1), best first within a row; ties by ``other``. Texts that share no telling
        term with any other are absent.
    """
    when = np.arange(len(texts)) if order is None else order.to_numpy()
    listed = Listed(terms(texts, subjects), when)
    vectors = None if embed is None else _meaning(embed, texts, subjects)
    best = [_best(listed, vectors, start, window, k) for start in range(0, len(texts), BLOCK)]
    return pl.concat(best) if best else _pairs(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))


def _best(listed: Listed, vectors: NDArray[np.floating] | None, start: int, window: int, k: int) -> pl.DataFrame:
    """Return the texts most like each of a block of texts."""
    left, right, score = meetings(listed, start, BLOCK, window)
    if vectors is not None and len(left):
        score = (1 - _MEANING) * score + _MEANING * _cosine(vectors, left, right)
    return _foremost(_pairs(left, right, score), k)


def _foremost(pairs: pl.DataFrame, k: int) -> pl.DataFrame:
    """Keep the best of each row."""
    ordered = pairs.sort("row", "score", "other", descending=[False, True, False])
    return ordered.group_by("row", maintain_order=True).head(k)


def _pairs(left: NDArray[np.int64], right: NDArray[np.int64], score: NDArray[np.float64]) -> pl.DataFrame:
    return pl.DataFrame({"row": left, "other": right, "score": score})


def _meaning(embed: Embed, texts: pl.Series, subjects: pl.Series | None) -> NDArray[np.floating]:
    """Embed the texts, and their subjects beside them."""
    whole = embed(texts)
    return whole if subjects is None else np.hstack([whole, embed(subjects.fill_null(""))]) / np.sqrt(2)


def _cosine(vectors: NDArray[np.floating], left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.float64]:
    """Cosine of the pairs, negative ones as 0, in blocks that bound the memory."""
    parts = [
        np.einsum("ij,ij->i", vectors[left[at : at + 65_536]], vectors[right[at : at + 65_536]])
        for at in range(0, len(left), 65_536)
    ]
    return np.clip(np.concatenate(parts).astype(np.float64), 0, 1)


def _components(left: NDArray[np.int64], right: NDArray[np.int64], height: int) -> NDArray[np.int64]:
    """Label of each row: the smallest row that a chain of links leads to."""
    label = np.arange(height)
    while True:
        lowest = np.minimum(label[left], label[right])
        before = label.copy()
        np.minimum.at(label, left, lowest)
        np.minimum.at(label, right, lowest)
        label = label[label]
        if np.array_equal(label, before):
            return label


def similar(tickets: pl.DataFrame, *, embed: Embed | None = None, now: datetime) -> pl.DataFrame:
    """Group tickets that seem to have one cause.

    Parameters
    ----------
    tickets
        ``ticket_id``, ``subject``, ``body``, ``created_at``; ``status`` where it is known, else all count as open.
    embed
        See `nearest`.
    now
        The moment of asking; tickets from its future count neither as open nor as recent.

    Returns
    -------
    pl.DataFrame
        One row a ticket, in the order given: ``ticket_id``; ``group_id`` (the earliest ticket of the group) and
        ``group_name`` (its telling words), null for a ticket alone; ``similar_open`` and ``similar_last_24h``: other
        tickets of the group that are open, or were opened in the 24 hours before ``now``; ``nearest`` and ``score``:
        the most similar other ticket, null where no telling term is shared.
    """
    texts = _Texts(tickets)
    found = nearest(texts.alone, LINKS, subjects=texts.headed, embed=embed, order=texts.when)
    label = _labels(found.filter(pl.col("score") >= SAME), texts)
    frame = tickets.select("ticket_id", "created_at", open=is_open(tickets, now)).with_columns(
        label=pl.Series(label), order=texts.order
    )
    names = _names(terms(texts.alone, texts.headed), texts.alone, label, texts.copies)
    frame = frame.with_columns(_GROUP, *others_in("label", now)).with_columns(names)
    return frame.with_columns(_closest(found, tickets["ticket_id"], texts.first, texts.copies)).select(
        "ticket_id", "group_id", "group_name", "similar_open", "similar_last_24h", "nearest", "score"
    )


def grouped(tickets: pl.DataFrame) -> pl.DataFrame:
    """Group tickets as `similar` does without an embedding, at a fraction of the work: who is only near is left out.

    Parameters
    ----------
    tickets
        ``ticket_id``, ``subject``, ``body``, ``created_at``.

    Returns
    -------
    pl.DataFrame
        One row a ticket, in the order given: ``ticket_id``; ``group_id``, null for a ticket alone.
    """
    texts = _Texts(tickets)
    label = _labels(_links(texts), texts)
    frame = tickets.select("ticket_id", label=pl.Series(label), order=texts.order)
    return frame.select("ticket_id", _GROUP)


class _Texts:
    """The distinct texts of tickets, cleaned, with their subjects and their position in time."""

    def __init__(self, tickets: pl.DataFrame) -> None:
        cleaned = mail.clean(mail.original(tickets))["text"]
        subjects = tickets["subject"] if "subject" in tickets.columns else pl.Series([""] * tickets.height)
        self.order = tickets["created_at"].rank("ordinal").cast(pl.Int64)
        self.first, self.copies = _distinct(cleaned, self.order)
        self.alone, self.headed = cleaned.gather(self.first), subjects.gather(self.first)
        self.when = self.order.gather(self.first)


def _links(texts: _Texts) -> pl.DataFrame:
    """Return what `nearest` finds of texts about the same thing."""
    listed = Listed(terms(texts.alone, texts.headed), texts.when.to_numpy())
    parts = [close(listed, start, BLOCK, WINDOW, SAME) for start in range(0, len(texts.alone), BLOCK)]
    if not parts:
        return _pairs(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))
    left, right, score = (np.concatenate(column) for column in zip(*parts, strict=True))
    return _foremost(pl.concat([_pairs(left, right, score), _pairs(right, left, score)]), LINKS)


def _labels(links: pl.DataFrame, texts: _Texts) -> NDArray[np.int64]:
    """Label of each ticket's group: the same for those that a chain of mutual links joins."""
    linked = _mutual(links)
    return _components(linked["row"].to_numpy(), linked["other"].to_numpy(), len(texts.alone))[texts.copies]


def _mutual(found: pl.DataFrame) -> pl.DataFrame:
    """Links that hold in both directions: chains of one-sided ones would join what has nothing in common."""
    back = found.select(row="other", other="row")
    return found.join(back, on=["row", "other"], how="semi")


def _distinct(texts: pl.Series, order: pl.Series) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Earliest row of every distinct text (case and figures aside), and which distinct text each row has."""
    bare = texts.str.to_lowercase().str.replace_all(r"\d+", "0")
    keyed = pl.DataFrame({"text": bare, "order": order}).with_row_index("at")
    # Texts without a word are not copies of each other: nothing says that they are about the same thing.
    keyed = keyed.with_columns(
        pl.when(bare.str.contains(r"\p{L}{2}")).then("text").otherwise(pl.format("\x00{}", "at"))
    )
    heads = keyed.sort("order").group_by("text", maintain_order=True).agg(pl.col("at").first()).with_row_index("code")
    codes = keyed.join(heads.select("text", "code"), on="text", how="left", maintain_order="left")["code"]
    return heads["at"].to_numpy().astype(np.int64), codes.to_numpy().astype(np.int64)


def is_open(tickets: pl.DataFrame, now: datetime) -> pl.Expr:
    """Whether each ticket counts as open at a moment."""
    known = pl.col("created_at") <= now
    if "status" not in tickets.columns:
        return known
    return known & ~pl.col("status").cast(pl.String).is_in(_CLOSED).fill_null(value=False)


def others_in(group: str, now: datetime) -> list[pl.Expr]:
    """Count the others of each ticket's group: ``similar_open``, by ``open``, and ``similar_last_24h``."""
    recent = pl.col("created_at").is_between(now - DAY, now)

    def others(which: pl.Expr) -> pl.Expr:
        return (which.sum().over(group) - which.cast(pl.Int64)).cast(pl.Int32)

    return [others(pl.col("open")).alias("similar_open"), others(recent).alias("similar_last_24h")]


def _names(weighed: pl.DataFrame, texts: pl.Series, label: NDArray[np.int64], copies: NDArray[np.int64]) -> pl.Series:
    """Name every group by the terms that most of its weight lies in; null for a ticket alone."""
    labels = pl.DataFrame({"row": copies, "label": label}).cast({"row": pl.UInt32})
    sizes = labels.group_by("label").agg(size=pl.len())
    telling = (
        labels.unique("row", maintain_order=True)
        .join(weighed, on="row", how="inner")
        .group_by("label", "term")
        .agg(pl.col("weight").sum(), holders=pl.len())
        .sort("label", "weight", "term", descending=[False, True, False])
        .group_by("label", maintain_order=True)
        .agg(name=pl.col("term").head(TELLING).str.join(" "))
    )
    plain = labels.join(sizes, on="label", maintain_order="left").join(
        telling, on="label", how="left", maintain_order="left"
    )
    fallback = texts.str.slice(0, 40).gather(copies)
    return plain.select(group_name=pl.when(pl.col("size") > 1).then(pl.col("name").fill_null(pl.lit(fallback))))[
        "group_name"
    ]


def _closest(
    found: pl.DataFrame, ids: pl.Series, first: NDArray[np.int64], copies: NDArray[np.int64]
) -> list[pl.Series]:
    """Nearest other ticket and its score: a copy where there is one, else the nearest text's first ticket."""
    best = found.group_by("row", maintain_order=True).first().with_columns(pl.col("row").cast(pl.UInt32))
    rows = pl.DataFrame({"row": copies}).cast(pl.UInt32).with_row_index("at")
    placed = rows.join(best, on="row", how="left", maintain_order="left")
    twin = placed.with_columns(
        twin=pl.when(pl.col("at") == pl.col("at").first().over("row"))
        .then(pl.col("at").get(1, null_on_oob=True).over("row"))
        .otherwise(pl.col("at").first().over("row"))
    )
    other = pl.Series(first).gather(twin["other"].fill_null(0)).cast(pl.UInt32)
    chosen = twin.select(
        at=pl.coalesce("twin", pl.when(pl.col("other").is_not_null()).then(pl.lit(other))),
        score=pl.when(pl.col("twin").is_not_null()).then(1.0).otherwise(pl.col("score")),
    )
    return [ids.gather(chosen["at"]).alias("nearest"), chosen["score"]]
