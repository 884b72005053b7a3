"""What a text says besides its subject: eleven signals, urgency, frustration, sentiment, each with its evidence.

Whole columns at a time: every phrase of the lexicon is found at once, then only the hits are looked at, as arrays.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from tidegate.read import affected, deadlines, language, mail, phrases, sentiment
from tidegate.read.columns import table
from tidegate.read.evidence import LISTS, evidence
from tidegate.read.hits import AREA, NAMES, Hits, hinted, hits, names_of, together
from tidegate.read.views import blocks
from tidegate.tables.words import NATURES, SIGNALS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime, time

    from numpy.typing import NDArray

    from tidegate.read.columns import Column
    from tidegate.read.hits import Hinted

FLAGGED: Final = 0.5
"""Confidence from which a signal counts as there."""
BATCH: Final = 32_768
"""Texts read at a time: bounds the memory that hits take."""

_CERTAIN: Final = 0.98  # no number of phrases makes a signal surer
_STATED: Final = 0.8  # confidence in a deadline that was read
_PRESSING: Final = ((4, 0.95), (24, 0.8), (72, 0.6), (math.inf, 0.4))
"""Hours to a stated deadline, and the urgency that it amounts to."""
_GRAVEST: Final = ("emotional", "advisory", "process", "lookup")
"""Natures, those that ask for most care first: ties go to them."""
_TOLD: Final[dict[str, str]] = {"urgent": "urgency"}
"""What evidence is called, where it is not the name of its phrases."""
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
    slices = []
    for at in range(0, max(texts.height, 1), BATCH):
        found = said(texts.slice(at, BATCH), zone=zone, day_ends=day_ends, lexicon=lexicon)
        slices.append(table(found.columns() | _more(found, lexicon), _SCHEMA))
    return pl.concat(slices)


def _with_areas(lexicon: phrases.Lexicon, areas: Mapping[str, Sequence[str]] | None) -> phrases.Lexicon:
    if not areas:
        return lexicon
    named = [(area, plain) for area, listed in areas.items() for phrase in listed if (plain := phrases.plain(phrase))]
    rows = [(plain, AREA + area, "en", 0.9, False) for area, plain in named]
    added = pl.DataFrame(rows, schema=lexicon.phrases.schema, orient="row")
    return phrases.build(pl.concat([lexicon.phrases, added]).unique(maintain_order=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What some texts say, before it is a table.

    Parameters
    ----------
    originals, cleaned
        The texts, and what counts of them.
    languages, spoken
        Language of each text, and the confidence in it.
    hits, loudness
        What was found in them, see `hits.hits`, and how loud each is written.
    users, due
        People affected and deadlines, of the texts that state them.
    sure
        Shape (texts, `_COUNTED`): confidence in each signal, in haste and in leisure.
    """

    originals: list[str]
    cleaned: mail.Cleaned
    languages: list[str]
    spoken: NDArray[np.float64]
    hits: Hits
    loudness: NDArray[np.float64]
    users: list[affected.People]
    due: list[deadlines.Due]
    sure: NDArray[np.float64]

    def __len__(self) -> int:
        """Count the texts."""
        return len(self.originals)

    def columns(self) -> dict[str, Column]:
        """Give what `tables.Readings` has a column for."""
        flagged = self.sure >= FLAGGED
        return {
            **{name: flagged[:, at] for at, name in enumerate(SIGNALS)},
            "urgency": _urgency(self.sure, self.due),
            "frustration": sentiment.frustration(self.hits, self.loudness),
            "sentiment": sentiment.sentiment(self.hits, len(self)),
            "deadline_at": _placed(len(self), ((due.row, due.at) for due in self.due)),
            "read_users": _placed(len(self), ((people.row, people.users) for people in self.users)),
            "read_language": self.languages,
            "evidence": _evidence(self),
            "unread": self.cleaned.unread,
        }


