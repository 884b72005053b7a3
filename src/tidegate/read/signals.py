"""What a text says besides its subject: eleven signals, urgency, frustration, sentiment, each with its evidence.

Whole columns at a time: one Aho-Corasick pass finds every phrase of the lexicon, then only the hits are looked at.
"""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import polars as pl

from tidegate.read import affected, deadlines, language, mail, phrases, sentiment
from tidegate.tables.words import NATURES, SIGNALS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import time

FLAGGED: Final = 0.5
"""Confidence from which a signal counts as there."""
BATCH: Final = 32_768
"""Texts read at a time: bounds the memory that hits take, and shares the cost of building the automaton."""

_DOUBT: Final = 0.75  # "could be a leak"
_SUPPOSED: Final = 0.45  # "how do I report a leak"
_FOREIGN: Final = 0.6  # a phrase of another language than the text's
_CERTAIN: Final = 0.98  # no number of phrases makes a signal surer
_SUPPOSABLE: Final = ("workaround", "blocked_workflow", "security", "payment_failure", "repeated_failure", "legal")
_EVIDENCE: Final = pl.Struct(
    {"name": pl.String, "confidence": pl.Float64, "start": pl.Int32, "end": pl.Int32, "quote": pl.String}
)
_PRESSING: Final = ((4, 0.95), (24, 0.8), (72, 0.6), (math.inf, 0.4))
"""Hours to a stated deadline, and the urgency that it amounts to."""
_FAMILIES: Final = {"relaxed": "urgent", "positive": "valence", "negative": "valence"}
_AREA: Final = "area:"


def signals(
    texts: pl.DataFrame,
    *,
    zone: str = "UTC",
    day_ends: time = deadlines.DAY_ENDS,
    areas: Mapping[str, Sequence[str]] | None = None,
) -> pl.DataFrame:
    """Read what every text says besides its subject.

    Parameters
    ----------
    texts
        Columns ``subject`` and ``body`` (either may be absent or null), and ``created_at`` (UTC) if deadlines shall be
        read.
    zone, day_ends
        How stated deadlines are read, see `deadlines.deadlines`.
    areas
        Product area to phrases that name it.

    Returns
    -------
    pl.DataFrame
        As many rows as ``texts``, in its order. For each of `tables.words.SIGNALS` a boolean and a
        ``<signal>_confidence`` of 0 to 1; ``urgency``, ``frustration`` (0 to 1), ``sentiment`` (-1 to 1);
        ``deadline_at``, ``read_users``, ``product_area``, ``nature``, ``nature_confidence``: null where the text does
        not say; ``read_language`` (also ``other`` and ``unknown``), ``language_confidence``; ``evidence`` as in the
        readings table, offsets in characters of subject + newline + body; ``text``: the cleaned text that models read;
        ``unread``: why a part was not read, null where all was.

    Notes
    -----
    Time is linear in the characters read, at most `mail.LONGEST` a text. Never raises on any text.
    """
    lexicon = _with_areas(phrases.lexicon(), areas)
    slices = [_read(texts.slice(at, BATCH), lexicon, zone, day_ends) for at in range(0, max(texts.height, 1), BATCH)]
    return pl.concat(slices)


def _with_areas(lexicon: phrases.Lexicon, areas: Mapping[str, Sequence[str]] | None) -> phrases.Lexicon:
    if not areas:
        return lexicon
    named = [(area, plain) for area, listed in areas.items() for phrase in listed if (plain := phrases.plain(phrase))]
    rows = [(f" {plain} ", _AREA + area, "en", 0.9, False) for area, plain in named]
    added = pl.DataFrame(rows, schema=lexicon.phrases.schema, orient="row")
    return phrases.build(pl.concat([lexicon.phrases, added]).unique(maintain_order=True), lexicon.words)


