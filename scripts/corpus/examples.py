"""Labelled examples for the default taxonomy: sentences written by hand, varied as customers vary.

    python scripts/corpus/examples.py --seed 1 --out examples.parquet

``seeds/<language>.txt`` holds the sentences, ``around.toml`` what people write around them. The wording is meant to
differ from the demo company's, so that the two can check each other.
"""

from __future__ import annotations

import argparse
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from tidegate.read import taxonomy

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent
LANGUAGES = ("en", "de", "fr", "es", "pt", "it")
VARIANTS = {"en": 8}
OTHER_VARIANTS = 5
"""Variants of each sentence, the plain one included."""

LEVEL_MOVES = {
    "urgent": -1,
    "blocked_workflow": -1,
    "executive": -1,
    "churn_threat": -1,
    "security": -1,
    "relaxed": 1,
    "workaround": 1,
}
"""What else a customer says moves the level of the sentence by a step, within P0 to P3."""
SAYS_MORE = 0.45
TWO_PROBLEMS = 0.08
SARCASM = 0.05
QUOTED = 0.12


@dataclass(frozen=True, slots=True)
class Sentence:
    """A hand-written sentence and its labels."""

    text: str
    language: str
    intent: str
    level: int


@cache
def sentences(language: str) -> tuple[Sentence, ...]:
    """Sentences of one language, in the file's order."""
    found: list[Sentence] = []
    intent = ""
    for line in (HERE / "seeds" / f"{language}.txt").read_text("utf-8").splitlines():
        if heading := re.fullmatch(r"\[(\w+)\]", line):
            intent = heading[1]
        elif line and not line.startswith("#"):
            found.append(Sentence(line[2:], language, intent, int(line[0])))
    return tuple(found)


@cache
def _around() -> dict[str, Any]:
    return tomllib.loads((HERE / "around.toml").read_text("utf-8"))


class Writer:
    """One customer's way of writing, drawn from a random generator."""

    def __init__(self, random: np.random.Generator, language: str) -> None:
        self.random, self.language, self.around = random, language, _around()[language]

    def pick(self, items: list[str]) -> str:
        """Any one of the items."""
        return items[int(self.random.integers(len(items)))]

    def chance(self, share: float) -> bool:
        """Whether something happens that happens to this share of people."""
        return bool(self.random.random() < share)

    def filled(self, text: str) -> str:
        """Put numbers, days and amounts in their places."""
        number, amount = int(self.random.integers(1_000, 99_999)), int(self.random.integers(5, 900))
        money = self.pick([f"{amount} euros", f"${amount}", f"{amount}.99", f"{amount} EUR", f"£{amount}"])
        day = self.pick(self.around["days"])
        return text.replace("{number}", str(number)).replace("{amount}", money).replace("{day}", day)

    def sentence(self, text: str) -> str:
        """End a sentence as this customer would."""
        text = self.filled(text)
        return text if text[-1] in ".?!:" else text + self.pick([".", ".", "!", "", "...", "!!"])


def _levelled(level: int, said: list[str]) -> int:
    return int(np.clip(level + sum(LEVEL_MOVES.get(name, 0) for name in said), 0, 3))


def _body(writer: Writer, sentence: Sentence) -> tuple[str, list[str]]:
    """Compose a message around a sentence; also say which signals were put in."""
    around, said, parts = writer.around, [], []
    if writer.chance(0.2):
        parts.append(writer.pick(around["polite"]))
    if writer.chance(SARCASM):
        parts.append(writer.pick(around["sarcasm"]))
    if writer.chance(0.25):
        parts.append(writer.pick(around["context"]))
    parts.append(writer.sentence(sentence.text))
    if writer.chance(0.3):
        parts.append(writer.pick(around["context"]))
    if writer.chance(SAYS_MORE):
        said.append(writer.pick(list(around["says"])))
        parts.append(writer.pick(around["says"][said[-1]]))
    if writer.chance(TWO_PROBLEMS):
        others = [other for other in sentences(sentence.language) if other.intent not in (sentence.intent, "other")]
        parts += [writer.pick(around["also"]), writer.sentence(others[int(writer.random.integers(len(others)))].text)]
    return " ".join(parts), said


