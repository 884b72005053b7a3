"""What a policy file says, as typed, frozen values. `policy.loading` reads it; stages only ever see these."""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from tidegate.policy.actions import Actions
from tidegate.policy.durations import Duration
from tidegate.policy.parts import Count, NotNegative, Number, Part, Positive, Row4, Share, no_switch
from tidegate.policy.routing import Routing
from tidegate.tables.words import LEVELS, Clock, Lane, Level, Seniority

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class Calendar(Part):
    """Business hours of one place."""

    timezone: str = Field("UTC", description="name of the zone that the hours are kept in, such as Europe/London")
    hours: dict[str, str] = Field(
        default={"mon-fri": "09:00-17:00"},
        description="days to one or more spans: '09:00-12:00, 13:00-17:30'",
    )
    holidays: str | None = Field(None, description="code of the holidays library: GB, US, DE-BY")
    closed: tuple[str, ...] = Field((), description="own closed dates, YYYY-MM-DD")


class LevelRule(Part):
    """Targets and weight of one level."""

    means: str = Field("", description="what such tickets are, for people")
    respond: Duration = Field(description="target of the first response")
    next: Duration = Field(description="target of the response to each later message")
    resolve: Duration = Field(description="target of the resolution")
    clock: str = Field("business", description="business, always, or the name of one of `calendars`")
    severity: Positive = Field(description="what an hour's delay of such a ticket costs, relative to the other levels")


class Target(Part):
    """Different targets for a tier, a group, or both; the first row that fits wins."""

    level: Level = Field(description="the level whose targets these are")
    tier: str | None = Field(None, description="only accounts of this tier; missing: of every tier")
    group: str | None = Field(None, description="only tickets of this group; missing: of every group")
    respond: Duration | None = Field(None, description="target of the first response; missing: as without this row")
    next: Duration | None = Field(None, description="target of each later response; missing: as without this row")
    resolve: Duration | None = Field(None, description="target of the resolution; missing: as without this row")


class ClockRules(Part):
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


class Aged(Part):
    """Every k-th hand-out is the oldest ticket past the age limit."""

    every: Count = Field(0, description="every so many hand-outs one is the oldest late ticket; 0 is off")
    after: Duration = Field(Duration(1, "bd"), description="the age limit, on the ticket's clock")


class Weights(Part):
    """The playbook's weighted sum, in percent."""

    impact: NotNegative = Field(35, description="users affected, and severity of the likeliest level")
    urgency: NotNegative = Field(25, description="as stated in the text or as filed")
    value: NotNegative = Field(20, description="business value of the customer")
    sla_risk: NotNegative = Field(10, description="how near the target is")
    sentiment: NotNegative = Field(10, description="how unhappy the text sounds")


class Ranking(Part):
    """How the queue is ordered."""

    method: Literal["cost-of-delay", "weighted-sum"] = Field(
        "cost-of-delay", description="cost of delay, or the playbook's weighted sum"
    )
    horizon: Duration = Field(Duration(1, "h"), description="how early a coming deadline starts to press")
    missed: Share = Field(
        0.5, gt=0, description="how hard a missed target presses; 1: no ticket loses points by being late"
    )
    target_power: Number = Field(
        -0.75, ge=-2, le=0, description="weight of a level = severity * (target in hours) ** target_power"
    )
    now_when: Share = Field(0.25, gt=0, description="probability of P0 that opens the lane now")
    escalate_late: bool = Field(
        default=True, description="an urgent ticket whose target is missed goes to lane escalate"
    )
    outlook: Duration = Field(Duration(1, "bd"), description="nothing due within it, and not urgent: lane later")
    aged: Aged = Field(Aged(), description="the lane aged")
    weights: Weights = Field(Weights(), description="weights of the weighted sum, in percent")


class Contract(Part):
    """Value grows with (contract value / per) ** power; no contract value on file counts as 1."""

    per: Positive = Field(10_000, description="the contract value a year that counts as 1")
    power: Share = Field(0.5, description="how fast value grows with it; 0 not at all, 1 in step")
    at_least: Positive = Field(
        0.25, description="what the smallest contract counts as; keeps a contract of 0 in the queue"
    )


class Renewal(Part):
    """A renewal within this time multiplies value."""

    within: Duration = Field(Duration(30, "d"), description="how near, around the clock")
    times: Positive = Field(1.5, description="the factor")


class Health(Part):
    """A health score below this multiplies value."""

    below: Number = Field(40, ge=0, le=100, description="the score, from 0 bad to 100 good")
    times: Positive = Field(1.5, description="the factor")


class Similar(Part):
    """Several tickets about the same thing within a day multiply the value of each."""

    at_least: int = Field(3, ge=1, le=10_000, description="how many others in 24 hours")
    times: Positive = Field(1.3, description="the factor")