def _read(texts: pl.DataFrame, lexicon: phrases.Lexicon, zone: str, day_ends: time) -> pl.DataFrame:
    originals = mail.original(texts)
    cleaned = mail.clean(originals)
    languages = language.identify(cleaned["text"])
    views = cleaned.lazy().select(flat=phrases.flat(pl.col("masked"))).with_columns(
        marked=phrases.marked(pl.col("flat"))
    ).collect()  # fmt: skip
    hits = _weighed(phrases.find(views["marked"], lexicon), lexicon, languages["language"])
    users = affected.affected(views["marked"])
    due = _due(texts, views["flat"], zone, day_ends)
    frustration = sentiment.frustration(hits, sentiment.shouting(cleaned["masked"]))
    frame = (
        pl.DataFrame({"row": pl.int_range(texts.height, dtype=pl.UInt32, eager=True)})
        .with_columns(
            languages["language"].alias("read_language"),
            languages["language_confidence"],
            cleaned["text"],
            cleaned["unread"],
        )
        .join(_confidences(hits), on="row", how="left", maintain_order="left")
        .join(sentiment.sentiment(hits), on="row", how="left", maintain_order="left")
        .join(frustration, on="row", how="left", maintain_order="left")
        .join(_natures(hits), on="row", how="left", maintain_order="left")
        .join(_areas(hits), on="row", how="left", maintain_order="left")
        .join(users.select("row", read_users="users"), on="row", how="left", maintain_order="left")
        .join(due.select("row", "deadline_at", "hours"), on="row", how="left", maintain_order="left")
        .join(_evidence(hits, users, due, originals), on="row", how="left", maintain_order="left")
    )
    return frame.select(*_columns())


def _columns() -> list[pl.Expr | str]:
    confidence = [pl.col(f"{name}_confidence").fill_null(0.0) for name in SIGNALS]
    flags = [(pl.col(f"{name}_confidence").fill_null(0.0) >= FLAGGED).alias(name) for name in SIGNALS]
    stated = pl.col("urgent_confidence").fill_null(0.0)
    calm = pl.when((pl.col("relaxed_confidence") >= FLAGGED) & (pl.col("hours").is_null())).then(0.2).otherwise(1.0)
    pressing = pl.when(pl.col("hours").is_null()).then(0.0)
    for hours, urgency in _PRESSING:
        pressing = pressing.when(pl.col("hours") <= hours).then(urgency)
    blocked = pl.col("blocked_workflow_confidence").fill_null(0.0) * 0.5
    return [
        *flags,
        *confidence,
        (pl.max_horizontal(stated, pressing.otherwise(0.0), blocked) * calm).alias("urgency"),
        "frustration",
        pl.col("sentiment").fill_null(0.0),
        "deadline_at",
        "read_users",
        "product_area",
        "nature",
        "nature_confidence",
        "read_language",
        "language_confidence",
        pl.col("evidence").fill_null([]),
        "text",
        "unread",
    ]


def _weighed(hits: pl.DataFrame, lexicon: phrases.Lexicon, languages: pl.Series) -> pl.DataFrame:
    """Weigh outermost hits by what stands before them and by whether they are in the text's language."""
    families = pl.col("name").replace(_FAMILIES)
    spoken = pl.DataFrame({"spoken": languages}).with_row_index("row")
    joined = hits.join(spoken, on="row", maintain_order="left")
    foreign = pl.col("spoken").is_in(phrases.LANGUAGES) & (pl.col("spoken") != pl.col("language"))
    joined = joined.with_columns(weight=pl.when(foreign).then(pl.col("weight") * _FOREIGN).otherwise("weight"))
    # A phrase that two languages share counts once, in the text's own.
    joined = joined.sort("row", "name", "start", "end", "weight", descending=[False] * 4 + [True], maintain_order=True)
    joined = joined.unique(["row", "name", "start", "end"], keep="first", maintain_order=True)
    context = phrases.in_context(phrases.outermost(joined, families), lexicon)
    supposed = pl.col("supposed") & pl.col("name").is_in(_SUPPOSABLE)
    return context.with_columns(
        weight=pl.col("weight") * pl.when(supposed).then(_SUPPOSED).when("doubted").then(_DOUBT).otherwise(1.0)
    )


