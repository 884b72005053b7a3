"""What a text says besides its subject: eleven signals, urgency, frustration, sentiment, each with its evidence.

Whole columns at a time: every phrase of the lexicon is found at once, then only the hits are looked at, as arrays.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from tidegate.read import affected, deadlines, language, mail, phrases, sentiment
from tidegate.read.hits import AREA, CODE, NAMES, Hits, hinted, hits, names_of, together
from tidegate.read.views import blocks
from tidegate.tables.words import NATURES, SIGNALS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import time

    from numpy.typing import NDArray

FLAGGED: Final = 0.5
"""Confidence from which a signal counts as there."""
BATCH: Final = 32_768
"""Texts read at a time: bounds the memory that hits take."""

_CERTAIN: Final = 0.98  # no number of phrases makes a signal surer
EVIDENCE: Final = pl.Struct(
    {"name": pl.String, "confidence": pl.Float64, "start": pl.Int32, "end": pl.Int32, "quote": pl.String}
)
_STATED: Final = 0.8  # confidence in a deadline that was read
_PRESSING: Final = ((4, 0.95), (24, 0.8), (72, 0.6), (math.inf, 0.4))
"""Hours to a stated deadline, and the urgency that it amounts to."""
_GRAVEST: Final = ("emotional", "advisory", "process", "lookup")
"""Natures, those that ask for most care first: ties go to them."""
_TOLD: Final = pl.Series(["urgency" if name == "urgent" else name for name in NAMES])
"""What evidence is called, by the number of its name."""
_EVIDENCE_OF: Final = ("name", "confidence", "start", "end")
_SHOWN: Final = (*SIGNALS, "urgent", "relaxed", "frustration")


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
        ``masked``: the same with every character in its place; ``unread``: why a part was not read, null where all was.

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
    rows = [(plain, AREA + area, "en", 0.9, False) for area, plain in named]
    added = pl.DataFrame(rows, schema=lexicon.phrases.schema, orient="row")
    return phrases.build(pl.concat([lexicon.phrases, added]).unique(maintain_order=True))


def _read(texts: pl.DataFrame, lexicon: phrases.Lexicon, zone: str, day_ends: time) -> pl.DataFrame:
    originals = mail.original(texts)
    cleaned = mail.clean(originals)
    languages = language.identify(cleaned["text"])
    seen = _look(cleaned["masked"].to_list(), lexicon, languages)
    created = _created(texts)
    users = _elsewhere(affected.affected(seen.people_texts), seen.people)
    due = deadlines.deadlines(seen.time_texts, created[seen.times], zone=zone, day_ends=day_ends)
    due = _elsewhere(due, seen.times)
    rows = texts.height
    sure = _confidences(seen.hits, rows)
    due_at = _spread(due["deadline_at"], due["row"], rows)
    hours = pl.select((due_at - created) / timedelta(hours=1)).to_series().to_numpy()
    nature, nature_confidence = _natures(seen.hits, rows)
    return pl.DataFrame(
        {
            **{name: sure[:, at] >= FLAGGED for at, name in enumerate(SIGNALS)},
            **{f"{name}_confidence": sure[:, at] for at, name in enumerate(SIGNALS)},
            "urgency": _urgency(sure, hours),
            "frustration": sentiment.frustration(seen.hits, seen.loudness),
            "sentiment": sentiment.sentiment(seen.hits, rows),
            "deadline_at": due_at,
            "read_users": _spread(users["users"], users["row"], rows),
            "product_area": _areas(seen.hits, names_of(lexicon).areas, rows),
            "nature": nature,
            "nature_confidence": nature_confidence,
            "read_language": languages["language"],
            "language_confidence": languages["language_confidence"],
            "evidence": _evidence(seen.hits, users, due, originals),
            "text": cleaned["text"],
            "masked": cleaned["masked"],
            "unread": cleaned["unread"],
        }
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What a look at all blocks of some texts gives: hits, loudness, and the rows that need a closer look."""

    hits: Hits
    loudness: NDArray[np.float64]
    people: NDArray[np.int64]
    people_texts: pl.Series
    times: NDArray[np.int64]
    time_texts: pl.Series


def _look(masked: list[str], lexicon: phrases.Lexicon, languages: pl.DataFrame) -> _Seen:
    codes = {name: code for code, name in enumerate(phrases.LANGUAGES)}
    spoken = languages["language"].replace_strict(codes, default=-1, return_dtype=pl.Int64).to_numpy()
    sure = languages["language_confidence"].to_numpy()
    parts, loudness, people, times = [], [np.zeros(0)], [], []
    for first, view in blocks(masked):
        found = phrases.find(view, lexicon)
        rows = slice(first, first + len(view))
        parts.append((first, hits(view, found, lexicon, spoken[rows], sure[rows])))
        loudness.append(sentiment.shouting(view))
        for kept, hinted_rows in zip((people, times), hinted(view, found, lexicon), strict=True):
            kept += [(first + row, view.text(row)) for row in hinted_rows.tolist()]
    return _Seen(
        hits=together(parts),
        loudness=np.concatenate(loudness),
        people=np.array([row for row, _ in people], dtype=np.int64),
        people_texts=pl.Series([text for _, text in people], dtype=pl.String),
        times=np.array([row for row, _ in times], dtype=np.int64),
        time_texts=pl.Series([text for _, text in times], dtype=pl.String),
    )


def _elsewhere(found: pl.DataFrame, rows: NDArray[np.int64]) -> pl.DataFrame:
    """Give the rows of a closer look the numbers of the texts."""
    return found.with_columns(row=pl.Series(rows[found["row"].to_numpy()], dtype=pl.UInt32))


