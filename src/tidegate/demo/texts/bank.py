"""The sentences of the demo: grammars in one data file a language, expanded once into pools to pick from.

A sentence such as ``[The|Our] {report} export [fails|breaks]`` stands for many: brackets offer alternatives and may
nest, braces name a slot of the language. Expansion uses a stream of its own for each pool, so a pool is the same
whichever other languages are loaded. ``{ref}``, ``{users}`` and ``{name}`` stay: they are filled for each ticket.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterator

BANDS: Final = ("grave", "plain", "mild")
_BRACKETS: Final = re.compile(r"\[([^\[\]]*)\]")
_SLOT: Final = re.compile(r"\{(\w+)\}")
_LATE: Final = frozenset({"ref", "users", "name"})
_EACH: Final = 24
"""Expansions of a sentence that offers a choice."""


@dataclass(frozen=True, slots=True)
class Bank:
    """All sentences of some languages in one column, and where each pool stands in it.

    Parameters
    ----------
    sentences, mistyped
        The same sentences, as written and as somebody in a hurry types them; row 0 is empty.
    pools
        By language and name (``intents/billing/grave``): first row and number of rows.
    """

    sentences: pl.Series
    mistyped: pl.Series
    pools: dict[tuple[str, str], tuple[int, int]]

    def table(self, languages: tuple[str, ...], names: tuple[str, ...]) -> np.ndarray:
        """Where pools stand, as an array of shape (languages, names, 2); languages that are not loaded have (0, 1)."""
        rows = [[self.pools.get((code, name), (0, 1)) for name in names] for code in languages]
        return np.array(rows, dtype=np.int64)


@cache
def bank(languages: tuple[str, ...]) -> Bank:
    """Load and expand the sentences of some languages.

    Parameters
    ----------
    languages
        ISO 639-1 codes that have a file.
    """
    rows, pools = [""], {}
    for code in languages:
        grammar = load(code)
        slots = grammar["slots"]
        for name, templates in _pools(grammar):
            drawn = expand(templates, slots, np.random.default_rng(zlib.crc32(f"{code}/{name}".encode())))
            pools[code, name] = (len(rows), len(drawn))
            rows += [text + _after(name) for text in drawn]
    sentences = pl.Series("sentence", rows)
    return Bank(sentences, pl.Series("sentence", mistype(rows)), pools)


def load(code: str) -> dict[str, Any]:
    """Read one language's grammar as it stands in its file."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = files("tidegate.demo.texts").joinpath(f"{code}.yml").read_text("utf-8")
    return yaml.load(text, loader)  # noqa: S506 -- both are safe loaders


def _pools(grammar: dict[str, Any], path: str = "") -> Iterator[tuple[str, list[str]]]:
    for key, value in grammar.items():
        name = f"{path}/{key}" if path else key
        if isinstance(value, dict):
            yield from _pools(value, name)
        elif path != "slots":
            yield name, value


def _after(name: str) -> str:
    """Give what stands between a sentence and the next; nothing where it stands alone."""
    top, last = name.split("/", maxsplit=1)[0], name.rsplit("/", maxsplit=1)[-1]
    if top == "greeting":
        return "\n\n"
    alone = top in {"agent", "requester", "title", "quoted"} or last in {"subject", "solved"}
    return "\n" if top == "closing" else "" if alone else " "


def expand(templates: list[str], slots: dict[str, list[str]], rng: np.random.Generator) -> list[str]:
    """Write each template out several times with different choices; equal results count once, order is kept."""
    drawn = [
        _one(template, slots, rng)
        for template in templates
        for _ in range(_EACH if "[" in template or _choices(template) else 1)
    ]
    return list(dict.fromkeys(drawn))


def _choices(template: str) -> bool:
    return any(name not in _LATE for name in _SLOT.findall(template))


def _one(template: str, slots: dict[str, list[str]], rng: np.random.Generator) -> str:
    def pick(options: list[str]) -> str:
        return options[int(rng.integers(len(options)))]

    def fill(found: re.Match[str]) -> str:
        name = found[1]
        if name in _LATE:
            return found[0]
        return str(int(rng.integers(2, 40))) if name == "number" else pick(slots[name])

    text = template
    while "[" in text or _choices(text):
        text = _BRACKETS.sub(lambda found: pick(found[1].split("|")), text)
        text = _SLOT.sub(fill, text)
    return text


def mistype(rows: list[str]) -> list[str]:
    """Give each sentence as typed in a hurry: letters swapped or dropped, no capitals; deterministic."""
    rng = np.random.default_rng(len(rows))
    return [_hurry(text, rng.random(4)) for text in rows]


def _hurry(text: str, luck: np.ndarray) -> str:
    if len(text) < 12 or "{" in text:  # noqa: PLR2004 -- nothing to mistype, or a slot that must stay whole
        return text
    place = 1 + int(luck[0] * (len(text) - 4))
    other = 1 + int(luck[1] * (len(text) - 4))
    if text[place : place + 2].isalpha():
        text = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    if luck[2] < 0.5 and text[other].isalpha():  # noqa: PLR2004 -- every second
        text = text[:other] + text[other + 1 :]
    return text.lower() if luck[3] < 0.4 else text  # noqa: PLR2004 -- two in five
