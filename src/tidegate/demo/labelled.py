"""Many labelled texts, for training and checking readers, and bare arrivals, for replays: no histories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from tidegate.demo.draw import affected_users, frustrations, true_levels
from tidegate.demo.people import FAMILY_NAMES, GIVEN_NAMES, company_names, language_shares
from tidegate.demo.plan import check_languages, stream
from tidegate.demo.scale import INTENT_NAMES, INTENTS, LANGUAGES, choose, shares
from tidegate.demo.texts import Facts, Written, write_texts
from tidegate.tables.words import LEVEL, LEVELS, SIGNALS

if TYPE_CHECKING:
    from collections.abc import Sequence

_CHUNK: Final = 16_384
_EXECUTIVE: Final = 0.04
_AGAIN: Final = 0.12
_CHAT: Final = 0.15


def labelled_texts(n: int, seed: int, languages: Sequence[str] = LANGUAGES, *, balanced: bool = True) -> pl.DataFrame:
    """Write `n` tickets with what each truly says, without accounts or histories.

    Parameters
    ----------
    n
        Number of texts.
    seed
        The same seed and languages give the same texts, and the first texts do not depend on `n`.
    languages
        ISO 639-1 codes; mixed by the demo's shares, evenly if `balanced`.
    balanced
        Draw intents and languages evenly; else as often as the company's tickets have them.

    Returns
    -------
    One row a text: ``text`` (subject, newline, body), ``subject``, ``body``, ``intent``, ``second_intent`` (null for
    none), ``nature``, ``language``, ``level``, ``affected_users`` (true), ``stated_users`` (null where the text gives
    no number), ``frustration`` (0 to 1), ``deadline`` (a time is asked for) and a boolean column for each of
    `SIGNALS`.

    Raises
    ------
    InputError
        If a language has no sentences.
    """
    spoken = tuple(languages)
    check_languages(spoken)
    chunks = [_chunk(stream(seed, 6, number), spoken, balanced=balanced) for number in range(max(1, -(-n // _CHUNK)))]
    return pl.concat(chunks).head(n)


def _chunk(rng: np.random.Generator, languages: tuple[str, ...], *, balanced: bool) -> pl.DataFrame:
    if balanced:
        language = np.array([LANGUAGES.index(code) for code in languages])[rng.integers(0, len(languages), _CHUNK)]
        intent = rng.integers(0, len(INTENTS), _CHUNK)
    else:
        language = choose(rng.random(_CHUNK), language_shares(languages))
        intent = choose(rng.random(_CHUNK), shares())
    ordinary = np.full(_CHUNK, -1)
    level = true_levels(rng, intent, ordinary)
    again = rng.random(_CHUNK) < _AGAIN
    given, family = (rng.integers(0, len(names), _CHUNK) for names in (GIVEN_NAMES, FAMILY_NAMES))
    facts = Facts(
        language=language,
        intent=intent,
        level=level,
        scenario=ordinary,
        frustration=frustrations(rng, ordinary, again),
        affected=affected_users(rng, level),
        vip=rng.random(_CHUNK) < _EXECUTIVE,
        again=again,
        chat=rng.random(_CHUNK) < _CHAT,
        name=pl.Series(GIVEN_NAMES).gather(given) + " " + pl.Series(FAMILY_NAMES).gather(family),
        company=company_names(rng, _CHUNK),
    )
    return _frame(facts, write_texts(rng, facts, languages))


def _frame(facts: Facts, written: Written) -> pl.DataFrame:
    names = pl.Series(INTENT_NAMES)
    natures = pl.Series([row.nature for row in INTENTS])
    return pl.DataFrame(
        {
            "text": written.subject + "\n" + written.body,
            "subject": written.subject,
            "body": written.body,
            "intent": names.gather(facts.intent),
            "second_intent": names.gather(np.maximum(written.second, 0)),
            "nature": natures.gather(facts.intent),
            "language": pl.Series(LANGUAGES).gather(facts.language),
            "level": pl.Series(LEVELS, dtype=LEVEL).gather(facts.level),
            "affected_users": pl.Series(facts.affected).cast(pl.Int32),
            "stated_users": pl.Series(written.stated_users).cast(pl.Int32),
            "frustration": facts.frustration,
            "deadline": written.deadline,
            **{name: written.signals[name] for name in SIGNALS},
        }
    ).with_columns(
        pl.when(pl.Series(written.second >= 0)).then("second_intent").alias("second_intent"),
        pl.when(pl.col("stated_users") > 0).then("stated_users").alias("stated_users"),
    )