def _spread(values: pl.Series, rows: pl.Series, height: int) -> pl.Series:
    """Put values in their rows, null elsewhere."""
    places = np.full(height, len(values), dtype=np.int64)
    places[rows.to_numpy()] = np.arange(len(values))
    return values.extend_constant(None, 1).gather(places)


def _urgency(sure: NDArray[np.float64], hours: NDArray[np.float64]) -> NDArray[np.float64]:
    """Take the most pressing of what is stated, the hours that a deadline leaves, and blocked work at half weight."""
    stated, relaxed = sure[:, _COUNTED.index("urgent")], sure[:, _COUNTED.index("relaxed")]
    pressing = np.select([hours <= limit for limit, _ in _PRESSING], [urgency for _, urgency in _PRESSING], 0.0)
    blocked = sure[:, _COUNTED.index("blocked_workflow")] * 0.5
    calm = np.where((relaxed >= FLAGGED) & np.isnan(hours), 0.2, 1.0)
    return np.maximum.reduce([stated, pressing, blocked]) * calm


_COUNTED: Final = (*SIGNALS, "urgent", "relaxed")


def _confidences(hits: Hits, rows: int) -> NDArray[np.float64]:
    """Noisy-or of the phrases of each name, shape (rows, `_COUNTED`)."""
    column = np.full(int(hits.name.max(initial=len(NAMES))) + 1, -1)
    column[[CODE[name] for name in _COUNTED]] = np.arange(len(_COUNTED))
    counted = ~hits.negated & (column[hits.name] >= 0)
    cells = hits.row[counted] * len(_COUNTED) + column[hits.name[counted]]
    doubt = np.bincount(cells, weights=np.log1p(-hits.weight[counted]), minlength=rows * len(_COUNTED))
    return np.minimum(1 - np.exp(doubt), _CERTAIN).reshape(rows, len(_COUNTED))


def _natures(hits: Hits, rows: int) -> tuple[pl.Series, pl.Series]:
    """Nature with most weight; ties go to the one that asks for most care. Null where nothing says."""
    weights = np.zeros((rows, len(_GRAVEST)))
    for at, name in enumerate(_GRAVEST):
        mine = hits.of(name) & ~hits.negated
        weights[:, at] = np.bincount(hits.row[mine], weights=hits.weight[mine], minlength=rows)
    total, most = weights.sum(axis=1), weights.max(axis=1)
    names = pl.Series([*_GRAVEST, None], dtype=pl.Enum(NATURES))
    nature = names.gather(np.where(total > 0, weights.argmax(axis=1), len(_GRAVEST)))
    return nature, pl.Series(np.where(total > 0, most / (total + 0.3), np.nan), nan_to_null=True)


def _areas(hits: Hits, areas: tuple[str, ...], rows: int) -> pl.Series:
    """Product area named most often, then earliest."""
    named = hits.taken(hits.name >= len(NAMES))
    if not areas or not len(named.row):
        return pl.Series([None], dtype=pl.String).new_from_index(0, rows)
    frame = pl.DataFrame({"row": named.row, "area": named.name - len(NAMES), "start": named.start})
    best = (
        frame.group_by("row", "area")
        .agg(pl.len(), pl.col("start").min())
        .sort("row", "len", "start", "area", descending=[False, True, False, False])
        .unique("row", keep="first", maintain_order=True)
    )
    return _spread(pl.Series(areas, dtype=pl.String).gather(best["area"]), best["row"], rows)


def _created(texts: pl.DataFrame) -> pl.Series:
    """When each text was written; null where the frame does not say."""
    if "created_at" in texts.columns:
        return texts["created_at"]
    return pl.Series("created_at", [None], dtype=pl.Datetime("us", "UTC")).new_from_index(0, texts.height)


def _evidence(hits: Hits, users: pl.DataFrame, due: pl.DataFrame, originals: pl.Series) -> pl.Series:
    """List the surest, then earliest phrase of each name, and where users and deadline were read."""
    shown = hits.taken(hits.of(*_SHOWN) & ~hits.negated & (hits.weight >= FLAGGED))
    order = np.lexsort((shown.start, -shown.weight, shown.name, shown.row))
    shown = shown.taken(order)
    first = np.ones(len(order), dtype=bool)
    first[1:] = (shown.row[1:] != shown.row[:-1]) | (shown.name[1:] != shown.name[:-1])
    best = shown.taken(first)
    flat = pl.DataFrame(
        {
            "row": np.concatenate([best.row, users["row"], due["row"]]),
            "start": np.concatenate([best.start, users["start"], due["start"]]),
            "end": np.concatenate([best.end, users["end"], due["end"]]),
            "name": _TOLD.gather(best.name).extend(_named("affected_users", users)).extend(_named("deadline", due)),
            "confidence": np.concatenate([best.weight, users["confidence"], np.full(due.height, _STATED)]),
        }
    ).sort("row", "start", "end", "name")
    if flat.is_empty():
        return pl.Series([[]], dtype=pl.List(EVIDENCE)).new_from_index(0, len(originals))
    places = zip(flat["row"].to_list(), flat["start"].to_list(), flat["end"].to_list(), strict=True)
    quotes = [originals[row][start:end] for row, start, end in places]
    spans = flat.select("row", each=pl.struct(*_EVIDENCE_OF, quote=pl.Series(quotes)).cast(EVIDENCE))
    lists = spans.group_by("row", maintain_order=True).agg("each")
    return _spread(lists["each"], lists["row"], len(originals)).fill_null(pl.lit([], pl.List(EVIDENCE)))


def _named(name: str, rows: pl.DataFrame) -> pl.Series:
    return pl.Series([name]).new_from_index(0, rows.height)