class Value(Part):
    """Business value at stake, as a product of factors; 1 is ordinary and what missing facts count as."""

    tier: dict[str, Positive] = Field(default={}, description="factor by the account's tier, lower case")
    contract: Contract | None = Field(None, description="factor by the contract value")
    renewal: Renewal | None = Field(None, description="factor for a renewal that is near")
    health: Health | None = Field(None, description="factor for an account at risk")
    lifecycle: dict[str, Positive] = Field(
        default={}, description="factor by lifecycle: trial, onboarding, active, churning"
    )
    payment: dict[str, Positive] = Field(
        default={}, description="factor by payment status: ok, failed, overdue, disputed"
    )
    strategic: Positive = Field(1, description="factor for an account on the strategic list")
    expansion: Positive = Field(1, description="factor for an account with which an expansion is negotiated")
    vip: Positive = Field(1, description="factor for a requester marked as very important")
    incident: Positive = Field(1, description="factor for a ticket that an open incident of ours touches")
    similar: Similar | None = Field(None, description="factor for many tickets about the same thing; needs texts")


class Effect(Part):
    """What a rule does to the tickets that it holds for."""

    level: Level | None = Field(None, description="this level, whatever was read")
    at_least: Level | None = Field(None, description="this level or a more urgent one")
    at_most: Level | None = Field(None, description="this level or a less urgent one")
    value: Positive | None = Field(None, description="multiplies value")
    lane: Lane | None = Field(None, description="now, escalate, review, queue or later, whatever the ranking says")
    review: bool = Field(default=False, description="a person should look at the level")
    escalate: bool | str = Field(default=False, description="true, or the group that it goes to")
    page: str | None = Field(None, description="who is paged at once")
    notify: str | None = Field(None, description="who is told; account_owner is the owner of the account")
    route: str | None = Field(
        None, description="the group that should take it; of several rules the first in the file decides"
    )
    seniority: Seniority | None = Field(None, description="who takes it should be at least this senior")
    tag: str | None = Field(None, description="a label to put on it")
    draft: bool | str = Field(default=False, description="which of `actions.drafts` to write on the ticket as a note")

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


class Rule(Part):
    """A condition over the ticket's columns, and what follows."""

    name: Annotated[str, Field(min_length=1, max_length=80, description="shown as the reason, so say what it is about")]
    when: Annotated[str, Field(min_length=1, description="SQL boolean expression over the documented columns")]
    then: Effect = Field(description="what follows")


class Given(Part):
    """Level posterior by the priority that was filed: what a given level turned out to be."""

    confusion: dict[Level, Row4] = Field(description="by the level filed: what such tickets turned out to be")
    unknown: Row4 = Field((0.01, 0.09, 0.5, 0.4), description="no priority was filed")
    learn_from: Count = Field(
        200, description="tickets with first and final priority needed to learn the table from the file; 0 never"
    )


class Review(Part):
    """When a person should look."""

    coverage: Number = Field(
        0.9, gt=0.5, lt=1, description="how often the set of levels shown for a ticket holds its true one"
    )
    scope: Number | None = Field(
        None, description="max logit below which a text is out of scope; null takes the model's own"
    )
    languages: tuple[str, ...] = Field(
        (), description="languages that the team trusts the reader in; empty means the model's own"
    )
    second_below: Number = Field(
        0.6,
        ge=0,
        le=1,
        description="confidence in the intent below which a second reader, where there is one, reads it",
    )


class Policy(Part):
    """Everything that a team decides, in one file."""

    name: str = Field(min_length=1, max_length=80, description="shown with every ranked queue")
    version: Annotated[int, BeforeValidator(no_switch)] = Field(1, ge=1, description="count it up with every change")
    calendar: Calendar = Field(Calendar(), description="the clock business")
    calendars: dict[str, Calendar] = Field(default={}, description="further calendars, by a name of your own")
    levels: dict[Level, LevelRule] = Field(description="P0, P1, P2 and P3, all four")
    targets: tuple[Target, ...] = Field(
        (), description="targets that differ by tier or group; the first that fits wins"
    )
    clocks: ClockRules = Field(ClockRules(), description="what stops the clocks and sets them back")
    ranking: Ranking = Field(Ranking(), description="how the queue is ordered")
    value: Value = Field(Value(), description="business value at stake")
    given: Given = Field(description="what a filed priority says")
    rules: tuple[Rule, ...] = Field((), description="conditions, and what follows from them")
    review: Review = Field(Review(), description="when a person should look")
    routing: Routing = Field(Routing(), description="who should take a ticket")
    actions: Actions = Field(Actions(), description="what happens because of a decision")

    @field_validator("levels")
    @classmethod
    def _all_levels(cls, levels: dict[Level, LevelRule]) -> dict[Level, LevelRule]:
        if missing := [level for level in LEVELS if level not in levels]:
            raise ValueError(f"missing {', '.join(missing)}; all of {', '.join(LEVELS)} are needed")
        return levels

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
