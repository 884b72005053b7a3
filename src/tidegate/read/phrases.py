"""Phrases of the lexicon, found in whole columns of text by one Aho-Corasick pass.

Every text gets a *view* of one ASCII byte a character: lower case, accents off, all that is neither letter, digit nor
sentence mark a space. Byte offsets in the view are therefore character offsets in the original, whatever was in it.
"""

from __future__ import annotations

import itertools
import re
import tomllib
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

LANGUAGES: Final = ("en", "de", "fr", "es", "pt", "it")
"""Languages that have a lexicon, in the order in which ties are settled."""

GRADES: Final[Mapping[str, float]] = {"strong": 0.9, "fair": 0.7, "weak": 0.4}
CONTEXT: Final = 56
"""Characters before a phrase in which a negation, a doubt or a supposition may stand."""

_SMALL: Final = 4_000
"""Below as many characters in all, only phrases whose first word occurs are looked for: building the automaton
would cost more than the search."""

_FLAT: Final = {
    character: flat
    for character in map(chr, range(0xA0, 0x250))
    if len(flat := unicodedata.normalize("NFD", character)[0]) == 1 and flat.isascii() and flat != character
} | {"ß": "s", "ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "æ": "a", "Æ": "a", "œ": "o", "Œ": "o", "ı": "i", "đ": "d", "’": "'"}

_FLATTEN: Final = str.maketrans(_FLAT)


def flat(text: pl.Expr) -> pl.Expr:
    """Lower-case ASCII of the same length in characters: accents off, what has no ASCII form a space."""
    return (
        text.str.replace_many(list(_FLAT), list(_FLAT.values()))
        .str.replace_all(r"[^\x00-\x7F]", " ")
        .str.to_lowercase()
    )


def marked(flat_text: pl.Expr) -> pl.Expr:
    """Turn all but letters, digits and sentence marks into spaces, with a space at both ends (offsets move by one)."""
    return pl.concat_str(pl.lit(" "), flat_text.str.replace_all(r"[^a-z0-9.!?;:,\n]", " "), pl.lit(" "))


def spaced(marked_text: pl.Expr) -> pl.Expr:
    """Turn sentence marks into spaces too: what phrases are looked for in."""
    return marked_text.str.replace_all(r"[.!?;:,\n]", " ")


def plain(phrase: str) -> str:
    """Write a phrase as it stands in a spaced view: flat, words parted by one space."""
    return " ".join(re.sub(r"[^a-z0-9{}|<>]", " ", phrase.translate(_FLATTEN).lower()).split())


def _expand(phrase: str, macros: Mapping[str, str]) -> Iterator[str]:
    for name, choices in macros.items():
        phrase = phrase.replace(f"<{name}>", "{" + choices + "}")
    parts = [part.split("|") for part in re.split(r"[{}]", plain(phrase))]
    return (" ".join("".join(choice).split()) for choice in itertools.product(*parts))


@dataclass(frozen=True, slots=True, eq=False)
class Lexicon:
    """Phrases and context words, ready to be looked for.

    Attributes
    ----------
    phrases
        ``pattern`` (with a space at both ends), ``name``, ``language``, ``weight``, ``negates`` (has a negation of its
        own, so that one before it does not turn it).
    words
        Language to kind (negation, hedge, hypothetical, breaker) to a regular expression over the context.
    by_first_word
        First word to the patterns that begin with it.
    """

    phrases: pl.DataFrame
    words: Mapping[str, Mapping[str, str]]
    by_first_word: Mapping[str, tuple[str, ...]]


def _read(language: str) -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(files("tidegate.read").joinpath("lexicon", f"{language}.toml").read_text("utf-8"))


def _alternation(phrases: Iterable[str]) -> str:
    return "|".join(sorted({plain(phrase) for phrase in phrases}, key=lambda phrase: (-len(phrase), phrase)))


def _context_words(words: Mapping[str, list[str]]) -> dict[str, str]:
    near = {kind: f" (?:{_alternation(words[kind])})" for kind in ("negation", "hedge", "hypothetical", "breaker")}
    return {
        "negation": near["negation"] + r"(?: [a-z0-9]+){0,2} *$",
        "hedge": near["hedge"] + " ",
        "hypothetical": near["hypothetical"] + " ",
        "breaker": rf"(?s)^.*(?:[.!?;:,\n]|{near['breaker'][1:]} )",
    }


def _phrase_rows(language: str, lexicon: Mapping[str, Mapping[str, list[str]]]) -> Iterator[tuple]:
    macros = lexicon.get("macros", {})
    negations = re.compile(rf"\b(?:{_alternation(lexicon['words']['negation'])}|cant|cannot|t)\b")
    for name, grades in lexicon.items():
        if name in ("macros", "words"):
            continue
        best: dict[str, float] = {}
        for grade, phrases in grades.items():
            for phrase in itertools.chain.from_iterable(_expand(each, macros) for each in phrases):
                best[phrase] = max(best.get(phrase, 0.0), GRADES[grade])
        for phrase, weight in best.items():
            yield f" {phrase} ", name, language, weight, bool(negations.search(phrase))


@cache
def lexicon() -> Lexicon:
    """Load the lexicon that ships with the package, once."""
    sources = {language: _read(language) for language in LANGUAGES}
    return build(
        (row for language, source in sources.items() for row in _phrase_rows(language, source)),
        {language: _context_words(source["words"]) for language, source in sources.items()},
    )


def build(rows: Iterable[tuple], words: Mapping[str, Mapping[str, str]]) -> Lexicon:
    """Make a lexicon of (pattern, name, language, weight, negates) rows."""
    schema = {"pattern": pl.String, "name": pl.String, "language": pl.String, "weight": pl.Float64, "negates": pl.Boolean}
    phrases = pl.DataFrame(list(rows), schema=schema, orient="row")
    first: defaultdict[str, list[str]] = defaultdict(list)
    for pattern in phrases["pattern"].unique(maintain_order=True):
        first[pattern.split(" ", 2)[1]].append(pattern)
    return Lexicon(phrases, words, {word: tuple(patterns) for word, patterns in first.items()})


def _candidates(texts: pl.Series, phrases: Lexicon) -> list[str]:
    if (texts.str.len_bytes().sum() or 0) > _SMALL:
        return [pattern for patterns in phrases.by_first_word.values() for pattern in patterns]
    present = {word for text in texts for word in text.split()}
    return [pattern for word in sorted(present) for pattern in phrases.by_first_word.get(word, ())]


def find(marked_texts: pl.Series, phrases: Lexicon) -> pl.DataFrame:
    """Find every phrase in every text.

    Parameters
    ----------
    marked_texts
        Views made by `marked`, without nulls.
    phrases
        What to look for.

    Returns
    -------
    pl.DataFrame
        One row a hit: ``row``, ``start`` and ``end`` (characters of the original), the phrase's ``name``, ``language``,
        ``weight``, ``negates``, and ``before``: up to `CONTEXT` characters of the view before it, from the last
        clause break on. Overlapping hits are all there.
    """
    frame = pl.DataFrame({"view": marked_texts}).with_row_index("row").with_columns(text=spaced(pl.col("view")))
    patterns = _candidates(frame["text"], phrases)
    return (
        frame.lazy()
        .select(
            "row",
            "view",
            start=pl.col("text").str.find_many(patterns, overlapping=True),
            pattern=pl.col("text").str.extract_many(patterns, overlapping=True),
        )
        .filter(pl.col("start").list.len() > 0)
        .explode("start", "pattern")
        .with_columns(pl.col("start").cast(pl.Int32))
        .with_columns(
            end=pl.col("start") + pl.col("pattern").str.len_bytes().cast(pl.Int32) - 2,
            before=pl.col("view").str.slice(
                pl.max_horizontal(pl.col("start") - CONTEXT, 0), pl.min_horizontal(pl.col("start"), CONTEXT) + 1
            ),
        )
        .drop("view")
        .join(phrases.phrases.lazy(), on="pattern", how="inner", maintain_order="left")
        .drop("pattern")
        .collect()
    )


def outermost(hits: pl.DataFrame, family: pl.Expr) -> pl.DataFrame:
    """Keep of each family in a row only hits that no other hit of the family contains."""
    keys = ("row", "family")
    return (
        hits.with_columns(family=family)
        .sort("row", "family", "start", "end", descending=[False, False, False, True], maintain_order=True)
        .filter(pl.col("end") > pl.col("end").cum_max().shift(1).over(keys).fill_null(-1))
        .drop("family")
    )


def in_context(hits: pl.DataFrame, phrases: Lexicon) -> pl.DataFrame:
    """Say of each hit whether the words before it, in the same clause, negate it, doubt it or only suppose it.

    Adds the booleans ``negated``, ``doubted`` and ``supposed``; drops ``before`` and ``negates``.
    """
    parts = []
    for language in hits["language"].unique(maintain_order=True):
        words = phrases.words.get(language) or phrases.words["en"]
        clause = pl.col("before").str.replace(words["breaker"], " ")
        parts.append(
            hits.filter(pl.col("language") == language)
            .with_columns(before=clause)
            .with_columns(
                negated=~pl.col("negates") & pl.col("before").str.contains(words["negation"]),
                doubted=pl.col("before").str.contains(words["hedge"]),
                supposed=pl.col("before").str.contains(words["hypothetical"]),
            )
        )
    empty = hits.clear().with_columns(negated=pl.lit(False), doubted=pl.lit(False), supposed=pl.lit(False))
    return pl.concat([empty, *parts]).drop("before", "negates").sort("row", "start", "end", "name", maintain_order=True)
