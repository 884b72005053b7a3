"""The facts of one block of tickets: who asks, about what, how grave it truly is, and how it was filed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tidegate.demo.incidents import SCENARIOS
from tidegate.demo.people import TIERS
from tidegate.demo.plan import stream
from tidegate.demo.rhythm import DAY
from tidegate.demo.scale import (
    BLOCK,
    CHANNEL_SHARES,
    GROUPS,
    INTENT_NAMES,
    INTENTS,
    LANGUAGES,
    PRODUCTS,
    choose,
    handling_minutes,
    shares,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tidegate.demo.plan import Plan

Codes = "NDArray[np.intp]"
LOUD: Final = 0.55
"""Frustration from which a customer is loud."""
_SENIOR: Final = 0.5
"""How often the first person of a large account is marked as important."""
_OWN_LANGUAGE: Final = 0.92
"""How often somebody writes in the account's language and not in the first one."""
_FILED_RIGHT: Final = 0.86
_RECONTACTS: Final = 0.06
_AFFECTED: Final = np.array((60.0, 14.0, 3.0, 1.0))
"""Median number of people affected by true level."""
_LEVELS: Final = np.array([row.levels for row in INTENTS])
_ROUNDS: Final = np.array([row.rounds for row in INTENTS])
_GROUP: Final = np.array([GROUPS.index(row.group) for row in INTENTS])
_WEIGHTS: Final = np.array(
    [[(name in kind.intents) + 2.0 * (name == kind.intents[0]) for name in INTENT_NAMES] for kind in SCENARIOS]
)
_BY_SCENARIO: Final = _WEIGHTS / _WEIGHTS.sum(axis=1, keepdims=True)
_PRODUCT_TABLE: Final = np.array([np.resize([PRODUCTS.index(name) for name in row.products], 60) for row in INTENTS])


@dataclass(slots=True, kw_only=True)
class Draws:
    """Columns of one block as codes; every array has one entry a ticket."""

    first: int
    """number of the block's first ticket in the company"""
    created: NDArray[np.int64]
    cause: NDArray[np.int16]
    """row of the incidents table, -1 for none"""
    scenario: NDArray[np.intp]
    """index into `SCENARIOS`, -1 for none"""
    account: NDArray[np.intp]
    person: NDArray[np.intp]
    """number of the requester within the account"""
    stray: NDArray[np.intp]
    """0 known account, 1 account not named by the desk, 2 a private address"""
    vip: NDArray[np.bool_]
    language: NDArray[np.intp]
    intent: NDArray[np.intp]
    level: NDArray[np.intp]
    """true level"""
    minutes: NDArray[np.float64]
    """true handling time"""
    affected: NDArray[np.int64]
    frustration: NDArray[np.float64]
    given: NDArray[np.intp]
    """level as first filed"""
    filed: NDArray[np.intp]
    """intent that the desk filed it under"""
    product: NDArray[np.intp]
    channel: NDArray[np.intp]
    rounds: NDArray[np.intp]
    """replies until it is solved, at least 1"""
    again: NDArray[np.bool_]
    """the same requester wrote about the same thing some days before"""


def draw(plan: Plan, block: int) -> tuple[Draws, np.random.Generator]:
    """Draw block number `block`; gives the stream as well, for what follows."""
    rng = stream(plan.seed, 5, block)
    part = slice(block * BLOCK, (block + 1) * BLOCK)
    created, cause = plan.created[part], plan.cause[part]
    many = len(created)
    scenario = np.where(cause >= 0, plan.trouble.scenario[cause], -1)
    people = plan.customers
    account = np.searchsorted(people.reach, rng.random(many), side="right")
    person = (rng.random(many) ** 2 * people.people[account]).astype(np.intp)
    intent = np.where(
        scenario >= 0, choose(rng.random(many), _BY_SCENARIO[scenario]), choose(rng.random(many), shares())
    )
    again = _again(rng, created, scenario, plan)
    earlier = np.maximum(np.arange(many) - again, 0)
    account, person, intent = account[earlier], person[earlier], intent[earlier]
    level = true_levels(rng, intent, scenario)
    frustration = frustrations(rng, scenario, again > 0)
    draws = Draws(
        first=block * BLOCK,
        created=created,
        cause=cause,
        scenario=scenario,
        account=account,
        person=person,
        stray=choose(rng.random(many), np.array((0.92, 0.05, 0.03))),
        vip=(person == 0) & (people.tier[account] >= TIERS.index("enterprise")) & (rng.random(many) < _SENIOR),
        language=np.where(
            rng.random(many) < _OWN_LANGUAGE, people.language[account], LANGUAGES.index(plan.languages[0])
        ),
        intent=intent,
        level=level,
        minutes=handling_minutes(rng, intent, level),
        affected=affected_users(rng, level),
        frustration=frustration,
        given=_given(rng, level, frustration),
        filed=np.where(rng.random(many) < _FILED_RIGHT, intent, rng.integers(0, len(INTENTS), many)),
        product=_product(rng, intent, scenario),
        channel=choose(rng.random(many), np.array(CHANNEL_SHARES)),
        rounds=1 + np.minimum(rng.poisson(_ROUNDS[intent] * np.array((1.5, 1.2, 1.0, 0.8))[level]), 4),
        again=again > 0,
    )
    return draws, rng


