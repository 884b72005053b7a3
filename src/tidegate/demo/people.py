"""Who is there: the accounts with what the business knows of them, and the agents with what they can do."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl
import yaml

from tidegate.demo.rhythm import DAY, HOUR
from tidegate.demo.scale import GROUPS, INTENTS, LANGUAGE_SHARES, LANGUAGES, choose
from tidegate.tables.words import TIME

if TYPE_CHECKING:
    from collections.abc import Sequence

TIERS: Final = ("trial", "free", "standard", "enterprise", "strategic")
_TIER_SHARES: Final = np.array((0.12, 0.18, 0.50, 0.16, 0.04))
_CONTRACTS: Final = np.array((0.0, 0.0, 9_000.0, 60_000.0, 260_000.0))
"""Median contract value a year."""
_LISTED: Final = 0.02
"""Paying accounts on the strategic list besides those of that tier."""
_EXPANDS: Final = 0.07
_TALK: Final = np.array((0.7, 0.35, 1.0, 2.6, 5.0))
"""Relative number of tickets."""

_NAMES: Final = {
    key: words.split()
    for key, words in yaml.safe_load(files("tidegate.demo").joinpath("names.yml").read_text("utf-8")).items()
}
_FIRST, _SECOND, _TRADE = (_NAMES[key] for key in ("first", "second", "trades"))
GIVEN_NAMES, FAMILY_NAMES = _NAMES["given"], _NAMES["family"]
SENIORITY: Final = ("junior", "regular", "senior")


@dataclass(frozen=True, slots=True)
class Customers:
    """The accounts and what drawing a ticket needs of them; arrays have one entry an account.

    `reach` is the cumulative share of tickets, `people` the number of requesters, `language` and `tier` index
    `LANGUAGES` and `TIERS`; `lively` says that the account is large enough to have an executive who writes.
    """

    frame: pl.DataFrame
    reach: np.ndarray
    people: np.ndarray
    language: np.ndarray
    tier: np.ndarray


def customers(rng: np.random.Generator, many: int, now: int, languages: Sequence[str]) -> Customers:
    """Draw `many` accounts as they stand at `now` (microseconds); contract `Accounts`."""
    tier = choose(rng.random(many), _TIER_SHARES)
    size = np.exp(0.9 * rng.standard_normal(many))
    reach = np.cumsum(_TALK[tier] * size)
    frame = _names(rng, many).with_columns(**_standing(rng, tier, size, now))
    return Customers(
        frame=frame,
        reach=reach / reach[-1],
        people=np.clip((3 * _TALK[tier] * size).astype(np.int64), 1, 60),
        language=choose(rng.random(many), language_shares(languages)),
        tier=tier,
    )


def language_shares(languages: Sequence[str]) -> np.ndarray:
    """Shares over all of `LANGUAGES`, zero for those that are not asked for."""
    parts = np.array([share * (code in languages) for code, share in zip(LANGUAGES, LANGUAGE_SHARES, strict=True)])
    return parts / parts.sum()


def company_names(rng: np.random.Generator, many: int) -> pl.Series:
    """Draw `many` names of companies."""
    return _names(rng, many)["name"]


def _names(rng: np.random.Generator, many: int) -> pl.DataFrame:
    """Draw names: two words and a trade, each combination once, then with a numeral; domains end in ``.example``."""
    combinations = len(_FIRST) * len(_SECOND) * len(_TRADE)
    codes = rng.permutation(combinations)[np.arange(many) % combinations]
    first, rest = np.divmod(codes, len(_SECOND) * len(_TRADE))
    second, trade = np.divmod(rest, len(_TRADE))
    numeral = np.arange(many) // combinations + 1
    number = pl.Series(np.arange(1, many + 1)).cast(pl.String).str.zfill(5)
    words = pl.DataFrame(
        {
            "first": pl.Series(_FIRST).gather(first),
            "second": pl.Series(_SECOND).gather(second),
            "trade": pl.Series(_TRADE).gather(trade),
            "again": pl.Series(numeral).cast(pl.String).replace("1", ""),
        }
    )
    return words.select(
        account_id=pl.lit("A") + number,
        name=pl.concat_str(
            *(pl.col("first").str.to_titlecase(), pl.col("second").str.to_titlecase()),
            *(pl.col("trade"), pl.col("again")),
            separator=" ",
        ).str.strip_chars_end(),
        domain=pl.concat_str(
            "first", "second", pl.lit("-"), pl.col("trade").str.to_lowercase(), "again", pl.lit(".example")
        ),
    )


def _standing(rng: np.random.Generator, tier: np.ndarray, size: np.ndarray, now: int) -> dict[str, pl.Series]:
    """Draw contract, renewal, health, payment and lifecycle; free and trial accounts pay nothing."""
    many = len(tier)
    pays = tier >= TIERS.index("standard")
    contract = np.round(_CONTRACTS[tier] * size**0.6 * np.exp(0.5 * rng.standard_normal(many)), -2)
    trend = np.round(np.clip(0.02 + 0.16 * rng.standard_normal(many), -0.9, 1.5), 3)
    health = np.round(np.clip(70 + 90 * trend + 14 * rng.standard_normal(many), 1, 100))
    payment = np.where(pays, choose(rng.random(many), np.array((0.9, 0.05, 0.04, 0.01))), 0)
    renewal = now // DAY * DAY + (1 + rng.integers(0, 365, many)) * DAY
    active = np.where(health < 30, 3, np.where(rng.random(many) < 0.08, 1, 2))  # noqa: PLR2004 -- health that points to leaving
    lifecycle = np.where(tier == 0, 0, active)
    owner = pl.Series(_full_names(rng, max(3, many // 60)))
    return {
        "tier": pl.Series(TIERS).gather(tier),
        "contract_value": pl.Series(contract),
        "mrr": pl.Series(np.round(contract / 12, 2)),
        "renewal_at": pl.select(pl.when(pl.Series(pays)).then(pl.Series(renewal)).cast(TIME)).to_series(),
        "health": pl.Series(health),
        "payment_status": pl.Series(("ok", "failed", "overdue", "disputed")).gather(payment),
        "failed_payments": pl.Series(np.where(payment == 1, 1 + rng.integers(0, 3, many), 0).astype(np.int32)),
        "usage_trend": pl.Series(trend),
        "strategic": pl.Series((tier == TIERS.index("strategic")) | (pays & (rng.random(many) < _LISTED))),
        "expansion": pl.Series(pays & (rng.random(many) < _EXPANDS)),
        "lifecycle": pl.Series(("trial", "onboarding", "active", "churning")).gather(lifecycle),
        "owner": owner.gather(rng.integers(0, len(owner), many)),
    }


def _full_names(rng: np.random.Generator, many: int) -> list[str]:
    """Draw full names, each once while there are enough, then with a numeral."""
    combinations = len(GIVEN_NAMES) * len(FAMILY_NAMES)
    codes = rng.permutation(combinations)
    names = []
    for number in range(many):
        code, again = int(codes[number % combinations]), number // combinations
        name = f"{GIVEN_NAMES[code // len(FAMILY_NAMES)]} {FAMILY_NAMES[code % len(FAMILY_NAMES)]}"
        names.append(f"{name} {again + 1}" if again else name)
    return names


@dataclass(frozen=True, slots=True)
class Team:
    """The agents, and for every group and language who can take a ticket.

    `able` has shape (groups, languages, width): row numbers of `frame`, repeated to fill the width.
    """

    frame: pl.DataFrame
    able: np.ndarray


_GROUP_SHARES: Final = (0.32, 0.16, 0.26, 0.12, 0.14)
_SHIFTS: Final = (*("mon-fri 07:00-15:30", "mon-fri 08:00-16:30", "mon-fri 09:00-17:30", "mon-fri 10:30-19:00"),)


def team(rng: np.random.Generator, many: int, now: int, languages: Sequence[str]) -> Team:
    """Draw `many` agents (contract `Agents`): every group has at least one, everybody speaks English.

    Parameters
    ----------
    many
        At least one agent a group, 5.
    now
        Microseconds; `available` says who is on shift then.
    """
    group = np.sort(
        np.concatenate((np.arange(len(GROUPS)), choose(rng.random(many - len(GROUPS)), np.array(_GROUP_SHARES))))
    )
    others = [code for code in languages if code != "en"]
    second = rng.permutation(many) % max(1, len(others))
    spoken = [sorted({"en", others[place]}) if others else ["en"] for place in second]
    rank = choose(rng.random(many), np.array((0.3, 0.5, 0.2)))
    shift = rng.integers(0, len(_SHIFTS), many)
    frame = pl.DataFrame(
        {
            "agent_id": [f"G{number:03d}" for number in range(1, many + 1)],
            "name": _full_names(rng, many),
            "group": [GROUPS[place] for place in group],
            "skills": [[row.name for row in INTENTS if row.group == GROUPS[place]] for place in group],
            "languages": spoken,
            "seniority": [SENIORITY[place] for place in rank],
            "capacity": pl.Series(14 + 6 * rank + rng.integers(-2, 3, many), dtype=pl.Int32),
            "available": _on_shift(shift, now),
            "hourly_cost": np.round(24 + 9.0 * rank + rng.normal(0, 1.5, many), 2),
            "shift": [_SHIFTS[place] for place in shift],
        }
    )
    return Team(frame, _able(group, spoken))


def _on_shift(shift: np.ndarray, now: int) -> np.ndarray:
    spans = [[float(part[:2]) + float(part[3:]) / 60 for part in text.split()[1].split("-")] for text in _SHIFTS]
    hour, weekend = (now % DAY) / HOUR, (now // DAY + 3) % 7 >= 5  # noqa: PLR2004 -- Saturday and Sunday
    return np.array([not weekend and begin <= hour < end for begin, end in spans])[shift]


def _able(group: np.ndarray, spoken: list[list[str]]) -> np.ndarray:
    """Agents by group and language; who speaks English only stands in where nobody speaks the language."""
    width = 64
    able = np.zeros((len(GROUPS), len(LANGUAGES), width), dtype=np.int64)
    for place in range(len(GROUPS)):
        members = np.flatnonzero(group == place)
        for number, code in enumerate(LANGUAGES):
            fit = np.array([row for row in members if code in spoken[row]], dtype=np.int64)
            able[place, number] = np.resize(fit if len(fit) else members, width)
    return able
