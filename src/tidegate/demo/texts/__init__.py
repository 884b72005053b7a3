"""What customers write: whole columns of subjects and bodies, with what each truly says.

`write_texts` writes one text a row of the facts that it is given, `compose` a single one. The words come from the
grammar files beside this module, which we wrote; nothing is taken from anybody's mail.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from tidegate.demo.incidents import SCENARIOS
from tidegate.demo.scale import INTENT_NAMES, LANGUAGES
from tidegate.demo.texts.bank import BANDS, Bank, bank
from tidegate.tables.errors import InputError
from tidegate.tables.words import LEVELS, SIGNALS

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BAND: Final = np.array(((0.78, 0.20, 0.02), (0.52, 0.42, 0.06), (0.07, 0.63, 0.30), (0.02, 0.40, 0.58)))
"""Chances of a grave, plain or mild wording by true level: the text tells, but not always."""
_LOUD: Final = 0.55
"""Frustration from which a customer is loud."""
_HURRIED: Final = 0.22
"""How often somebody mistypes; then: shouts when loud, adds a second problem, mentions an earlier message."""
_SHOUTS: Final = 0.12
_SECOND: Final = 0.05
_FOLLOWS_UP: Final = 0.85
_SARCASTIC: Final = 0.25
"""How often a loud customer is sarcastic; then: a calm one is plain, a mail is signed, and names the company."""
_PLAIN: Final = 0.5
_SIGNED: Final = 0.8
_COMPANY: Final = 0.4
_TONES: Final = ("opener/polite", "opener/plain", "opener/angry", "opener/sarcastic")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the texts are to say; arrays of codes, one entry a ticket.

    `language`, `intent` and `level` index `LANGUAGES`, the taxonomy and P0 to P3; `scenario` is the kind of incident
    or -1; `frustration` runs from 0 to 1; `affected` counts people.
    """

    language: NDArray[np.intp]
    intent: NDArray[np.intp]
    level: NDArray[np.intp]
    scenario: NDArray[np.intp]
    frustration: NDArray[np.float64]
    affected: NDArray[np.int64]
    vip: NDArray[np.bool_]
    again: NDArray[np.bool_]
    chat: NDArray[np.bool_]
    name: pl.Series
    company: pl.Series


@dataclass(frozen=True, slots=True)
class Written:
    """The texts and what they say.

    `signals` holds one boolean column for each of `SIGNALS`; `stated_users` is 0 where no number is stated; `deadline`
    tells that a time is asked for; `second` is the intent of a second problem, -1 for none.
    """

    subject: pl.Series
    body: pl.Series
    signals: dict[str, NDArray[np.bool_]]
    stated_users: NDArray[np.int64]
    deadline: NDArray[np.bool_]
    second: NDArray[np.intp]


class _Picker:
    """Picks sentences for a block: one column of strings a call, empty where a part is left out."""

    def __init__(self, rng: np.random.Generator, stock: Bank, language: NDArray[np.intp]) -> None:
        self._rng, self._stock, self._language = rng, stock, language
        both = pl.concat([stock.sentences, stock.mistyped])
        self._both, self._hurried = both, (rng.random(len(language)) < _HURRIED) * len(stock.sentences)

    def __call__(
        self, names: tuple[str, ...], which: NDArray[np.intp] | int = 0, where: NDArray[np.bool_] | bool = True
    ) -> pl.Series:
        table = self._stock.table(LANGUAGES, names)
        start, count = np.moveaxis(table[self._language, which], -1, 0)
        row = start + (self._rng.random(len(start)) * count).astype(np.int64)
        return self._both.gather(np.where(where, row + self._hurried * (row > 0), 0))