def group_of(intent: NDArray[np.intp]) -> NDArray[np.intp]:
    """Group that takes an intent, as an index into `GROUPS`."""
    return _GROUP[intent]


def _again(
    rng: np.random.Generator, created: NDArray[np.int64], scenario: NDArray[np.intp], plan: Plan
) -> NDArray[np.intp]:
    """Tell how many tickets back the same person wrote about the same thing, within about five days; 0 for most."""
    many = len(created)
    a_day = len(plan.created) / max(1.0, (plan.time.now - plan.time.start) / DAY)
    back = 1 + (rng.random(many) * 5 * a_day).astype(np.intp)
    holds = (rng.random(many) < _RECONTACTS) & (scenario < 0) & (back <= np.arange(many))
    return np.where(holds & (scenario[np.maximum(np.arange(many) - back, 0)] < 0), back, 0)


def true_levels(rng: np.random.Generator, intent: NDArray[np.intp], scenario: NDArray[np.intp]) -> NDArray[np.intp]:
    """Draw true levels: by the scenario where there is one, else by the intent."""
    of_scenario = np.array([kind.levels for kind in SCENARIOS])[scenario]
    return choose(rng.random(len(intent)), np.where((scenario >= 0)[:, None], of_scenario, _LEVELS[intent]))


def frustrations(rng: np.random.Generator, scenario: NDArray[np.intp], again: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Draw 0 calm to 1 furious; nearly independent of how grave the ticket is, which is why tone misleads."""
    base = rng.beta(1.1, 3.6, len(scenario))
    return np.round(np.clip(base + 0.12 * (scenario >= 0) + 0.2 * again, 0, 1), 3)


def affected_users(rng: np.random.Generator, level: NDArray[np.intp]) -> NDArray[np.int64]:
    """Draw how many people a ticket touches: lognormal, median 60, 14, 3 and 1 for P0 to P3."""
    drawn = _AFFECTED[level] * np.exp(np.array((1.1, 1.0, 0.8, 0.4))[level] * rng.standard_normal(len(level)))
    return np.clip(drawn, 1, 5_000).astype(np.int64)


def _given(rng: np.random.Generator, level: NDArray[np.intp], frustration: NDArray[np.float64]) -> NDArray[np.intp]:
    """File a level: pushed up by loud customers, moderate for calm grave tickets, a slip now and then."""
    luck = rng.random(len(level))
    loud = frustration > LOUD
    up = luck < np.where(loud, 0.45, 0.07)
    calm = (level <= 1) & ~loud & (luck > 0.70)  # noqa: PLR2004 -- three in ten
    slip = (level >= 2) & (luck > 0.92)  # noqa: PLR2004 -- one in twelve
    return np.where(calm, 2, np.clip(level - up + slip, 0, 3))


def _product(rng: np.random.Generator, intent: NDArray[np.intp], scenario: NDArray[np.intp]) -> NDArray[np.intp]:
    own = _PRODUCT_TABLE[intent, rng.integers(0, _PRODUCT_TABLE.shape[1], len(intent))]
    return np.where(scenario >= 0, np.array([PRODUCTS.index(kind.product) for kind in SCENARIOS])[scenario], own)
