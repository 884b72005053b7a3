"""What a text says besides its subject: eleven signals, urgency, frustration, sentiment, each with its evidence.

Whole columns at a time: every phrase of the lexicon is found at once, then only the hits are looked at, as arrays.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
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
_TOLD: Final = (*("urgency" if name == "urgent" else name for name in NAMES), "affected_users", "deadline")
"""What evidence is called, by the number of its name; two of them are no names of phrases."""
_USERS: Final = len(NAMES)
_DUE: Final = _USERS + 1
_PLACE_OF: Final = np.argsort(np.argsort(np.array(_TOLD)))
"""Place of each in the order of the alphabet."""
FEW_ROWS: Final = 64
"""Rows up to which lists are made one by one: a table costs as much as hundreds of them."""
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
    hours = (due_at.to_numpy() - created.to_numpy()) / np.timedelta64(1, "h")
    nature, nature_confidence = _natures(seen.hits, rows)
    return _table(
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
            "evidence": _evidence(seen.hits, users, due, originals.to_list()),
            "text": cleaned["text"],
            "masked": cleaned["masked"],
            "unread": cleaned["unread"],
        }
    )


def _table(columns: Mapping[str, pl.Series | NDArray[np.float64] | NDArray[np.bool_]]) -> pl.DataFrame:
    """Make a table; for few rows by way of lists, which Polars takes in faster than arrays."""
    made = []
    for name, values in columns.items():
        if isinstance(values, pl.Series):
            made.append(values.alias(name))
        elif len(values) <= FEW_ROWS:
            made.append(pl.Series(name, values.tolist(), dtype=pl.Boolean if values.dtype == bool else pl.Float64))
        else:
            made.append(pl.Series(name, values))
    return pl.DataFrame(made)


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
    spoken = np.array([codes.get(name, -1) for name in languages["language"].to_list()], dtype=np.int64)
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
    if found.is_empty():
        return found
    return found.with_columns(row=pl.Series(rows[found["row"].to_numpy()], dtype=pl.UInt32))


def _spread(values: pl.Series, rows: pl.Series, height: int) -> pl.Series:
    """Put values in their rows, null elsewhere."""
    nothing = pl.Series(values.name, [None], dtype=values.dtype)
    if values.is_empty():
        return nothing.new_from_index(0, height)
    places = np.full(height, len(values), dtype=np.int64)
    places[rows.to_numpy()] = np.arange(len(values))
    return values.clone().extend(nothing)[places]


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
    nature = names[np.where(total > 0, weights.argmax(axis=1), len(_GRAVEST))]
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


def _evidence(hits: Hits, users: pl.DataFrame, due: pl.DataFrame, originals: list[str]) -> pl.Series:
    """List the surest, then earliest phrase of each name, and where users and deadline were read."""
    shown = hits.taken(hits.of(*_SHOWN) & ~hits.negated & (hits.weight >= FLAGGED))
    order = np.lexsort((shown.start, -shown.weight, shown.name, shown.row))
    shown = shown.taken(order)
    first = np.ones(len(order), dtype=bool)
    first[1:] = (shown.row[1:] != shown.row[:-1]) | (shown.name[1:] != shown.name[:-1])
    best = shown.taken(first)
    names = np.concatenate([best.name, np.full(users.height, _USERS), np.full(due.height, _DUE)])
    rows, starts, ends = (
        np.concatenate([found, users[name].to_numpy(), due[name].to_numpy()]).astype(np.int64)
        for found, name in ((best.row, "row"), (best.start, "start"), (best.end, "end"))
    )
    sure = np.concatenate([best.weight, users["confidence"].to_numpy(), np.full(due.height, _STATED)])
    order = np.lexsort((_PLACE_OF[names], ends, starts, rows))
    places = zip(rows[order].tolist(), starts[order].tolist(), ends[order].tolist(), strict=True)
    spans = [(row, start, end, originals[row][start:end]) for row, start, end in places]
    named = [_TOLD[name] for name in names[order].tolist()]
    return evidence_lists(len(originals), spans, named, sure[order].tolist())


def evidence_lists(
    height: int, spans: Sequence[tuple[int, int, int, str]], names: Sequence[str], sure: Sequence[float]
) -> pl.Series:
    """Put spans (row, start, end, quote) in ascending rows into one list a row."""
    if height <= FEW_ROWS:
        lists: list[list[dict[str, object]]] = [[] for _ in range(height)]
        for (row, start, end, quote), name, confidence in zip(spans, names, sure, strict=True):
            lists[row].append({"name": name, "confidence": confidence, "start": start, "end": end, "quote": quote})
        return pl.Series("evidence", lists, dtype=pl.List(EVIDENCE))
    rows, starts, ends, quotes = zip(*spans, strict=True) if spans else ((), (), (), ())
    flat = pl.DataFrame(
        [names, sure, starts, ends, quotes, rows],
        schema={**dict(EVIDENCE.to_schema()), "row": pl.Int64},
    )
    lists_of = (
        flat.select("row", each=pl.struct(*EVIDENCE.to_schema())).group_by("row", maintain_order=True).agg("each")
    )
    found = _spread(lists_of["each"], lists_of["row"], height)
    return found.fill_null(pl.lit([], pl.List(EVIDENCE))).alias("evidence")
