"""Posts about everyday software and devices, for the packaged heads: composed of sentences of our own.

The hand-written seeds speak of a business's own service. Real desks also hear of mail programs, printers, phones and
spreadsheets, from people who tell a story: what they use, since when, what they tried, thanks in advance. Those
sentences stand around every intent alike, so that they count for none, and a word such as "e-mail" does not by itself
mean phishing. ``corpus/everyday.toml`` holds all of it.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

SOURCE = Path(__file__).parent / "corpus" / "everyday.toml"
SHARES = {
    "bug": 0.34, "how_to": 0.22, "onboarding": 0.10, "access": 0.08, "feature_request": 0.06, "complaint": 0.06,
    "security": 0.04, "billing": 0.03, "cancellation_or_refund": 0.03, "outage": 0.02, "other": 0.02,
}  # fmt: skip
"""How often each is written about: as at a desk for software, where most tell of faults and ask how."""

TITLED, TITLE_IS_FIRST = 0.85, 0.15
CORE = ((1, 0.62), (2, 0.30), (3, 0.08))
BEFORE = ((0, 0.45), (1, 0.35), (2, 0.20))
AFTER = ((0, 0.35), (1, 0.30), (2, 0.20), (3, 0.15))
TERSE, LOUD, MISSPELT = 0.15, 0.04, 0.10
_SPECIAL = ("any", "titles", "core", "around")


@dataclass(frozen=True, slots=True)
class Sources:
    """The file, every choice split."""

    domains: dict[str, dict[str, list[str]]]
    weights: np.ndarray
    titles: dict[str, list[str]]
    core: dict[str, list[str]]
    around: dict[str, list[str]]


@cache
def sources() -> Sources:
    """Load the file."""
    data: dict[str, dict[str, Any]] = tomllib.loads(SOURCE.read_text("utf-8"))
    shared = {name: _split(words) for name, words in data["any"].items()}
    names = [name for name in data if name not in _SPECIAL]
    weights = np.array([data[name]["weight"] for name in names], dtype=float)
    return Sources(
        domains={
            name: shared | {key: _split(words) for key, words in data[name].items() if key != "weight"}
            for name in names
        },
        weights=weights / weights.sum(),
        titles={name: _split(words) for name, words in data["titles"].items()},
        core={name: _split(words) for name, words in data["core"].items()},
        around={name: _split(words) for name, words in data["around"].items()},
    )


def everyday(count: int, seed: int) -> pl.DataFrame:
    """Write ``count`` posts: ``text`` (title, newline, body) and ``intent``."""
    random = np.random.default_rng(seed)
    intents = random.choice(list(SHARES), size=count, p=np.array(list(SHARES.values())))
    rows = [(_post(random, intent), intent) for intent in intents.tolist()]
    return pl.DataFrame(rows, schema=["text", "intent"], orient="row").unique("text", maintain_order=True)


def _post(random: np.random.Generator, intent: str) -> str:
    known = sources()
    slots = known.domains[list(known.domains)[int(random.choice(len(known.weights), p=known.weights))]]

    def filled(choices: list[str]) -> str:
        text = _pick(random, choices)
        while "{" in text:
            text = re.sub(r"\{(\w+)\}", lambda slot: _pick(random, slots[slot[1]]), text)
        return text

    core = [filled(known.core[intent]) for _ in range(_drawn(random, CORE))]
    before = [filled(known.around["before"]) for _ in range(_drawn(random, BEFORE))]
    after = [filled(known.around["after"]) for _ in range(_drawn(random, AFTER))]
    body = " ".join(_ended(random, sentence) for sentence in (*before, *core, *after))
    title = ""
    if random.random() < TITLED:
        title = core[0] if random.random() < TITLE_IS_FIRST else filled(known.titles[intent])
        if random.random() < TITLE_IS_FIRST:
            body = title
    return (
        _typed(random, title[:1].upper() + title[1:] if random.random() < 0.6 else title) + "\n" + _typed(random, body)
    )


def _typed(random: np.random.Generator, text: str) -> str:
    """Write as people type: in lower case without full stops, in capitals, with letters swapped."""
    way = random.random()
    if way < TERSE:
        return re.sub(r"[.,!]", "", text).lower()
    if way < TERSE + LOUD:
        return text.upper()
    if way < TERSE + LOUD + MISSPELT:
        words = text.split(" ")
        for at in random.integers(len(words), size=1 + len(words) // 12).tolist():
            word = words[at]
            if len(word) > 4:
                cut = int(random.integers(1, len(word) - 2))
                words[at] = word[:cut] + word[cut + 1] + word[cut] + word[cut + 2 :]
        return " ".join(words)
    return text


def _ended(random: np.random.Generator, sentence: str) -> str:
    sentence = sentence[:1].upper() + sentence[1:]
    return sentence if sentence[-1:] in ".?!," else sentence + _pick(random, [".", ".", ".", "!", "..."])


def _drawn(random: np.random.Generator, choices: tuple[tuple[int, float], ...]) -> int:
    return int(random.choice([number for number, _ in choices], p=[share for _, share in choices]))


def _pick(random: np.random.Generator, items: list[str]) -> str:
    return items[int(random.integers(len(items)))]


def _split(words: str) -> list[str]:
    return [" ".join(word.split()) for word in words.split("|")]