def write_texts(rng: np.random.Generator, facts: Facts, languages: tuple[str, ...]) -> Written:
    """Write a subject and a body for each row.

    Parameters
    ----------
    rng
        Stream that every choice comes from.
    facts
        What to say; `facts.language` only holds languages of `languages`.
    languages
        Codes whose sentences are loaded.
    """
    pick = _Picker(rng, bank(languages), facts.language)
    many = len(facts.intent)
    signals = _signals(rng, facts)
    band = (rng.random(many)[:, None] >= np.cumsum(_BAND, axis=1)[facts.level][:, :2]).sum(axis=1)
    second = np.where(rng.random(many) < _SECOND, rng.integers(0, len(INTENT_NAMES), many), -1)
    deadline = rng.random(many) < np.array((0.35, 0.3, 0.1, 0.04))[facts.level]
    stated = np.where(rng.random(many) < np.array((0.5, 0.4, 0.2, 0.1))[facts.level], facts.affected, 0)
    ref = pl.Series(rng.integers(100_000, 9_999_999, many)).cast(pl.String)
    parts = [
        *_opening(rng, pick, facts, signals),
        _core(pick, facts, band),
        pick(_each("detail"), facts.intent, rng.random(many) < np.where(facts.chat, 0.25, 0.6)),
        pick(("users/me", "users/several"), (stated > 1).astype(np.intp), stated > 0),
        *(pick((f"signals/{name}",), 0, voiced) for name, voiced in _voiced(facts, signals).items()),
        pick(("second",), 0, second >= 0),
        pick(_each("plain"), np.maximum(second, 0), second >= 0),
        pick(("deadline",), 0, deadline),
        *_ending(rng, pick, facts),
    ]
    body = pl.DataFrame([part.alias(str(place)) for place, part in enumerate(parts)]).select(
        text=_fill(pl.concat_str(pl.all()), ref, facts, stated).str.strip_chars_end()
    )["text"]
    subject = _subject(pick, facts, ref, stated)
    shout = pl.Series((rng.random(many) < _SHOUTS) & (facts.frustration > _LOUD))
    body = pl.select(pl.when(shout).then(body.str.to_uppercase()).otherwise(body).alias("body")).to_series()
    return Written(subject, body, signals, stated, deadline, second)


def compose(
    rng: np.random.Generator,
    intent: str,
    language: str,
    level: str,
    *,
    frustration: float = 0.2,
    affected: int = 1,
    again: bool = False,
    executive: bool = False,
) -> tuple[str, str]:
    """Write one ticket.

    Parameters
    ----------
    rng
        Stream that every choice comes from.
    intent, language, level
        One of the taxonomy's intents, an ISO 639-1 code of `LANGUAGES`, P0 to P3.
    frustration
        0 calm to 1 furious.
    affected
        People affected, which the text may state.
    again
        Whether the customer wrote about it before.
    executive
        Whether somebody with a title writes.

    Returns
    -------
    The subject and the body.
    """
    for value, valid in ((intent, INTENT_NAMES), (language, LANGUAGES), (level, LEVELS)):
        if value not in valid:
            raise InputError("the demo cannot write this", value=value, expected=", ".join(valid))
    facts = Facts(
        language=np.array([LANGUAGES.index(language)]),
        intent=np.array([INTENT_NAMES.index(intent)]),
        level=np.array([LEVELS.index(level)]),
        scenario=np.array([-1]),
        frustration=np.array([frustration]),
        affected=np.array([affected]),
        vip=np.array([executive]),
        again=np.array([again]),
        chat=np.array([False]),
        name=pl.Series(["Nora Weber"]),
        company=pl.Series(["Cedar Harbor Labs"]),
    )
    written = write_texts(rng, facts, (language,))
    return written.subject[0], written.body[0]


def _signals(rng: np.random.Generator, facts: Facts) -> dict[str, NDArray[np.bool_]]:
    """Decide what each text says besides its subject."""
    loud = facts.frustration > _LOUD
    intent = np.array(INTENT_NAMES)[facts.intent]
    churn = np.where(loud, 0.22, 0.012) + 0.1 * (intent == "complaint")
    chances: dict[str, NDArray[np.float64] | float] = {
        "blocked_workflow": np.array((0.55, 0.35, 0.08, 0.01))[facts.level],
        "workaround": np.array((0.03, 0.08, 0.16, 0.12))[facts.level],
        "repeated_failure": np.where(facts.again, 0.3, 0.05) + 0.1 * loud,
        "churn_threat": churn,
        "competitor": 0.6 * churn,
        "legal": np.where(loud, 0.06, 0.004),
        "escalation_request": np.where(loud, 0.25, 0.01) + 0.1 * (intent == "complaint"),
        "executive": np.where(facts.vip, 0.5, 0.015),
        "payment_failure": np.where(intent == "billing", 0.18, 0.0),
    }
    said = {name: rng.random(len(intent)) < chance for name, chance in chances.items()}
    said["follow_up"] = facts.again & (rng.random(len(intent)) < _FOLLOWS_UP)
    said["security"] = intent == "security"
    said["legal"] |= intent == "legal_or_procurement"
    return {name: said[name] for name in SIGNALS}


