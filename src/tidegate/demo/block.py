"""One block of tickets as tables: what the desk knows at `now`, the messages, the events and the truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from tidegate.demo.draw import Draws, draw, group_of
from tidegate.demo.history import Story
from tidegate.demo.ledger import Ledger, Words
from tidegate.demo.people import FAMILY_NAMES, GIVEN_NAMES
from tidegate.demo.scale import CHANNELS, GROUPS, INTENT_NAMES, INTENTS, LANGUAGES, PRIORITIES, PRODUCTS
from tidegate.demo.texts import Facts, Written, write_texts
from tidegate.demo.texts.bank import bank
from tidegate.tables.words import LEVEL, SIGNALS, STATUS, TIME

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tidegate.demo.plan import Plan

_TAGS: Final = (
    *("payments", "defect", "downtime", "login", "rollout", "question", "idea", "churn"),
    *("privacy", "orders", "delivery", "feedback", "contract", "misc"),
)
_TAG_LISTS: Final = pl.Series(
    [
        list(dict.fromkeys(tag for tag in (own, other, vip) if tag))
        for own in (*_TAGS, "")
        for other in (*_TAGS, "")
        for vip in ("", "vip")
    ],
    dtype=pl.List(pl.String),
)
"""Every combination of a tag by category, another tag, and vip."""
_COUNTED: Final = 0.35
"""How often the desk knows how many people are affected."""
_ASKED: Final = 0.4
"""How often impact and urgency are filed."""
_IMPACT_FROM: Final = np.array((3, 19))
"""Up to 3 people is low impact, up to 19 medium, more is high."""
_TAGGED: Final = 0.75
_TAGGED_TWICE: Final = 0.15


@dataclass(frozen=True, slots=True)
class Block:
    """The four tables of one block; contracts `Tickets`, `Messages`, `Events`, and the truth."""

    tickets: pl.DataFrame
    messages: pl.DataFrame
    events: pl.DataFrame
    truth: pl.DataFrame


def build(plan: Plan, number: int) -> Block:
    """Draw, write and tell block `number`; the same whichever blocks were built before."""
    draws, rng = draw(plan, number)
    tickets = "T" + pl.Series(np.arange(draws.first + 1, draws.first + len(draws.created) + 1)).cast(
        pl.String
    ).str.zfill(7)
    people = _people(plan, draws)
    written = write_texts(rng, _facts(draws, people), plan.languages)
    agents = plan.team.frame["agent_id"].to_list()
    words = Words(list(GROUPS), agents, tickets, people["requester_id"])
    ledger = Ledger.opened(words, plan.time.now, draws.created, draws.given, group_of(draws.filed))
    Story(plan, draws, ledger, rng).tell()
    first = people["name"].str.split(" ").list.first()
    return Block(
        tickets=_tickets(rng, plan, draws, ledger, tickets, people, written),
        messages=ledger.messages(tickets, written.body, bank(plan.languages).sentences, first),
        events=ledger.events(tickets),
        truth=_truth(plan, draws, written, tickets),
    )


def _people(plan: Plan, draws: Draws) -> pl.DataFrame:
    """Who asks: the same account and number is always the same person."""
    key = draws.account * 61 + draws.person
    given = pl.Series(GIVEN_NAMES).gather((key * 7919) % len(GIVEN_NAMES))
    family = pl.Series(FAMILY_NAMES).gather((key * 104_729 // 31) % len(FAMILY_NAMES))
    accounts = plan.customers.frame.select("account_id", "name", "domain")[draws.account].rename(
        {"name": "account_name"}
    )
    named, private = pl.Series(draws.stray == 0), pl.Series(draws.stray == 2)  # noqa: PLR2004 -- the third kind
    person = pl.Series(draws.person).cast(pl.String)
    return accounts.with_columns(given=given, family=family, person=person).select(
        name=pl.concat_str("given", "family", separator=" "),
        requester_id=pl.concat_str(pl.col("account_id").str.replace("A", "U", literal=True), "person", separator="-"),
        requester_email=pl.concat_str(
            pl.concat_str("given", "family", separator=".").str.to_lowercase(),
            pl.lit("@"),
            pl.when(private).then(pl.lit("postbox.example")).otherwise("domain"),
        ),
        account_id=pl.when(named).then("account_id"),
        account_name=pl.when(~private).then("account_name"),
        company="account_name",
    )


def _facts(draws: Draws, people: pl.DataFrame) -> Facts:
    return Facts(
        language=draws.language,
        intent=draws.intent,
        level=draws.level,
        scenario=draws.scenario,
        frustration=draws.frustration,
        affected=draws.affected,
        vip=draws.vip,
        again=draws.again,
        chat=draws.channel == CHANNELS.index("chat"),
        name=people["name"],
        company=people["company"],
    )


def _tickets(  # noqa: PLR0917 -- everything that the desk knows
    rng: np.random.Generator,
    plan: Plan,
    draws: Draws,
    ledger: Ledger,
    tickets: pl.Series,
    people: pl.DataFrame,
    written: Written,
) -> pl.DataFrame:
    """Give the tickets as the desk knows them; contract `Tickets`, in its order."""
    users = np.where(rng.random(len(tickets)) < _COUNTED, draws.affected, 0)
    spent = np.round(draws.minutes * np.minimum(1.0, ledger.answers / draws.rounds), 1)
    return pl.DataFrame(
        {
            "ticket_id": tickets,
            "created_at": pl.Series(draws.created).cast(TIME),
            "updated_at": _times(ledger.updated),
            "first_response_at": _times(ledger.first_response),
            "last_requester_at": _times(ledger.last_requester),
            "solved_at": _times(ledger.solved),
            "closed_at": _times(ledger.closed),
            "status": _enum(ledger.status, STATUS),
            "subject": written.subject,
            "body": written.body,
            **{key: people[key] for key in ("requester_id", "requester_email", "account_id", "account_name")},
            "assignee": _where(ledger.agent >= 0, plan.team.frame["name"].gather(np.maximum(ledger.agent, 0))),
            "group": _words(GROUPS, ledger.group),
            **_filing(rng, draws, ledger),
            "reopens": ledger.reopens,
            "transfers": ledger.transfers,
            "replies": ledger.replies,
            "affected_users": _where(users > 0, pl.Series(users).cast(pl.Int32)),
            "vip": draws.vip,
            "escalated": ledger.escalated,
            "csat": pl.Series(ledger.csat, nan_to_null=True),
            "handling_minutes": _where(ledger.answers > 0, pl.Series(spent)),
        }
    )


def _filing(rng: np.random.Generator, draws: Draws, ledger: Ledger) -> dict[str, pl.Series]:
    """Give what somebody chose from a list: product, category, channel, tags, priority, impact and urgency."""
    many = len(draws.filed)
    impact = 3 - np.searchsorted(_IMPACT_FROM, draws.affected)
    urgency = np.clip(1 + draws.given // 2 + rng.integers(-1, 2, many), 1, 3)
    asked = rng.random(many) < _ASKED
    return {
        "product": _words(PRODUCTS, draws.product),
        "category": _words(INTENT_NAMES, draws.filed),
        "type": _words(tuple(row.type for row in INTENTS), draws.filed),
        "channel": _words(CHANNELS, draws.channel),
        "language": _words(LANGUAGES, draws.language),
        "tags": _tags(rng, draws),
        "priority": _words(PRIORITIES, ledger.level),
        "given_level": _enum(ledger.level, LEVEL),
        "first_level": _enum(draws.given, LEVEL),
        "given_impact": _where(asked, pl.Series(impact).cast(pl.UInt8)),
        "given_urgency": _where(asked, pl.Series(urgency).cast(pl.UInt8)),
    }


def _truth(plan: Plan, draws: Draws, written: Written, tickets: pl.Series) -> pl.DataFrame:
    incidents = plan.trouble.frame["incident_id"]
    second = _where(written.second >= 0, _words(INTENT_NAMES, np.maximum(written.second, 0)))
    return pl.DataFrame(
        {
            "ticket_id": tickets,
            "true_level": _enum(draws.level, LEVEL),
            "handling_minutes": draws.minutes,
            "intent": _words(INTENT_NAMES, draws.intent),
            "second_intent": second,
            "nature": _words(tuple(row.nature for row in INTENTS), draws.intent),
            "cause": _where(draws.cause >= 0, incidents.gather(np.maximum(draws.cause, 0))),
            "affected_users": pl.Series(draws.affected).cast(pl.Int32),
            "frustration": draws.frustration,
            "account_id": plan.customers.frame["account_id"].gather(draws.account),
            "follows_earlier": draws.again,
            **{name: written.signals[name] for name in SIGNALS},
        }
    )


def _tags(rng: np.random.Generator, draws: Draws) -> pl.Series:
    """One tag by what the ticket is filed under, for most, now and then a second one, and vip."""
    many, none = len(draws.filed), len(_TAGS)
    own = np.where(rng.random(many) < _TAGGED, draws.filed, none)
    other = np.where(rng.random(many) < _TAGGED_TWICE, rng.integers(0, none, many), none)
    return _TAG_LISTS.gather((own * (none + 1) + other) * 2 + draws.vip)


def _times(at: NDArray[np.int64]) -> pl.Series:
    return _where(at > 0, pl.Series(at).cast(TIME))


def _where(holds: NDArray[np.bool_], values: pl.Series) -> pl.Series:
    return pl.select(pl.when(pl.Series(holds)).then(values).alias("value")).to_series()


def _words(words: tuple[str, ...], codes: NDArray[np.intp]) -> pl.Series:
    return pl.Series(words).gather(codes)


def _enum(codes: NDArray[np.intp], kind: pl.Enum) -> pl.Series:
    return pl.Series(kind.categories, dtype=kind).gather(codes)
