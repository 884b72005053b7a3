"""The reader that ships with the package and the readers that teams train: from tickets to readings.

A cascade fits behind the same contract: a dearer reader takes the rows that this one marks as unsure.
"""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
import polars as pl

from tidegate.read import mail
from tidegate.read.columns import FEW_ROWS, array, listed, table
from tidegate.read.conformal import likely_sets
from tidegate.read.context import CONTEXT, context_of
from tidegate.read.embedding import MODELS
from tidegate.read.evidence import LISTS, evidence, joined
from tidegate.read.given import LEARNED, SOURCES, given_table, moved, source_codes
from tidegate.read.model import Model, load_model
from tidegate.read.signals import said
from tidegate.read.telling import Sentences
from tidegate.tables.contracts import Readings
from tidegate.tables.words import LEVELS, SIGNALS, URGENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from tidegate.policy.model import Given, Policy
    from tidegate.read.cache import ReadingCache
    from tidegate.read.columns import Column
    from tidegate.read.heads import Head

    Progress = Callable[[int, int], None]

TEXT_WEIGHT: Final = {"priority": 0.5, "impact and urgency": 0.5}
"""How far an untrained reader's text moves the odds of a filed level: it has not seen this team's outcomes."""

KEEP: Final = 0.02
"""Share of the filed level's posterior that a trained one keeps: no level is ever ruled out."""

RESTS_ON: Final = ("subject", "body", "created_at", "language", "first_level", "given_level", *CONTEXT[1:])
"""Columns of a ticket that a reading rests on, whatever the model: while they stay, the reading does."""

_SCHEMA: Final = Readings.create_empty().schema
_TEXT_SCHEMA: Final[dict[str, Any]] = {
    **{name: _SCHEMA[name] for name in (*SIGNALS, "urgency", "frustration", "sentiment", "deadline_at", "read_users")},
    "read_language": pl.String(),
    "evidence": LISTS,
    "unread": pl.String(),
    "silent": pl.Boolean(),
    "about": pl.Int16(),
    "about_start": pl.Int32(),
    "about_end": pl.Int32(),
}
"""Types of what is read from a text alone, but for its logits."""

_WEIGHTS: Final = np.array([TEXT_WEIGHT.get(source, 1.0) for source in SOURCES])
_BATCH: Final = 4096
_SILENT: Final = "no text"
_KEPT: Final = 3
"""Version of the columns that are kept of a text: those of another are read anew."""