def said(
    texts: pl.DataFrame,
    *,
    zone: str = "UTC",
    day_ends: time = deadlines.DAY_ENDS,
    lexicon: phrases.Lexicon | None = None,
) -> Said:
    """Look for all that texts say; see `signals` for the parameters. Without a lexicon, the packaged one."""
    originals = mail.originals(texts)
    cleaned = mail.cleaned_texts(originals)
    languages, spoken = language.languages(cleaned.text)
    seen = _look(cleaned.masked, phrases.lexicon() if lexicon is None else lexicon, languages, spoken)
    written = _written(texts, [row for row, _, _ in seen.times])
    return Said(
        originals=originals,
        cleaned=cleaned,
        languages=languages,
        spoken=spoken,
        hits=seen.hits,
        loudness=seen.loudness,
        users=affected.affected(seen.people),
        due=deadlines.deadlines(seen.times, written, zone=zone, day_ends=day_ends),
        sure=_confidences(seen.hits, len(originals)),
    )


def _more(found: Said, lexicon: phrases.Lexicon) -> dict[str, Column]:
    """Give what the readings table has no column for, and the product areas."""
    nature, nature_confidence = _natures(found.hits, len(found))
    return {
        **{f"{name}_confidence": found.sure[:, at] for at, name in enumerate(SIGNALS)},
        "product_area": _areas(found.hits, names_of(lexicon).areas, len(found)),
        "nature": nature,
        "nature_confidence": nature_confidence,
        "language_confidence": found.spoken,
        "text": found.cleaned.text,
        "masked": found.cleaned.masked,
    }


def _placed(height: int, values: Iterable[tuple[int, Any]]) -> list[Any]:
    """Put values in their rows, None elsewhere."""
    column: list[Any] = [None] * height
    for row, value in values:
        column[row] = value
    return column