def _voiced(facts: Facts, signals: dict[str, NDArray[np.bool_]]) -> dict[str, NDArray[np.bool_]]:
    """Leave the signals that get a sentence of their own: not those that the opening or the problem itself says."""
    legal = signals["legal"] & (facts.intent != INTENT_NAMES.index("legal_or_procurement"))
    return {name: said for name, said in signals.items() if name not in {"follow_up", "security"}} | {"legal": legal}


def _opening(
    rng: np.random.Generator, pick: _Picker, facts: Facts, signals: dict[str, NDArray[np.bool_]]
) -> list[pl.Series]:
    many = len(facts.intent)
    loud = facts.frustration > _LOUD
    tone = np.where(loud, np.where(rng.random(many) < _SARCASTIC, 3, 2), (rng.random(many) < _PLAIN).astype(np.intp))
    return [
        pick(("greeting",), 0, ~facts.chat & (rng.random(many) < np.where(loud, 0.4, 0.8))),
        pick(("signals/follow_up",), 0, signals["follow_up"]),
        pick(_TONES, tone, rng.random(many) < np.where(loud, 0.85, 0.35)),
    ]


def _core(pick: _Picker, facts: Facts, band: NDArray[np.intp]) -> pl.Series:
    """Pick the problem itself: by intent and band, or by the incident behind it."""
    names = tuple(f"intents/{intent}/{word}" for intent in INTENT_NAMES for word in BANDS)
    names += tuple(f"incidents/{kind.name}/body" for kind in SCENARIOS)
    ordinary = facts.intent * len(BANDS) + band
    return pick(names, np.where(facts.scenario >= 0, len(INTENT_NAMES) * len(BANDS) + facts.scenario, ordinary))


def _subject(pick: _Picker, facts: Facts, ref: pl.Series, stated: NDArray[np.int64]) -> pl.Series:
    names = _each("subject") + tuple(f"incidents/{kind.name}/subject" for kind in SCENARIOS)
    picked = pick(names, np.where(facts.scenario >= 0, len(INTENT_NAMES) + facts.scenario, facts.intent))
    return pl.DataFrame({"text": picked}).select(_fill(pl.col("text"), ref, facts, stated))["text"]


def _ending(rng: np.random.Generator, pick: _Picker, facts: Facts) -> list[pl.Series]:
    many = len(facts.intent)
    pressing = facts.frustration + 0.3 * (facts.level <= 1) > _LOUD
    signed = ~facts.chat & (rng.random(many) < _SIGNED)
    blank = pl.Series([""]).new_from_index(0, many)
    signed_by = pl.select(
        pl.when(pl.Series(signed)).then(pl.lit("{name}")).otherwise(blank).alias("name"),
        pl.when(pl.Series(signed & (rng.random(many) < _COMPANY)))
        .then(pl.lit("\n") + facts.company)
        .otherwise(blank)
        .alias("company"),
    )
    return [
        pick(
            ("ask/calm", "ask/pressing"), pressing.astype(np.intp), rng.random(many) < np.where(facts.chat, 0.2, 0.55)
        ),
        pick(("closing",), 0, signed),
        signed_by["name"],
        pick(("title",), 0, signed & facts.vip),
        signed_by["company"],
        pick(("quoted",), 0, ~facts.chat & (rng.random(many) < np.where(facts.again, 0.35, 0.06))),
    ]


def _fill(text: pl.Expr, ref: pl.Series, facts: Facts, stated: NDArray[np.int64]) -> pl.Expr:
    for slot, values in (("{ref}", ref), ("{users}", pl.Series(stated).cast(pl.String)), ("{name}", facts.name)):
        text = text.str.replace_all(slot, pl.lit(values), literal=True)
    return text


def _each(part: str) -> tuple[str, ...]:
    return tuple(f"intents/{intent}/{part}" for intent in INTENT_NAMES)


__all__ = ["Facts", "Written", "compose", "write_texts"]