def _confidences(hits: pl.DataFrame) -> pl.DataFrame:
    """Noisy-or of the distinct phrases of each name: ``row`` and ``<name>_confidence``."""
    names = [*SIGNALS, "urgent", "relaxed"]
    counted = hits.filter(~pl.col("negated") & pl.col("name").is_in(names))
    sure = counted.group_by("row", "name").agg(sure=(1 - (1 - pl.col("weight")).product()).clip(0, _CERTAIN))
    return sure.group_by("row").agg(
        pl.col("sure").filter(pl.col("name") == name).first().alias(f"{name}_confidence") for name in names
    )


def _natures(hits: pl.DataFrame) -> pl.DataFrame:
    """Nature with most weight; ties go to the one that asks for most care."""
    order = [name for name in ("emotional", "advisory", "process", "lookup") if name in NATURES]
    score = (
        hits.filter(pl.col("name").is_in(order) & ~pl.col("negated"))
        .group_by("row", "name")
        .agg(pl.col("weight").sum())
    )
    return (
        score.with_columns(rank=pl.col("name").replace_strict(order, list(range(len(order))), return_dtype=pl.Int8))
        .sort("row", "weight", "rank", descending=[False, True, False])
        .group_by("row", maintain_order=True)
        .agg(
            nature=pl.col("name").first().cast(pl.Enum(NATURES)),
            nature_confidence=pl.col("weight").first() / (pl.col("weight").sum() + 0.3),
        )
    )


def _areas(hits: pl.DataFrame) -> pl.DataFrame:
    """Product area named most often, then earliest."""
    named = (
        hits.filter(pl.col("name").str.starts_with(_AREA)).group_by("row", "name").agg(pl.len(), pl.col("start").min())
    )
    return (
        named.sort("row", "len", "start", "name", descending=[False, True, False, False])
        .group_by("row", maintain_order=True)
        .agg(product_area=pl.col("name").first().str.strip_prefix(_AREA))
    )


def _due(texts: pl.DataFrame, flat: pl.Series, zone: str, day_ends: time) -> pl.DataFrame:
    """Deadlines with the hours that were left when they were stated."""
    if "created_at" not in texts.columns:
        created = pl.Series("created_at", [None] * texts.height, dtype=pl.Datetime("us", "UTC"))
    else:
        created = texts["created_at"]
    due = deadlines.deadlines(flat, created, zone=zone, day_ends=day_ends)
    asked = pl.DataFrame({"created": created}).with_row_index("row")
    left = (pl.col("deadline_at") - pl.col("created")) / timedelta(hours=1)
    return due.join(asked, on="row", maintain_order="left").with_columns(hours=left)


def _evidence(hits: pl.DataFrame, users: pl.DataFrame, due: pl.DataFrame, originals: pl.Series) -> pl.DataFrame:
    """List the surest, then earliest phrase of each name, and where users and deadline were read."""
    shown = [*SIGNALS, "urgent", "relaxed", "frustration"]
    best = (
        hits.filter(~pl.col("negated") & pl.col("name").is_in(shown))
        .sort("row", "name", "weight", "start", descending=[False, False, True, False], maintain_order=True)
        .unique(["row", "name"], keep="first", maintain_order=True)
        .select("row", pl.col("name").replace({"urgent": "urgency"}), confidence="weight", start="start", end="end")
    )
    parts = [
        best,
        users.select("row", pl.lit("affected_users").alias("name"), "confidence", "start", "end"),
        due.select("row", pl.lit("deadline").alias("name"), pl.lit(0.8).alias("confidence"), "start", "end"),
    ]
    spans = pl.concat(parts).filter(pl.col("confidence") >= FLAGGED)
    return (
        spans.with_columns(quote=_quotes(originals, spans))
        .sort("row", "start", "end", "name")
        .group_by("row", maintain_order=True)
        .agg(evidence=pl.struct("name", "confidence", "start", "end", "quote").cast(_EVIDENCE))
    )


def _quotes(originals: pl.Series, spans: pl.DataFrame) -> pl.Series:
    texts = pl.DataFrame({"text": originals}).with_row_index("row")
    sliced = pl.col("text").str.slice(pl.col("start"), pl.col("end") - pl.col("start"))
    return spans.join(texts, on="row", maintain_order="left").select(quote=sliced)["quote"]
