"""The reader that ships with the package and the readers that teams train: from tickets to readings.

A cascade fits behind the same contract: a dearer reader takes the rows that this one marks as unsure.
"""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
import polars as pl

from tidegate.read import mail
from tidegate.read.conformal import likely_sets
from tidegate.read.context import context_of
from tidegate.read.embedding import MODELS
from tidegate.read.given import LEARNED, SOURCES, given_table, moved, source_codes
from tidegate.read.model import Model, load_model
from tidegate.read.signals import EVIDENCE, FEW_ROWS, signals
from tidegate.read.telling import Sentences
from tidegate.tables.contracts import Readings
from tidegate.tables.words import LEVELS, NATURES, URGENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from tidegate.policy.model import Given, Policy
    from tidegate.read.cache import ReadingCache
    from tidegate.read.heads import Head

    Progress = Callable[[int, int], None]

TEXT_WEIGHT: Final = {"priority": 0.5, "impact and urgency": 0.5}
"""How far an untrained reader's text moves the odds of a filed level: it has not seen this team's outcomes."""

KEEP: Final = 0.02
"""Share of the filed level's posterior that a trained one keeps: no level is ever ruled out."""

_SCHEMA: Final = Readings.create_empty().schema
_INTENT: Final = list(_SCHEMA).index("intent")
_BATCH: Final = 4096
_SILENT: Final = "no text"
_KEPT: Final = 2
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

    def read(self, tickets: pl.DataFrame, *, now: datetime, progress: Progress | None = None) -> pl.DataFrame:
        """Read tickets; see `Reader.read`. What is read from a text does not depend on ``now``."""
        del now
        readings, _ = self._readings(tickets, self._found(tickets, progress))
        return pl.DataFrame(readings)

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
        said = readings[_INTENT].is_not_null().to_numpy()
        return pl.DataFrame([*readings, *_more(answers, said)])

    def _found(self, tickets: pl.DataFrame, progress: Progress | None) -> pl.DataFrame:
        """Read what rests on the texts alone, or take it from the cache."""
        texts = pl.DataFrame([tickets[name] for name in ("subject", "body", "created_at")])
        total = tickets.height

        def read_texts(rows: pl.DataFrame) -> pl.DataFrame:
            parts, done = [], total - rows.height
            for part in self._on_all_cores(rows):
                parts.append(part)
                done += part.height
                if progress is not None:
                    progress(done, total)
            return pl.concat(parts)

        if self.cache is None:
            return read_texts(texts)
        return self.cache.through(self._kept_under(), texts, read_texts)[0]

    def _on_all_cores(self, rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """Read batches side by side, as many as Polars has threads; they come back in order."""
        batches = [rows.slice(start, _BATCH) for start in range(0, max(rows.height, 1), _BATCH)]
        workers = min(pl.thread_pool_size(), len(batches))
        if workers == 1:
            yield from map(self._texts, batches)
            return
        with ThreadPoolExecutor(workers) as pool:
            yield from pool.map(self._texts, batches)

    def _kept_under(self) -> str:
        """Name what a reading rests on besides the text: the model, the word lists, the zone of deadlines."""
        said = f"{_KEPT} {self.model.version} {lexicon_digest()} {self.policy.calendar.timezone}"
        return hashlib.blake2b(said.encode(), digest_size=8).hexdigest()

    def _texts(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Read what rests on the text alone: signals, and each head's part of the logits."""
        found = signals(rows, zone=self.policy.calendar.timezone)
        sentences = Sentences.of(found["masked"].to_list())
        texts = found["text"].to_list()
        logits, of_pieces = self.model.parted_logits(texts, sentences)
        about = self.model.intents(logits).argmax(axis=1)
        spans = sentences.telling(about, self.model.intents(of_pieces))
        return pl.DataFrame(
            [
                *(column for column in found.get_columns() if column.name not in ("text", "masked")),
                pl.Series("logits", logits, dtype=pl.Array(pl.Float32, logits.shape[1])),
                pl.Series("silent", [not text for text in texts], dtype=pl.Boolean),
                pl.Series("about", about, dtype=pl.Int16),
                pl.Series("about_start", [start for start, _ in spans], dtype=pl.Int32),
                pl.Series("about_end", [end for _, end in spans], dtype=pl.Int32),
            ]
        )

    def _readings(
        self, tickets: pl.DataFrame, found: pl.DataFrame
    ) -> tuple[list[pl.Series], dict[str, tuple[Head, NDArray[np.floating]]]]:
        """Columns of the readings table, and every question's answer."""
        context = tickets if self.model.heads.columns is None else context_of(tickets)
        answers = self.model.answers(found["logits"].to_numpy(), context)
        said = ~found["silent"].to_numpy()
        levels, source = self._levels(tickets, answers, said)
        made = [
            tickets["ticket_id"],
            *(pl.Series(f"level_{level.lower()}", levels[:, k]) for k, level in enumerate(LEVELS)),
            source.alias("level_source"),
            *_intent(answers["intent"], said),
            _nature(answers["nature"], said),
            _unread(found["unread"], said),
        ]
        columns = {column.name: column for column in (*found.get_columns(), *made)}
        columns |= {column.name: column for column in self._doubt(levels, columns, tickets["language"])}
        columns["evidence"] = _with_intent(columns, answers["intent"][0], mail.original(tickets))
        return [_typed(columns[name], name, dtype) for name, dtype in _SCHEMA.items()], answers

    def _levels(
        self, tickets: pl.DataFrame, answers: dict[str, tuple[Head, NDArray[np.floating]]], said: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float64], pl.Series]:
        """Join the filed level with what was read: probabilities of shape (tickets, 4), and what they rest on."""
        codes = source_codes(tickets)
        filed = given_table(self.policy, self.learned)[codes]
        head, logits = answers["level"]
        read = head.probabilities(logits)
        if "level" in self.model.windows:
            source = pl.Series([("text and columns" if text else "columns") for text in said], dtype=pl.String)
            return (1 - KEEP) * read + KEEP * filed, source
        weight = np.array([TEXT_WEIGHT.get(source, 1.0) for source in SOURCES])[codes] * said
        sources = [source + (LEARNED if self.learned else "") for source in SOURCES]
        named = pl.Series([*sources, *(f"text and {source}" for source in sources)], dtype=pl.String)
        source = named[codes + len(SOURCES) * said]
        return moved(filed, read, np.array(self.model.base), weight), source

    def _doubt(
        self, levels: NDArray[np.float64], columns: Mapping[str, pl.Series], filed: pl.Series
    ) -> list[pl.Series]:
        """Level sets at the policy's coverage, and whether a person should look."""
        review = self.policy.review
        window = self.model.windows.get("level")
        held = window.sets(levels, review.coverage) if window else likely_sets(levels, review.coverage)
        urgent = [level in URGENT for level in LEVELS]
        spans = held[:, urgent].any(axis=1) == held[:, np.logical_not(urgent)].any(axis=1)
        trusted = {*(review.languages or self.model.languages)}
        spoken = zip(columns["read_language"].to_list(), filed.to_list(), strict=True)
        foreign = np.array(
            [(other if read == "unknown" else read) not in trusted for read, other in spoken], dtype=bool
        )
        scores = columns["in_scope"].to_numpy()
        outside = scores < (self.model.scope if review.scope is None else review.scope)
        unsure = spans | (~columns["silent"].to_numpy() & (foreign | outside))
        return [_set_lists(held), pl.Series("unsure", unsure)]


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


def _typed(column: pl.Series, name: str, dtype: pl.DataType) -> pl.Series:
    column = column if column.dtype == dtype else column.cast(dtype)
    return column if column.name == name else column.alias(name)


def _intent(answer: tuple[Head, NDArray[np.floating]], said: NDArray[np.bool_]) -> list[pl.Series]:
    head, logits = answer
    probabilities = head.probabilities(logits)
    best = probabilities.argmax(axis=1)
    names = pl.Series(head.classes, dtype=pl.String)[best]
    return [
        _where(said, names).alias("intent"),
        _where(said, pl.Series(probabilities.max(axis=1))).alias("intent_confidence"),
        _where(said, pl.Series(logits.max(axis=1).astype(np.float64))).alias("in_scope"),
    ]


def _with_intent(columns: Mapping[str, pl.Series], head: Head, originals: pl.Series) -> pl.Series:
    """Add the telling sentence to the evidence, where the intent is the one that the text alone speaks for."""
    if len(originals) <= FEW_ROWS:
        return _with_intents(columns, head, originals.to_list())
    names = pl.Series([*head.classes, None], dtype=pl.String)
    frame = pl.DataFrame(
        [
            columns["evidence"],
            columns["intent"],
            columns["intent_confidence"].alias("confidence"),
            columns["about_start"].alias("start"),
            columns["about_end"].alias("end"),
            names.gather(columns["about"]).alias("about"),
            originals.alias("whole"),
        ]
    )
    quote = pl.col("whole").str.slice(pl.col("start"), pl.col("end") - pl.col("start"))
    entry = pl.struct(pl.lit("intent").alias("name"), "confidence", "start", "end", quote.alias("quote"))
    told = (pl.col("about") == pl.col("intent")) & pl.col("start").is_not_null()
    told = told.fill_null(value=False)
    return frame.select(
        evidence=pl.when(told).then(pl.concat_list("evidence", entry.cast(EVIDENCE))).otherwise("evidence")
    ).to_series()


def _with_intents(columns: Mapping[str, pl.Series], head: Head, originals: Sequence[str]) -> pl.Series:
    """Do the same one ticket after the other: cheaper where there are few."""
    lists = columns["evidence"].to_list()
    names = ("intent", "about", "intent_confidence", "about_start", "about_end")
    rows = zip(lists, originals, *(columns[name].to_list() for name in names), strict=True)
    for entries, text, intent, about, confidence, start, end in rows:
        if start is not None and intent == head.classes[about]:
            entry = {"name": "intent", "confidence": confidence, "start": start, "end": end, "quote": text[start:end]}
            entries.append(entry)
    return pl.Series("evidence", lists, dtype=pl.List(EVIDENCE))


def _nature(answer: tuple[Head, NDArray[np.floating]], said: NDArray[np.bool_]) -> pl.Series:
    head, logits = answer
    names = pl.Series(head.classes, dtype=pl.String)[logits.argmax(axis=1)]
    return _where(said, names).cast(pl.Enum(NATURES)).alias("nature")


def _more(answers: dict[str, tuple[Head, NDArray[np.floating]]], said: NDArray[np.bool_]) -> list[pl.Series]:
    """Probabilities of every intent, and the numbers that a team's own model may foretell."""
    head, logits = answers["intent"]
    probabilities = pl.DataFrame(head.probabilities(logits), schema=list(head.classes)).to_struct("all")
    more = [_where(said, probabilities).alias("intent_probabilities")]
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


def _unread(reasons: pl.Series, said: NDArray[np.bool_]) -> pl.Series:
    if said.all():
        return reasons
    return pl.select(pl.when(pl.Series(said)).then(reasons).otherwise(pl.lit(_SILENT))).to_series().alias("unread")


def _where(said: NDArray[np.bool_], values: pl.Series) -> pl.Series:
    """Leave values out where nothing was said."""
    return values if said.all() else pl.select(pl.when(pl.Series(said)).then(values)).to_series()


def _set_lists(held: NDArray[np.bool_]) -> pl.Series:
    """Turn membership, shape (rows, 4), into lists of levels by way of the 16 possible sets."""
    return _EVERY_SET[held @ (1 << np.arange(len(LEVELS)))]


_EVERY_SET: Final = pl.Series(
    "level_set",
    [[level for k, level in enumerate(LEVELS) if code >> k & 1] for code in range(1 << len(LEVELS))],
    dtype=pl.List(pl.String),
)
