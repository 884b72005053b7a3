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
from tidegate.read.given import LEARNED, given_levels, moved
from tidegate.read.model import Model, load_model
from tidegate.read.signals import EVIDENCE, signals
from tidegate.read.telling import telling
from tidegate.tables.contracts import Readings
from tidegate.tables.words import LEVELS, NATURES, URGENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
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
        readings = self.read_fully(tickets, now=now, progress=progress)
        return readings.select(list(_SCHEMA))

    def read_fully(self, tickets: pl.DataFrame, *, now: datetime, progress: Progress | None = None) -> pl.DataFrame:
        """Read tickets, and add what the readings table has no column for.

        Returns
        -------
        polars.DataFrame
            As `read`, with ``intent_probabilities`` (a struct), and where the model was taught them ``effort_minutes``,
            ``escalation_risk`` and ``expected_csat``.
        """
        del now
        texts = tickets.select("subject", "body", "created_at")
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
            found = read_texts(texts)
        else:
            found, _ = self.cache.through(self._kept_under(), texts, read_texts)
        return self._readings(tickets, found)

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
        logits = self.model.text_logits(found["text"])
        silent = found["text"].str.strip_chars() == ""
        about = self.model.intents(logits).argmax(axis=1)
        spans = telling(
            found["masked"].to_list(), about, lambda texts: self.model.intents(self.model.text_logits(texts))
        )
        return found.drop("text", "masked").with_columns(
            pl.Series("logits", logits, dtype=pl.Array(pl.Float32, logits.shape[1])),
            silent=silent,
            about=pl.Series(about, dtype=pl.Int16),
            about_start=spans["start"],
            about_end=spans["end"],
        )

    def _readings(self, tickets: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
        answers = self.model.answers(found["logits"].to_numpy(), context_of(tickets))
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
        columns = {name: found[name] for name in found.columns} | {column.name: column for column in made}
        columns |= {column.name: column for column in self._doubt(levels, columns, tickets["language"])}
        columns["evidence"] = _with_intent(columns, answers["intent"][0], mail.original(tickets))
        kept = [columns[name].cast(dtype).alias(name) for name, dtype in _SCHEMA.items()]
        return pl.DataFrame([*kept, *_more(answers, said)])

    def _levels(
        self, tickets: pl.DataFrame, answers: dict[str, tuple[Head, NDArray[np.floating]]], said: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float64], pl.Series]:
        """Join the filed level with what was read: probabilities of shape (tickets, 4), and what they rest on."""
        given = given_levels(tickets, self.policy, learned=self.learned)
        filed = given.select(f"level_{level.lower()}" for level in LEVELS).to_numpy()
        head, logits = answers["level"]
        read = head.probabilities(logits)
        if "level" in self.model.windows:
            source = pl.Series([("text and columns" if text else "columns") for text in said], dtype=pl.String)
            return (1 - KEEP) * read + KEEP * filed, source
        basis = given["level_source"].str.strip_suffix(LEARNED)
        weight = basis.replace_strict(TEXT_WEIGHT, default=1.0, return_dtype=pl.Float64).to_numpy() * said
        text = pl.Series(said)
        source = given.select(pl.when(text).then("text and " + pl.col("level_source")).otherwise("level_source"))
        return moved(filed, read, np.array(self.model.base), weight), source.to_series()

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
        spoken = zip(columns["read_language"], filed, strict=True)
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


def _intent(answer: tuple[Head, NDArray[np.floating]], said: NDArray[np.bool_]) -> list[pl.Series]:
    head, logits = answer
    probabilities = head.probabilities(logits)
    best = probabilities.argmax(axis=1)
    names = pl.Series(head.classes, dtype=pl.String).gather(best)
    return [
        _where(said, names).alias("intent"),
        _where(said, pl.Series(probabilities.max(axis=1))).alias("intent_confidence"),
        _where(said, pl.Series(logits.max(axis=1).astype(np.float64))).alias("in_scope"),
    ]


def _with_intent(columns: Mapping[str, pl.Series], head: Head, originals: pl.Series) -> pl.Series:
    """Add the telling sentence to the evidence, where the intent is the one that the text alone speaks for."""
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


def _nature(answer: tuple[Head, NDArray[np.floating]], said: NDArray[np.bool_]) -> pl.Series:
    head, logits = answer
    names = pl.Series(head.classes, dtype=pl.String).gather(logits.argmax(axis=1))
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
    codes = held @ (1 << np.arange(len(LEVELS)))
    every = [[level for k, level in enumerate(LEVELS) if code >> k & 1] for code in range(1 << len(LEVELS))]
    return pl.Series("level_set", every, dtype=pl.List(pl.String)).gather(codes).alias("level_set")