def _written(texts: pl.DataFrame, rows: list[int]) -> list[datetime | None]:
    """When some of the texts were written; None where the frame does not say."""
    if not rows or "created_at" not in texts.columns:
        return [None] * len(rows)
    created = texts["created_at"].to_list()
    return [created[row] for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What a look at all blocks of some texts gives: hits, loudness, and the texts that need a closer look."""

    hits: Hits
    loudness: NDArray[np.float64]
    people: list[Hinted]
    times: list[Hinted]


def _look(masked: list[str], lexicon: phrases.Lexicon, languages: Sequence[str], sure: NDArray[np.float64]) -> _Seen:
    spoken = np.array([_TONGUE.get(name, -1) for name in languages], dtype=np.int64)
    parts, loudness, people, times = [], [np.zeros(0)], [], []
    for first, view in blocks(masked):
        found = phrases.find(view, lexicon)
        rows = slice(first, first + len(view))
        parts.append((first, hits(view, found, lexicon, spoken[rows], sure[rows])))
        loudness.append(sentiment.shouting(view))
        for kept, texts in zip((people, times), hinted(view, found, lexicon), strict=True):
            kept += [(first + row, text, places) for row, text, places in texts]
    return _Seen(hits=together(parts), loudness=np.concatenate(loudness), people=people, times=times)


def _spread(values: pl.Series, rows: pl.Series, height: int) -> pl.Series:
    """Put values in their rows, null elsewhere."""
    nothing = pl.Series(values.name, [None], dtype=values.dtype)
    if values.is_empty():
        return nothing.new_from_index(0, height)
    places = np.full(height, len(values), dtype=np.int64)
    places[rows.to_numpy()] = np.arange(len(values))
    return values.clone().extend(nothing)[places]


def _urgency(sure: NDArray[np.float64], due: Sequence[deadlines.Due]) -> NDArray[np.float64]:
    """Take the most pressing of what is stated, the hours that a deadline leaves, and blocked work at half weight."""
    stated, relaxed = sure[:, _COUNTED.index("urgent")], sure[:, _COUNTED.index("relaxed")]
    pressing = np.zeros(len(sure))
    for each in due:
        pressing[each.row] = next(urgency for limit, urgency in _PRESSING if each.hours <= limit)
    blocked = sure[:, _COUNTED.index("blocked_workflow")] * 0.5
    calm = np.where((relaxed >= FLAGGED) & (pressing == 0), 0.2, 1.0)
    return np.maximum(np.maximum(stated, pressing), blocked) * calm


_COUNTED: Final = (*SIGNALS, "urgent", "relaxed")
_COLUMN: Final = np.array([_COUNTED.index(name) if name in _COUNTED else -1 for name in (*NAMES, AREA)])
"""Column of each name, -1 for those that have none; the last entry is for product areas."""


def _confidences(hits: Hits, rows: int) -> NDArray[np.float64]:
    """Noisy-or of the phrases of each name, shape (rows, `_COUNTED`)."""
    column = _COLUMN.take(hits.name, mode="clip")
    counted = ~hits.negated & (column >= 0)
    cells = hits.row[counted] * len(_COUNTED) + column[counted]
    doubt = np.bincount(cells, weights=np.log1p(-hits.weight[counted]), minlength=rows * len(_COUNTED))
    return np.minimum(1 - np.exp(doubt), _CERTAIN).reshape(rows, len(_COUNTED))


def _natures(hits: Hits, rows: int) -> tuple[list[str | None], list[float | None]]:
    """Nature with most weight; ties go to the one that asks for most care. None where nothing says."""
    weights = np.zeros((rows, len(_GRAVEST)))
    for at, name in enumerate(_GRAVEST):
        mine = hits.of(name) & ~hits.negated
        weights[:, at] = np.bincount(hits.row[mine], weights=hits.weight[mine], minlength=rows)
    total, most = weights.sum(axis=1), weights.max(axis=1)
    there, best, sure = (total > 0).tolist(), weights.argmax(axis=1).tolist(), (most / (total + 0.3)).tolist()
    names = [_GRAVEST[at] if known else None for at, known in zip(best, there, strict=True)]
    return names, [value if known else None for value, known in zip(sure, there, strict=True)]


def _areas(hits: Hits, areas: tuple[str, ...], rows: int) -> Column:
    """Product area named most often, then earliest."""
    named = hits.taken(hits.name >= len(NAMES))
    if not areas or not len(named.row):
        return [None] * rows
    frame = pl.DataFrame({"row": named.row, "area": named.name - len(NAMES), "start": named.start})
    best = (
        frame.group_by("row", "area")
        .agg(pl.len(), pl.col("start").min())
        .sort("row", "len", "start", "area", descending=[False, True, False, False])
        .unique("row", keep="first", maintain_order=True)
    )
    return _spread(pl.Series(areas, dtype=pl.String).gather(best["area"]), best["row"], rows)


def _evidence(said: Said) -> Column:
    """List the surest, then earliest phrase of each name, and where users and deadline were read."""
    hits = said.hits
    shown = (hits.of(*_SHOWN) & ~hits.negated & (hits.weight >= FLAGGED)).nonzero()[0]
    columns = (hits.row, hits.name, -hits.weight, hits.start, hits.end)
    ordered = sorted(zip(*(column[shown].tolist() for column in columns), strict=True), reverse=True)
    best = {(row, name): rest for row, name, *rest in ordered}
    spans = [
        (row, start, end, _TOLD.get(NAMES[name], NAMES[name]), -doubt)
        for (row, name), (doubt, start, end) in best.items()
    ]
    spans += [(people.row, people.start, people.end, "affected_users", people.confidence) for people in said.users]
    spans += [(due.row, due.start, due.end, "deadline", _STATED) for due in said.due]
    return evidence(said.originals, sorted(spans))


_TONGUE: Final = {name: place for place, name in enumerate(phrases.LANGUAGES)}
_SCHEMA: Final[dict[str, Any]] = {
    **dict.fromkeys(SIGNALS, pl.Boolean()),
    **dict.fromkeys((f"{name}_confidence" for name in SIGNALS), pl.Float64()),
    **dict.fromkeys(("urgency", "frustration", "sentiment"), pl.Float64()),
    "deadline_at": pl.Datetime("us", "UTC"),
    "read_users": pl.Int32(),
    "product_area": pl.String(),
    "nature": pl.Enum(NATURES),
    "nature_confidence": pl.Float64(),
    "read_language": pl.String(),
    "language_confidence": pl.Float64(),
    "evidence": LISTS,
    **dict.fromkeys(("text", "masked", "unread"), pl.String()),
}