def _mailed(writer: Writer, body: str) -> str:
    """Wrap a message as a mail: greeting, closing, name, quoted reply."""
    around = writer.around
    if writer.chance(0.5):
        body = f"{writer.pick(around['greeting'])},\n\n{body}"
    if writer.chance(0.45):
        body = f"{body}\n\n{writer.pick(around['closing'])}\n{writer.pick(around['names'])}"
    if writer.chance(QUOTED):
        quoted = "\n".join("> " + line for line in (writer.pick(around["agent"]), writer.pick(around["agent"])))
        body = f"{body}\n\n{around['wrote']}\n{quoted}"
    return body


def _misspelt(writer: Writer, text: str) -> str:
    """Swap, drop or double a letter inside a few words."""
    words = text.split(" ")
    for at in writer.random.choice(len(words), size=max(1, len(words) // 9), replace=False):
        word = words[at]
        if len(word) > 4 and word.isalpha():
            cut = int(writer.random.integers(1, len(word) - 2))
            words[at] = writer.pick(
                [
                    word[:cut] + word[cut + 1] + word[cut] + word[cut + 2 :],
                    word[:cut] + word[cut + 1 :],
                    word[:cut] + word[cut] + word[cut:],
                ]
            )
    return " ".join(words)


def _tersely(_: Writer, text: str) -> str:
    return re.sub(r"[.,!?]", "", text).lower()


def _shouted(_: Writer, text: str) -> str:
    return text.upper()


def _plain(_: Writer, text: str) -> str:
    return text


def _unaccented(_: Writer, text: str) -> str:
    return text.translate(str.maketrans("áàâãäéèêëíìîïóòôõöúùûüçñß", "aaaaaeeeeiiiiooooouuuucns"))


_HANDS: tuple[tuple[float, Callable[[Writer, str], str]], ...] = (
    (0.62, _plain), (0.16, _misspelt), (0.10, _tersely), (0.06, _unaccented), (0.06, _shouted),
)  # fmt: skip
"""How people type, and how many of them."""


def _subject(writer: Writer, text: str) -> str | None:
    """Write a subject line: the first words, a stock phrase, or none."""
    way = writer.random.random()
    words = text.split()
    if way < 0.5:
        return " ".join(words[: int(writer.random.integers(3, 8))]).rstrip(".,:")
    return writer.pick(writer.around["subjects"]) if way < 0.75 else None


def _variant(writer: Writer, sentence: Sentence, number: int) -> dict[str, Any]:
    """Variant 0 is the sentence alone; the others are messages around it."""
    text, said = (writer.filled(sentence.text), []) if number == 0 else _body(writer, sentence)
    if number:
        hands = np.array([share for share, _ in _HANDS])
        text = _HANDS[int(writer.random.choice(len(_HANDS), p=hands))][1](writer, text)
        text = text if number % 3 == 1 else _mailed(writer, text)
    subject = _subject(writer, writer.filled(sentence.text)) if number else None
    return {
        "text": text if subject is None else f"{subject}\n{text}",
        "subject": subject,
        "body": text,
        "language": sentence.language,
        "intent": sentence.intent,
        "nature": taxonomy.default().nature(sentence.intent),
        "level": f"P{_levelled(sentence.level, said)}",
        "signals": [name for name in said if name not in ("urgent", "relaxed")],
        "sentence": f"{sentence.language}:{sentence.intent}:{sentence.text}",
    }


def examples(seed: int, *, plain: bool = False) -> pl.DataFrame:
    """Write labelled examples; the same seed gives the same rows.

    Returns
    -------
    pl.DataFrame
        ``text`` (subject, newline, body), ``subject``, ``body``, ``language``, ``intent``, ``nature``, ``level``,
        ``signals`` (those that were put in; the sentence itself may carry others) and ``sentence``, the hand-written
        one: split by it, lest variants of one sentence stand on both sides. ``plain`` gives the sentences alone.
    """
    rows = []
    for language in LANGUAGES:
        random = np.random.default_rng([seed, LANGUAGES.index(language)])
        variants = 1 if plain else VARIANTS.get(language, OTHER_VARIANTS)
        for sentence in sentences(language):
            rows += [_variant(Writer(random, language), sentence, number) for number in range(variants)]
    return pl.DataFrame(rows, schema_overrides={"signals": pl.List(pl.String), "subject": pl.String})


def main() -> None:
    """Write the examples to a file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    made = examples(arguments.seed)
    made.write_parquet(arguments.out)
    print(made.group_by("intent").agg(pl.len(), pl.col("language").n_unique()).sort("intent"))


if __name__ == "__main__":
    main()
