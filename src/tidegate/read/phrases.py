"""Phrases of the lexicon, found in whole blocks of text at once.

A phrase is a run of words. Every run's first words are known by a hash, so all words of a block are tried at once as
the first of a phrase, those that may go on are tried with their next word, and so on: ten steps over arrays, whatever
the number of phrases, and no automaton to build for one short text.
"""

from __future__ import annotations

import itertools
import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from tidegate.read.views import FLAT, View, mixed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

LANGUAGES: Final = ("en", "de", "fr", "es", "pt", "it")
"""Languages that have a lexicon, in the order in which ties are settled."""

GRADES: Final[Mapping[str, float]] = {"strong": 0.9, "fair": 0.7, "weak": 0.4, "none": 0.0}
"""Confidence in a phrase; one of grade `none` says nothing, and keeps shorter ones inside it from being read."""
KINDS: Final = ("negation", "hedge", "hypothetical", "breaker")
"""Words that change what a phrase after them says; looked for like phrases."""
HINTS: Final = ("~who", "~cue", "~time")
"""Words without which a text names no people and states no time; looked for like phrases, in every language."""

_FLATTEN: Final = str.maketrans(FLAT)
_ONWARD: Final = np.uint64(0x9E3779B97F4A7C15)
_FILTER: Final = 20
"""Bits of a hash by which most words that begin nothing are told apart at once."""


def flat(text: pl.Expr) -> pl.Expr:
    """Lower-case ASCII of the same length in characters: accents off, what has no ASCII form a space."""
    return (
        text.str.replace_many(list(FLAT), list(FLAT.values())).str.replace_all(r"[^\x00-\x7F]", " ").str.to_lowercase()
    )


def plain(phrase: str) -> str:
    """Write a phrase as it stands in a spaced view: flat, words parted by one space."""
    return " ".join(re.sub(r"[^a-z0-9{}|<>]", " ", phrase.translate(_FLATTEN).lower()).split())


def _expand(phrase: str, macros: Mapping[str, str]) -> Iterator[str]:
    for name, choices in macros.items():
        phrase = phrase.replace(f"<{name}>", "{" + choices + "}")
    parts = [part.split("|") for part in re.split(r"[{}]", plain(phrase))]
    return (" ".join("".join(choice).split()) for choice in itertools.product(*parts))


def data(name: str) -> dict[str, Any]:
    """Word lists that ship with the package: ``lexicon/<name>.toml``."""
    return tomllib.loads(files("tidegate.read").joinpath("lexicon", f"{name}.toml").read_text("utf-8"))


def _alternation(phrases: Iterable[str]) -> str:
    return "|".join(sorted({plain(phrase) for phrase in phrases}, key=lambda phrase: (-len(phrase), phrase)))


def _phrases_of(language: str, source: Mapping[str, Mapping[str, list[str]]]) -> pl.DataFrame:
    """Expand one language's file."""
    macros = source.get("macros", {})
    parts = [
        pl.DataFrame({"pattern": list(itertools.chain.from_iterable(_expand(each, macros) for each in listed))}).select(
            "pattern", name=pl.lit(name), weight=pl.lit(GRADES[grade])
        )
        for name, grades in source.items()
        if name not in ("macros", "words")
        for grade, listed in grades.items()
    ]
    context = [(plain(word), kind) for kind in KINDS for word in source["words"][kind]]
    kinds = pl.DataFrame(context, schema=["pattern", "name"], orient="row").with_columns(weight=pl.lit(0.0))
    own = rf" (?:{_alternation(source['words']['negation'])}|cant|cannot|t) "
    return (
        pl.concat([*parts, kinds.select("pattern", "name", "weight")])
        .group_by("pattern", "name", maintain_order=True)
        .agg(pl.col("weight").max())
        .select(
            "pattern",
            "name",
            pl.lit(language).alias("language"),
            "weight",
            negates=pl.format(" {} ", "pattern").str.contains(own),
        )
    )


def _hints() -> pl.DataFrame:
    """Words that say that a text may name people or state a time."""
    people, times = data("people"), data("times")
    who = [form for word in people["who"] for form in _forms(word)]
    who += [phrase for listed in people["crowds"].values() for phrase in listed]
    cue = [*times["cue"], *times["until"], *times["within"]]
    time = [word for name in ("today", "tomorrow", "week", "noon") for word in times[name]]
    time += [word for name in ("days", "units", "months") for listed in times[name].values() for word in listed]
    rows = [(plain(word), name) for name, words in zip(HINTS, (who, cue, time), strict=True) for word in words]
    return pl.DataFrame(rows, schema=["pattern", "name"], orient="row").select(
        "pattern", "name", language=pl.lit("en"), weight=pl.lit(0.0), negates=pl.lit(value=False)
    )


