"""What a policy file says, as typed, frozen values. `policy.loading` reads it; stages only ever see these."""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tidegate.policy.durations import Duration
from tidegate.tables.words import LEVELS, Clock, Lane, Level

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Row4 = Annotated[tuple[Share, Share, Share, Share], Field(description="probabilities of P0, P1, P2, P3")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Calendar(_Part):
    """Business hours of one place."""

    timezone: str = "UTC"
    hours: dict[str, str] = Field(
        default={"mon-fri": "09:00-17:00"},
        description="days to one or more spans: '09:00-12:00, 13:00-17:30'",
    )
    holidays: str | None = Field(None, description="code of the holidays library: GB, US, DE-BY")
    closed: tuple[str, ...] = Field((), description="own closed dates, YYYY-MM-DD")


class LevelRule(_Part):
    """Targets and weight of one level."""

    means: str = ""
    respond: Duration
    next: Duration
    resolve: Duration
    clock: str = Field("business", description="business, always, or the name of one of `calendars`")
    severity: Positive


class Target(_Part):
    """Different targets for a tier, a group, or both; the first row that fits wins."""

    level: Level
    tier: str | None = None
    group: str | None = None
    respond: Duration | None = None
    next: Duration | None = None
    resolve: Duration | None = None


class ClockRules(_Part):
    """What stops the clocks, and what sets them back."""

    hold: Literal["pauses", "runs"] = Field(
        "pauses", description="while a ticket waits on somebody inside or a third party"
    )
    level_change: Literal["carry-on", "restart"] = Field(
        "carry-on", description="when a ticket is moved to another level"
    )
    merge: Literal["earliest", "own"] = Field(
        "earliest", description="a merged ticket lends its start to the one that lives on, or not"
    )


class Aged(_Part):
    """Every k-th hand-out is the oldest ticket past the age limit."""

    every: int = Field(0, ge=0, description="0 is off")
    after: Duration = Duration(1, "bd")


class Weights(_Part):
    """The playbook's weighted sum, in percent."""

    impact: Annotated[float, Field(ge=0)] = 35
    urgency: Annotated[float, Field(ge=0)] = 25
    value: Annotated[float, Field(ge=0)] = 20
    sla_risk: Annotated[float, Field(ge=0)] = 10
    sentiment: Annotated[float, Field(ge=0)] = 10


class Ranking(_Part):
    """How the queue is ordered."""

    method: Literal["cost-of-delay", "weighted-sum"] = "cost-of-delay"
    horizon: Duration = Duration(1, "h")
    missed: Annotated[float, Field(gt=0, le=1)] = 0.5
    target_power: Annotated[float, Field(ge=-2, le=0)] = -0.75
    now_when: Annotated[float, Field(gt=0, le=1, description="probability of P0 that opens the lane now")] = 0.25
    escalate_late: bool = Field(
        default=True, description="an urgent ticket whose target is missed goes to lane escalate"
    )
    outlook: Duration = Field(Duration(1, "bd"), description="nothing due within it, and not urgent: lane later")
    aged: Aged = Aged()
    weights: Weights = Weights()


class Contract(_Part):
    """Value grows with (contract value / per) ** power; no contract value on file counts as 1."""

    per: Positive = 10_000
    power: Annotated[float, Field(ge=0, le=1)] = 0.5
    at_least: Positive = Field(
        0.25, description="what the smallest contract counts as; keeps a contract of 0 in the queue"
    )


class Renewal(_Part):
    """A renewal within this time multiplies value."""

    within: Duration = Duration(30, "d")
    times: Positive = 1.5


class Health(_Part):
    """A health score below this multiplies value."""

    below: Annotated[float, Field(ge=0, le=100)] = 40
    times: Positive = 1.5


class Value(_Part):
    """Business value at stake, as a product of factors; 1 is ordinary and what missing facts count as."""

    tier: dict[str, Positive] = {}
    contract: Contract | None = None
    renewal: Renewal | None = None
    health: Health | None = None
    lifecycle: dict[str, Positive] = {}
    payment: dict[str, Positive] = {}
    strategic: Positive = 1
    expansion: Positive = 1
    vip: Positive = 1
    incident: Positive = Field(1, description="an open incident touches the ticket")


class Effect(_Part):
    """What a rule does to the tickets that it holds for."""

    level: Level | None = Field(None, description="this level, whatever was read")
    at_least: Level | None = Field(None, description="this level or a more urgent one")
    at_most: Level | None = Field(None, description="this level or a less urgent one")
    value: Positive | None = Field(None, description="multiplies value")
    lane: Lane | None = None
    review: bool = False
    escalate: bool | str = Field(default=False, description="true, or the group that it goes to")
    page: str | None = None
    notify: str | None = None
    route: str | None = None
    tag: str | None = None
    draft: bool = False

    @model_validator(mode="after")
    def _one_level(self) -> Self:
        if sum(x is not None for x in (self.level, self.at_least, self.at_most)) > 1:
            raise ValueError("only one of level, at_least and at_most can hold")
        if self.lane in ("aged", "waiting"):
            raise ValueError(
                "a rule cannot put a ticket in lane aged or waiting; valid: now, escalate, review, queue, later"
            )
        if self == Effect.model_construct():
            raise ValueError("does nothing; valid keys: " + ", ".join(Effect.model_fields))
        return self


class Rule(_Part):
    """A condition over the ticket's columns, and what follows."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    when: Annotated[str, Field(min_length=1, description="SQL boolean expression over the documented columns")]
    then: Effect


class Given(_Part):
    """Level posterior by the priority that was filed: what a given level turned out to be."""

    confusion: dict[Level, Row4]
    unknown: Row4 = Field((0.01, 0.09, 0.5, 0.4), description="no priority was filed")
    learn_from: Annotated[
        int,
        Field(
            ge=0,
            description="rows with first and final priority needed to learn the table from the file; 0 never",
        ),
    ] = 200


class Review(_Part):
    """When a person should look."""

    coverage: Annotated[float, Field(gt=0.5, lt=1)] = 0.9
    scope: float | None = Field(
        None, description="max logit below which a text is out of scope; null takes the model's own"
    )
    languages: tuple[str, ...] = Field(
        (), description="languages that the team trusts the reader in; empty means the model's own"
    )


class Policy(_Part):
    """Everything that a team decides, in one file."""

    name: str
    version: int = Field(1, ge=1)
    calendar: Calendar = Calendar()
    calendars: dict[str, Calendar] = {}
    levels: dict[Level, LevelRule]
    targets: tuple[Target, ...] = ()
    clocks: ClockRules = ClockRules()
    ranking: Ranking = Ranking()
    value: Value = Value()
    given: Given
    rules: tuple[Rule, ...] = ()
    review: Review = Review()

    @classmethod
    def load(cls, source: str | Path | Mapping[str, object]) -> Policy:
        """Read ``starter``, ``playbook``, the path of a YAML file, YAML text, or values; see `policy.loading.load`."""
        from tidegate.policy.loading import load

        return load(source)

    @cached_property
    def hash(self) -> str:
        """First 12 hex digits of the SHA-256 of all that the policy says; comments and order of keys do not count."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    @property
    def severity(self) -> tuple[float, ...]:
        """Severity of P0 to P3."""
        return tuple(self.levels[level].severity for level in LEVELS)


__all__ = ["Calendar", "Clock", "Effect", "LevelRule", "Policy", "Ranking", "Rule", "Target", "Value"]
