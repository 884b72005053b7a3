"""Phrases of the lexicon, found in whole columns of text by one Aho-Corasick pass.

Every text gets a *view* of one ASCII byte a character: lower case, accents off, all that is neither letter, digit nor
sentence mark a space. Byte offsets in the view are therefore character offsets in the original, whatever was in it.
"""

from __future__ import annotations

import itertools
import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

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

_NOWHERE: Final = "A"
"""Views hold no capitals: a pattern that stands nowhere, where there is nothing to look for."""

_FLAT: Final = {
    character: base
    for character in map(chr, range(0xA0, 0x250))
    if len(base := unicodedata.normalize("NFD", character)[0]) == 1 and base.isascii() and base != character
} | dict(zip("ßøØłŁæÆœŒ\u0131đ\u2019", "soOlLaAoOid'", strict=True))

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
    patterns
        Every distinct pattern.
    by_first_word
        First word to the rows of ``phrases`` that begin with it.
    """

    phrases: pl.DataFrame
    words: Mapping[str, Mapping[str, str]]
    patterns: list[str]
    by_first_word: Mapping[str, list[int]]


def data(name: str) -> dict[str, Any]:
    """Word lists that ship with the package: ``lexicon/<name>.toml``."""
    return tomllib.loads(files("tidegate.read").joinpath("lexicon", f"{name}.toml").read_text("utf-8"))


def _alternation(phrases: Iterable[str]) -> str:
    return "|".join(sorted({plain(phrase) for phrase in phrases}, key=lambda phrase: (-len(phrase), phrase)))


def _context_words(words: Mapping[str, list[str]]) -> dict[str, str]:
    near = {kind: f" (?:{_alternation(words[kind])})" for kind in ("negation", "hedge", "hypothetical", "breaker")}
    return {
        "negation": near["negation"] + r"(?: [a-z0-9]+){0,2} *$",
        "hedge": near["hedge"] + " ",
        "hypothetical": near["hypothetical"] + " ",
        "breaker": rf"(?s)^.*(?:[.!?;:,\n]|{near['breaker']} )",
    }


def _phrases_of(language: str, source: Mapping[str, Mapping[str, list[str]]]) -> pl.DataFrame:
    """Expand one language's file."""
    macros = source.get("macros", {})
    parts = [
        pl.DataFrame({"pattern": list(itertools.chain.from_iterable(_expand(each, macros) for each in listed))}).select(
            pl.format(" {} ", "pattern").alias("pattern"), name=pl.lit(name), weight=pl.lit(GRADES[grade])
        )
        for name, grades in source.items()
        if name not in ("macros", "words")
        for grade, listed in grades.items()
    ]
    own = rf" (?:{_alternation(source['words']['negation'])}|cant|cannot|t) "
    return (
        pl.concat(parts)
        .group_by("pattern", "name", maintain_order=True)
        .agg(pl.col("weight").max())
        .select(
            "pattern", "name", pl.lit(language).alias("language"), "weight", negates=pl.col("pattern").str.contains(own)
        )
    )


@cache
def lexicon() -> Lexicon:
    """Load the lexicon that ships with the package, once."""
    sources = {language: data(language) for language in LANGUAGES}
    return build(
        pl.concat([_phrases_of(language, source) for language, source in sources.items()]),
        {language: _context_words(source["words"]) for language, source in sources.items()},
    )


def build(phrases: pl.DataFrame, words: Mapping[str, Mapping[str, str]]) -> Lexicon:
    """Make a lexicon of a table of phrases and of the context words of each language."""
    first = (
        phrases.with_row_index("at")
        .group_by(first=pl.col("pattern").str.extract(r"^ (\S+)"), maintain_order=True)
        .agg("at")
    )
    patterns = phrases["pattern"].unique(maintain_order=True).to_list()
    return Lexicon(phrases, words, patterns, dict(first.iter_rows()))


def _candidates(texts: pl.Series, lexicon: Lexicon) -> tuple[list[str], pl.DataFrame]:
    """Patterns that may occur, and their phrases."""
    if (texts.str.len_bytes().sum() or 0) > _SMALL:
        return lexicon.patterns, lexicon.phrases
    present = {word for text in texts for word in text.split()}
    phrases = lexicon.phrases[[at for word in sorted(present) for at in lexicon.by_first_word.get(word, ())]]
    return phrases["pattern"].unique(maintain_order=True).to_list() or [_NOWHERE], phrases


def find(marked_texts: pl.Series, lexicon: Lexicon) -> pl.DataFrame:
    """Find every phrase in every text.

    Parameters
    ----------
    marked_texts
        Views made by `marked`, without nulls.
    lexicon
        What to look for.

    Returns
    -------
    pl.DataFrame
        One row a hit: ``row``, ``start`` and ``end`` (characters of the original), the phrase's ``name``, ``language``,
        ``weight``, ``negates``, and ``before``: up to `CONTEXT` characters of the view before it. Overlapping hits are
        all there.
    """
    frame = pl.DataFrame({"view": marked_texts}).with_row_index("row").with_columns(text=spaced(pl.col("view")))
    patterns, phrases = _candidates(frame["text"], lexicon)
    # One automaton at a time: the optimiser is slow at comparing expressions that hold all patterns.
    starts = frame.select(start=pl.col("text").str.find_many(patterns, overlapping=True))
    found = frame.select(pattern=pl.col("text").str.extract_many(patterns, overlapping=True))
    return (
        pl.concat([frame.drop("text"), starts, found], how="horizontal")
        .lazy()
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
        .join(phrases.lazy(), on="pattern", how="inner", maintain_order="left")
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


def in_context(hits: pl.DataFrame, lexicon: Lexicon) -> pl.DataFrame:
    """Say of each hit whether the words before it, in the same clause, negate it, doubt it or only suppose it.

    Adds the booleans ``negated``, ``doubted`` and ``supposed``; drops ``before`` and ``negates``.
    """
    parts = []
    for language in hits["language"].unique(maintain_order=True):
        words = lexicon.words.get(language) or lexicon.words["en"]
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
    empty = hits.clear().with_columns(
        negated=pl.lit(value=False), doubted=pl.lit(value=False), supposed=pl.lit(value=False)
    )
    return pl.concat([empty, *parts]).drop("before", "negates").sort("row", "start", "end", "name", maintain_order=True)