def _forms(word: str) -> tuple[str, ...]:
    """Both spellings of a word with one letter that may be left out: ``users?``."""
    at = word.find("?")
    return (word,) if at < 0 else (word[:at] + word[at + 1 :], word[: at - 1] + word[at + 1 :])


@cache
def lexicon() -> Lexicon:
    """Load the lexicon that ships with the package, once."""
    return build(pl.concat([*(_phrases_of(language, data(language)) for language in LANGUAGES), _hints()]))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Lexicon:
    """Phrases, ready to be looked for.

    Parameters
    ----------
    phrases
        ``pattern`` (words parted by one space), ``name``, ``language``, ``weight``, ``negates`` (has a negation of its
        own, so that one before it does not turn it); sorted by pattern as ``prefixes`` names them.
    prefixes
        Hashes of all first words of all patterns, ascending.
    longer
        Of each prefix, whether a pattern goes on after it.
    first, last
        Of each prefix, the rows of ``phrases`` that are the prefix itself: ``first`` up to, not including, ``last``.
    """

    phrases: pl.DataFrame
    prefixes: NDArray[np.uint64]
    longer: NDArray[np.bool_]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    _met: NDArray[np.bool_] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Note which beginnings of hashes occur."""
        met = np.zeros(1 << _FILTER, dtype=bool)
        met[self.prefixes >> np.uint64(64 - _FILTER)] = True
        object.__setattr__(self, "_met", met)

    def places(self, states: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Find which states are prefixes: their indices, and the prefixes'."""
        maybe = self._met[states >> np.uint64(64 - _FILTER)].nonzero()[0]
        wanted = states[maybe]
        places = self.prefixes.searchsorted(wanted)
        right = self.prefixes.take(places, mode="clip") == wanted
        return maybe[right], places[right]


def build(phrases: pl.DataFrame) -> Lexicon:
    """Make a lexicon of a table of phrases; see `Lexicon` for its columns."""
    phrases = phrases.filter(pl.col("pattern").str.contains("[a-z0-9]"))
    patterns = phrases["pattern"].unique(maintain_order=True)
    view = View.of(patterns.to_list())
    starts, _ = view.words
    begins = np.searchsorted(starts, view.starts)
    counts = np.diff(np.concatenate([begins, [len(starts)]]))
    states = view.hashes[begins]
    reached, onward = [], []
    for depth in range(int(counts.max())):
        going = counts > depth
        if depth > 0:
            states[going] = _next(states[going], view.hashes[begins[going] + depth])
        reached.append(states[going])
        onward.append(counts[going] > depth + 1)
    prefixes, places = np.unique(np.concatenate(reached), return_inverse=True)
    longer = np.zeros(len(prefixes), dtype=bool)
    longer[places[np.concatenate(onward)]] = True
    at = pl.DataFrame({"pattern": patterns, "prefix": np.searchsorted(prefixes, states)})
    ordered = phrases.join(at, on="pattern", how="left", maintain_order="left").sort("prefix", maintain_order=True)
    edges = np.searchsorted(ordered["prefix"].to_numpy(), np.arange(len(prefixes) + 1))
    return Lexicon(phrases=ordered.drop("prefix"), prefixes=prefixes, longer=longer, first=edges[:-1], last=edges[1:])


def _next(states: NDArray[np.uint64], words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Hash of a run of words that one more word follows."""
    return mixed(states * _ONWARD + words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Where phrases stand in a block: one entry a hit, overlapping ones and all.

    Parameters
    ----------
    phrase
        Row of the lexicon's phrases.
    first, last
        First and last word of the hit, as numbered by `View.words`.
    """

    phrase: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]


def find(view: View, lexicon: Lexicon) -> Found:
    """Find every phrase in every text of a block.

    Notes
    -----
    Time is linear in the words: no more than as many steps as the longest phrase has words, each over fewer of them.
    Two runs of words with one 64-bit hash count as the same; that is left to chance.
    """
    states = view.hashes
    first = last = np.arange(len(states))
    parts: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]] = []
    while True:
        kept, places = lexicon.places(states)
        first, last = first[kept], last[kept]
        parts.append((places, first, last))
        onward = (lexicon.longer[places] & view.joins[last + 1]).nonzero()[0]
        if not len(onward):
            return _spread(parts, lexicon)
        first, last = first[onward], last[onward] + 1
        states = _next(lexicon.prefixes[places[onward]], view.hashes[last])


def _spread(parts: Sequence[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]], lexicon: Lexicon) -> Found:
    """One entry a phrase: none for a mere beginning, several where those of several names or languages look alike."""
    places, first, last = map(np.concatenate, zip(*parts, strict=True))
    begins = lexicon.first[places]
    counts = lexicon.last[places] - begins
    each = np.arange(len(places)).repeat(counts)
    skipped = counts.cumsum() - counts - begins
    return Found(phrase=np.arange(len(each)) - skipped[each], first=first[each], last=last[each])