class Reader(Protocol):
    """Anything that turns tickets into readings."""

    def read(self, tickets: pl.DataFrame, *, now: datetime, progress: Progress | None = None) -> pl.DataFrame:
        """Read tickets.

        Parameters
        ----------
        tickets
            Valid by `tables.Tickets`.
        now
            The moment of asking.
        progress
            Called with tickets done and tickets in all.

        Returns
        -------
        polars.DataFrame
            Valid by `tables.Readings`, one row a ticket in their order. It never raises for one ticket: ``unread`` says
            why nothing, or not all, was read from its text.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticReader:
    """Reads with static embeddings, n-grams and linear heads, and phrases for the signals.

    Parameters
    ----------
    model
        What it answers with.
    policy
        Gives the filed level's posterior, the coverage of level sets, and which languages and texts are trusted.
    learned
        A table of filed levels that was learned from history, see `given.learn_confusion`.
    cache
        Keeps what was read from texts.
    """

    model: Model
    policy: Policy
    learned: Given | None = None
    cache: ReadingCache | None = None
    _filed: NDArray[np.float64] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Note what a filed level turned out to be."""
        object.__setattr__(self, "_filed", given_table(self.policy, self.learned))

    def read(self, tickets: pl.DataFrame, *, now: datetime, progress: Progress | None = None) -> pl.DataFrame:
        """Read tickets; see `Reader.read`. What is read from a text does not depend on ``now``."""
        del now
        readings, _ = self._readings(tickets, self._found(tickets, progress))
        return table(readings, _SCHEMA)

    def read_fully(self, tickets: pl.DataFrame, *, now: datetime, progress: Progress | None = None) -> pl.DataFrame:
        """Read tickets, and add what the readings table has no column for.

        Returns
        -------
        polars.DataFrame
            As `read`, with ``intent_probabilities`` (a struct), and where the model was taught them ``effort_minutes``,
            ``escalation_risk`` and ``expected_csat``.
        """
        del now
        readings, answers = self._readings(tickets, self._found(tickets, progress))
        return table(readings, _SCHEMA).hstack(_more(answers, listed(readings["silent"])))

    def _found(self, tickets: pl.DataFrame, progress: Progress | None) -> Mapping[str, Column]:
        """Read what rests on the texts alone, or take it from the cache."""
        total = tickets.height
        if self.cache is None and total <= FEW_ROWS:
            found = self._texts(tickets)
            if progress is not None:
                progress(total, total)
            return found
        texts = pl.DataFrame([tickets[name] for name in ("subject", "body", "created_at")])

        def read_texts(rows: pl.DataFrame) -> pl.DataFrame:
            parts, done = [], total - rows.height
            for part in self._on_all_cores(rows):
                parts.append(part)
                done += part.height
                if progress is not None:
                    progress(done, total)
            return pl.concat(parts)

        if self.cache is None:
            return read_texts(texts).to_dict()
        return self.cache.through(self.kept_under(), texts, read_texts)[0].to_dict()

    def _on_all_cores(self, rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """Read batches side by side, as many as Polars has threads; they come back in order."""
        batches = [rows.slice(start, _BATCH) for start in range(0, max(rows.height, 1), _BATCH)]
        workers = min(pl.thread_pool_size(), len(batches))
        if workers == 1:
            yield from map(self._texts_table, batches)
            return
        with ThreadPoolExecutor(workers) as pool:
            yield from pool.map(self._texts_table, batches)

    def kept_under(self) -> str:
        """Name what a reading rests on besides the text: the model, the word lists, the zone of deadlines."""
        said = f"{_KEPT} {self.model.version} {lexicon_digest()} {self.policy.calendar.timezone}"
        return hashlib.blake2b(said.encode(), digest_size=8).hexdigest()

    def _texts(self, rows: pl.DataFrame) -> dict[str, Column]:
        """Read what rests on the text alone: signals, and each head's part of the logits."""
        found = said(rows, zone=self.policy.calendar.timezone)
        masked, texts, _ = found.cleaned
        sentences = Sentences.of(masked)
        logits, of_pieces = self.model.parted_logits(texts, sentences)
        about = self.model.intents(logits).argmax(axis=1)
        spans = sentences.telling(about, self.model.intents(of_pieces))
        return found.columns() | {
            "logits": logits,
            "silent": [not text for text in texts],
            "about": about.tolist(),
            "about_start": [start for start, _ in spans],
            "about_end": [end for _, end in spans],
        }

    def _texts_table(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Do the same, as a table that can be kept."""
        found = self._texts(rows)
        width = array(found["logits"]).shape[1]
        return table(found, _TEXT_SCHEMA | {"logits": pl.Array(pl.Float32, width)}, few=0)

    def _readings(
        self, tickets: pl.DataFrame, found: Mapping[str, Column]
    ) -> tuple[dict[str, Column], dict[str, tuple[Head, NDArray[np.floating]]]]:
        """Columns of the readings table, and every question's answer."""
        context = tickets if self.model.heads.columns is None else context_of(tickets)
        answers = self.model.answers(array(found["logits"]), context)
        silent = listed(found["silent"])
        levels, source = self._levels(tickets, answers, ~np.array(silent, dtype=bool))
        columns = {
            **found,
            "ticket_id": tickets["ticket_id"],
            **{f"level_{level.lower()}": levels[:, k] for k, level in enumerate(LEVELS)},
            "level_source": source,
            **_intent(answers["intent"], silent),
            "nature": _nature(answers["nature"], silent),
            "product_area": [None] * tickets.height,
            "unread": [_SILENT if mute else why for mute, why in zip(silent, listed(found["unread"]), strict=True)],
        }
        columns |= self._doubt(levels, columns, tickets["language"].to_list())
        telling = _telling(columns, answers["intent"][0], mail.originals(tickets))
        columns["evidence"] = joined(columns["evidence"], telling)
        return columns, answers

    def _levels(
        self, tickets: pl.DataFrame, answers: dict[str, tuple[Head, NDArray[np.floating]]], said: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float64], list[str]]:
        """Join the filed level with what was read: probabilities of shape (tickets, 4), and what they rest on."""
        codes = source_codes(tickets)
        filed = self._filed[codes]
        head, logits = answers["level"]
        read = head.probabilities(logits)
        if "level" in self.model.windows:
            return (1 - KEEP) * read + KEEP * filed, ["text and columns" if text else "columns" for text in said]
        ends = LEARNED if self.learned else ""
        sources = [
            f"{'text and ' if text else ''}{SOURCES[code]}{ends}"
            for code, text in zip(codes.tolist(), said.tolist(), strict=True)
        ]
        return moved(filed, read, np.array(self.model.base), _WEIGHTS[codes] * said), sources

    def _doubt(
        self, levels: NDArray[np.float64], columns: Mapping[str, Column], filed: Sequence[str | None]
    ) -> dict[str, Column]:
        """Level sets at the policy's coverage, and whether a person should look."""
        review = self.policy.review
        window = self.model.windows.get("level")
        held = window.sets(levels, review.coverage) if window else likely_sets(levels, review.coverage)
        trusted = {*(review.languages or self.model.languages)}
        least = self.model.scope if review.scope is None else review.scope
        rows = zip(listed(columns["read_language"]), filed, listed(columns["in_scope"]), strict=True)
        strange = [
            score is not None and (score < least or (other if read == "unknown" else read) not in trusted)
            for read, other, score in rows
        ]
        sets = held @ _PLACES
        return {
            "level_set": [_SETS[code] for code in sets.tolist()] if len(sets) <= FEW_ROWS else _EVERY_SET[sets],
            "unsure": _SPANS[sets] | np.array(strange, dtype=bool),
        }


@lru_cache(maxsize=1)
def lexicon_digest() -> str:
    """Digest of the packaged word lists: readings kept on disk do not outlive them."""
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted((MODELS.parent / "lexicon").iterdir()):
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()


def default_reader(policy: Policy, *, learned: Given | None = None, cache: ReadingCache | None = None) -> StaticReader:
    """Make the reader that ships with the package; see `StaticReader` for the parameters."""
    return load_reader(MODELS, policy, learned=learned, cache=cache)


def load_reader(
    folder: Path, policy: Policy, *, learned: Given | None = None, cache: ReadingCache | None = None
) -> StaticReader:
    """Make a reader of a model that ``tidegate train`` saved; see `load_model` for what can go wrong."""
    return StaticReader(model=load_model(Path(folder)), policy=policy, learned=learned, cache=cache)


def _intent(answer: tuple[Head, NDArray[np.floating]], silent: Sequence[bool]) -> dict[str, Column]:
    head, logits = answer
    probabilities = head.probabilities(logits)
    best = probabilities.argmax(axis=1).tolist()
    return {
        "intent": _unless(silent, [head.classes[code] for code in best]),
        "intent_confidence": _unless(silent, probabilities.max(axis=1).tolist()),
        "in_scope": _unless(silent, logits.max(axis=1).tolist()),
    }


def _telling(columns: Mapping[str, Column], head: Head, originals: Sequence[str]) -> Column:
    """Quote the telling sentence, where the intent is the one that the text alone speaks for."""
    names = ("about_start", "about_end", "intent_confidence", "intent", "about")
    rows = zip(*(listed(columns[name]) for name in names), strict=True)
    spans = [
        (row, start, end, "intent", confidence)
        for row, (start, end, confidence, intent, about) in enumerate(rows)
        if start is not None and intent == head.classes[about]
    ]
    return evidence(originals, spans)


def _nature(answer: tuple[Head, NDArray[np.floating]], silent: Sequence[bool]) -> list[str | None]:
    head, logits = answer
    return _unless(silent, [head.classes[code] for code in logits.argmax(axis=1).tolist()])


def _more(answers: dict[str, tuple[Head, NDArray[np.floating]]], silent: Sequence[bool]) -> list[pl.Series]:
    """Probabilities of every intent, and the numbers that a team's own model may foretell."""
    head, logits = answers["intent"]
    probabilities = [dict(zip(head.classes, row, strict=True)) for row in head.probabilities(logits).tolist()]
    fields = pl.Struct(dict.fromkeys(head.classes, pl.Float64))
    more = [pl.Series("intent_probabilities", _unless(silent, probabilities), dtype=fields)]
    if "effort" in answers:
        more.append(
            pl.Series("effort_minutes", np.expm1(np.clip(answers["effort"][1][:, 0].astype(np.float64), 0, 12)))
        )
    if "escalated" in answers:
        risky, odds = answers["escalated"]
        more.append(pl.Series("escalation_risk", risky.probabilities(odds)[:, risky.classes.index("yes")]))
    if "csat" in answers:
        more.append(pl.Series("expected_csat", np.clip(answers["csat"][1][:, 0].astype(np.float64), 0, 1)))
    return more


def _unless(silent: Sequence[bool], values: Sequence[Any]) -> list[Any]:
    """Leave values out where nothing was said."""
    return [None if mute else value for mute, value in zip(silent, values, strict=True)]


_SETS: Final = [[level for k, level in enumerate(LEVELS) if code >> k & 1] for code in range(2 ** len(LEVELS))]
_EVERY_SET: Final = pl.Series(_SETS)
_PLACES: Final = 1 << np.arange(len(LEVELS))
_SPANS: Final = np.array([len({level in URGENT for level in each}) != 1 for each in _SETS])
"""Sets that hold urgent levels and others, or none at all."""
