"""What stands around a phrase: hits of the lexicon, weighed by the language and the words before them.

All hits of a block are one entry each in a few arrays, so a hit costs the same few steps in a short text alone as among
ten thousand.
"""

from __future__ import annotations

import sys
from bisect import bisect_left
from dataclasses import dataclass, fields, replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from tidegate.read.phrases import HINTS, KINDS, LANGUAGES, Found, Lexicon
from tidegate.tables.words import NATURES, SIGNALS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tidegate.read.views import View

CONTEXT: Final = 56
"""Characters before a phrase in which a negation, a doubt or a supposition may stand."""
BETWEEN: Final = 2
"""Words that may stand between a negation and what it turns."""

DOUBT: Final = 0.75  # "could be a leak"
SUPPOSED: Final = 0.45  # "how do I report a leak"
FOREIGN: Final = 0.6  # a phrase of another language than the text's, where the text's is not plain
PLAIN: Final = 0.9  # confidence from which only the text's own language and English are looked at
_SUPPOSABLE: Final = ("workaround", "blocked_workflow", "security", "payment_failure", "repeated_failure", "legal")

AREA: Final = "area:"
NAMES: Final = (
    *SIGNALS, "urgent", "relaxed", "frustration", "negative", "positive", *NATURES, *KINDS, *HINTS,
)  # fmt: skip
"""All that the packaged lexicon names; product areas of a team's own are numbered after them."""
CODE: Final = {name: code for code, name in enumerate(NAMES)}
_FIRST_KIND: Final = CODE[KINDS[0]]
_LAST_KIND: Final = CODE[KINDS[-1]]
_ENGLISH: Final = LANGUAGES.index("en")
_FAMILIES: Final = {"relaxed": "urgent", "positive": "negative"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """Phrases found, one entry each, in the order of rows, then of names.

    Parameters
    ----------
    row
        Row of the block.
    name
        Place in `NAMES`; product areas come after them.
    start, end
        Characters of the row.
    weight
        Confidence in the phrase where it stands, 0 to 1.
    negated
        Whether the words before it turn it.
    """

    row: NDArray[np.int64]
    name: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    weight: NDArray[np.float64]
    negated: NDArray[np.bool_]

    def taken(self, keep: NDArray[np.bool_] | NDArray[np.int64]) -> Self:
        """Keep some hits."""
        return type(self)(**{field.name: getattr(self, field.name)[keep] for field in fields(self)})

    def of(self, *names: str) -> NDArray[np.bool_]:
        """Say which hits have one of the names."""
        return _named(names).take(self.name, mode="clip")


@cache
def _named(names: tuple[str, ...]) -> NDArray[np.bool_]:
    """Say of each code whether it is one of some names; the last entry is for product areas."""
    wanted = np.zeros(len(NAMES) + 1, dtype=bool)
    wanted[[CODE[name] for name in names]] = True
    return wanted


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Names:
    """The lexicon's phrases as arrays, and what their numbers name.

    Parameters
    ----------
    name, language, weight
        What each phrase says, in which language, and how surely.
    family
        Its name, or the name that it is the opposite of.
    context
        Whether it only turns other phrases, or hints.
    negates
        Whether it has a negation of its own.
    areas
        Product areas, numbered after `NAMES`.
    """

    name: NDArray[np.int64]
    language: NDArray[np.int64]
    weight: NDArray[np.float64]
    family: NDArray[np.int64]
    context: NDArray[np.bool_]
    negates: NDArray[np.bool_]
    areas: tuple[str, ...]


@lru_cache(maxsize=8)
def names_of(lexicon: Lexicon) -> Names:
    """Give the names and languages of a lexicon's phrases as numbers."""
    listed = lexicon.phrases["name"].to_list()
    areas = sorted({name for name in listed if name not in CODE})
    codes = CODE | {area: len(NAMES) + number for number, area in enumerate(areas)}
    languages = lexicon.phrases["language"].to_list()
    name = np.array([codes[name] for name in listed], dtype=np.int64)
    return Names(
        name=name,
        language=np.array([LANGUAGES.index(language) for language in languages], dtype=np.int64),
        weight=lexicon.phrases["weight"].to_numpy().astype(np.float64),
        family=np.array([codes[_FAMILIES.get(name, name)] for name in listed], dtype=np.int64),
        context=(name >= _FIRST_KIND) & (name < len(NAMES)),
        negates=lexicon.phrases["negates"].to_numpy().astype(bool),
        areas=tuple(area.removeprefix(AREA) for area in areas),
    )


def hits(view: View, found: Found, lexicon: Lexicon, spoken: NDArray[np.int64], sure: NDArray[np.float64]) -> Hits:
    """Weigh the outermost hits by what stands before them and by whether they are in the text's language.

    Parameters
    ----------
    view, found, lexicon
        The block, what was found in it, and of which lexicon.
    spoken
        Language of each row, as a place in `phrases.LANGUAGES`; -1 where it is another or unknown.
    sure
        Confidence in it.

    Notes
    -----
    Where the language is plain, only phrases of it and of English count, English ones at `FOREIGN` of their weight:
    people mix it in, and many a word of one language is spelt like another's.
    """
    spans = _spans(view, found, lexicon)
    names = names_of(lexicon)
    tongue = spoken[spans.row]
    told, own = tongue >= 0, tongue == spans.language
    weight = names.weight[found.phrase] * np.where(told & ~own, FOREIGN, 1.0)
    open_ = (~told | (sure[spans.row] < PLAIN)) & (weight > 0)
    said = (~spans.context & (own | (spans.language == _ENGLISH) | open_)).nonzero()[0]
    family = names.family[found.phrase[said]]
    kept = said[_outermost(spans.row[said], family, spans.start[said], spans.end[said], weight[said])]
    clauses = _clauses(view, spans.start[kept], spans.row[kept])
    negated, doubted, supposed = _turned(spans, kept, clauses)
    code, row = spans.name[kept], spans.row[kept]
    supposed &= _named(_SUPPOSABLE).take(code, mode="clip")
    return Hits(
        row=row,
        name=code,
        start=spans.start[kept] - view.starts[row],
        end=spans.end[kept] - view.starts[row],
        weight=weight[kept] * np.where(supposed, SUPPOSED, np.where(doubted, DOUBT, 1.0)),
        negated=negated & ~names.negates[found.phrase[kept]],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spans:
    """What was found, with the places of its words in the block; ``context`` marks what only turns other phrases."""

    row: NDArray[np.int64]
    name: NDArray[np.int64]
    language: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    context: NDArray[np.bool_]


def _spans(view: View, found: Found, lexicon: Lexicon) -> _Spans:
    names = names_of(lexicon)
    starts, ends = view.words
    start = starts[found.first]
    return _Spans(
        row=view.rows_of(start),
        name=names.name[found.phrase],
        language=names.language[found.phrase],
        start=start,
        end=ends[found.last],
        first=found.first,
        last=found.last,
        context=names.context[found.phrase],
    )


def hinted(view: View, found: Found, lexicon: Lexicon) -> tuple[list[Hinted], list[Hinted]]:
    """Texts that may name people, and texts that may state a time, with the places of the words that say so.

    A word such as ``by`` or ``within`` counts if a time begins within `CONTEXT` characters after it.
    """
    name = names_of(lexicon).name[found.phrase]
    starts, ends = view.words
    who, cue, time = ((name == CODE[hint]).nonzero()[0] for hint in HINTS)
    people = _by_row(view, starts[found.first[who]])
    if not len(cue):
        return people, []
    times = sorted([*view.figures.tolist(), *starts[found.first[time]].tolist(), sys.maxsize])
    close = [times[bisect_left(times, end)] - end <= CONTEXT for end in ends[found.last[cue]].tolist()]
    return people, _by_row(view, starts[found.first[cue[np.array(close)]]])


Hinted = tuple[int, str, "list[int]"]
"""Number of a text, the text as its view has it, and places in it, ascending."""


def _by_row(view: View, places: NDArray[np.int64]) -> list[Hinted]:
    """Group places of a block by text."""
    if not len(places):
        return []
    found = np.array(sorted({*places.tolist()}))
    grouped: dict[int, list[int]] = {}
    rows = view.rows_of(found)
    for row, place in zip(rows.tolist(), (found - view.starts[rows]).tolist(), strict=True):
        grouped.setdefault(row, []).append(place)
    return [(row, view.text(row), at) for row, at in grouped.items()]


def _outermost(
    row: NDArray[np.int64],
    family: NDArray[np.int64],
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    weight: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Keep of each family in a row only hits that no other hit of the family contains; in order of row and family.

    A phrase that two languages share counts once, with the larger weight; one that says nothing goes first.
    """
    order = np.lexsort((-weight, weight > 0, -end, start, family, row))
    if not len(order):
        return order
    # Ends of one group, lifted above all ends of the groups before it: one running maximum serves all groups.
    floor = (row[order] * (int(family.max()) + 1) + family[order]) * (int(end.max()) + 2)
    lifted = floor + end[order]
    reach = floor.copy()
    np.maximum(floor[1:], np.maximum.accumulate(lifted)[:-1], out=reach[1:])
    return order[lifted > reach]


def _clauses(view: View, at: NDArray[np.int64], row: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where the clause before each place begins, as far as sentence marks and the reach of `CONTEXT` say."""
    begins = np.maximum(view.starts[row], at - CONTEXT)
    if not len(view.marks):
        return begins
    place = view.marks.searchsorted(at) - 1
    return np.maximum(begins, np.where(place >= 0, view.marks[np.maximum(place, 0)] + 1, 0))


def _turned(
    spans: _Spans, kept: NDArray[np.int64], clauses: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Say of each kept hit whether words of its language, before it in its clause, negate, doubt or only suppose it."""
    around = (spans.context & (spans.name <= _LAST_KIND)).nonzero()[0]
    if not len(around) or not len(kept):
        none = np.zeros(len(kept), dtype=bool)
        return none, none, none.copy()
    # One number tells kind, language and end: a search finds the latest word of each kind before each hit.
    start, end = spans.start[kept], spans.end[around]
    lift = int(max(start.max(), end.max())) + 1
    keys = ((spans.name[around] - _FIRST_KIND) * len(LANGUAGES) + spans.language[around]) * lift + end
    order = keys.argsort(kind="stable")
    keys, around = keys[order], around[order]
    groups = np.arange(len(KINDS))[:, None] * len(LANGUAGES) + spans.language[kept]
    place = keys.searchsorted(groups * lift + start) - 1
    there = (place >= 0) & (keys[place] >= groups * lift)
    words = around[place]
    clause = np.maximum(clauses, np.where(there[3], spans.end[words[3]], 0))
    turned = there[:3] & (spans.start[words[:3]] >= clause)
    return turned[0] & (spans.first[kept] - spans.last[words[0]] - 1 <= BETWEEN), turned[1], turned[2]


def together(parts: list[tuple[int, Hits]]) -> Hits:
    """Put the hits of blocks one after the other, rows counted on from each block's first."""
    if len(parts) == 1:
        return parts[0][1]
    moved = [replace(part, row=part.row + first) for first, part in parts]
    return Hits(**{field.name: np.concatenate([getattr(part, field.name) for part in moved]) for field in fields(Hits)})
