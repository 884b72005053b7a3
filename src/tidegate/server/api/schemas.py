"""What the API answers, field by field."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import dataframely as dy
from ninja import Schema
from pydantic import ConfigDict, Field, create_model

from tidegate.server.api.problems import KINDS, TYPE
from tidegate.tables.contracts import Tickets
from tidegate.tables.words import LANES, LEVELS

Level = Literal[LEVELS]  # ty: ignore[invalid-type-form] - the words of `tables`
Lane = Literal[LANES]  # ty: ignore[invalid-type-form] - the words of `tables`


class ErrorOut(Schema):
    """One thing that is wrong."""

    message: str = Field(description="what is wrong", examples=["created_at is missing"])
    pointer: str = Field(
        description="JSON pointer into the body, or query/NAME, path/NAME, header/NAME", examples=["/0/created_at"]
    )
    value: str | None = Field(description="the value, shortened")
    expected: str | None = Field(description="what would have been valid")
    mend: str | None = Field(description="what can be done about it", examples=["Add created_at."])


class ProblemOut(Schema):
    """A problem, as RFC 9457 has it."""

    type: str = Field(description="which kind of problem", examples=[f"{TYPE}{name}" for name in KINDS][:1])
    title: str = Field(description="the kind in words", examples=["The request cannot be used"])
    status: int = Field(description="the HTTP status", examples=[422])
    detail: str = Field(description="what happened here", examples=["1 values cannot be used."])
    instance: str = Field(description="the request id, which finds it in the log", examples=["urn:request:5f1c..."])
    errors: list[ErrorOut] = Field(default=[], description="what is wrong, value by value")


class AcceptedOut(Schema):
    """A delivery that stands in the database."""

    id: int = Field(description="number of the delivery", examples=[1042])
    delivery_id: str = Field(description="the idempotency key, or the one made for it", examples=["batch-2026-03-02-7"])
    rows: int = Field(description="objects that it holds", examples=[250])
    duplicate: bool = Field(description="true where the same delivery was accepted before", examples=[False])
    status_url: str = Field(description="where its state can be read", examples=["/api/v1/deliveries/1042"])


class RejectedOut(Schema):
    """A row of a delivery that could not be used; ``more`` stands for so many that are not listed."""

    row: int | None = Field(default=None, description="number of the object in the delivery, from 1")
    column: str | None = Field(default=None, description="its field")
    value: str | None = Field(default=None, description="the value, shortened")
    why: str | None = Field(default=None, description="why it cannot be used")
    more: int | None = Field(default=None, description="rejected rows that are not listed")


class DeliveryOut(Schema):
    """A delivery and what became of it. ``rows`` is always ``used`` and ``unused`` together once it is done."""

    id: int = Field(description="number of the delivery")
    source: str = Field(description="who sent it")
    delivery_id: str = Field(description="its idempotency key")
    kind: str = Field(description="tickets, messages, events, accounts, incidents or agents")
    state: Literal["waiting", "done", "failed"] = Field(description="where it is")
    received_at: datetime = Field(description="when it was accepted")
    done_at: datetime | None = Field(description="when it became facts, or failed")
    rows: int = Field(description="objects read; before that, objects counted")
    used: int = Field(description="objects that became facts, or are known already or superseded")
    unused: int = Field(description="objects that could not be used")
    rejected: list[RejectedOut] = Field(description="those, one by one")
    error: str = Field(description="why it failed; empty where it did not")


class PartOut(Schema):
    """A part of a ticket's points."""

    name: str = Field(description="the part", examples=["deadline"])
    points: float = Field(description="points that it adds", examples=[6.4])


class ReasonOut(Schema):
    """Why a ticket stands where it stands."""

    kind: str = Field(description="the part or the rule")
    text: str = Field(description="in plain words", examples=["12 minutes until the first response is due"])
    points: float | None = Field(description="points that it adds")


class PlaceOut(Schema):
    """A ticket as it stands in the queue."""

    model_config = ConfigDict(from_attributes=True)

    position: int | None = Field(description="1 is handed out first; null for a ticket that waits on somebody")
    ticket_id: str = Field(description="the ticket", examples=["4711"])
    level: Level | None = Field(description="its likeliest level")
    points: float | None = Field(description="10 log2 of the cost of delay")
    lane: Lane = Field(description="the part of the queue it stands in")
    review: bool = Field(description="a person should look at the level")
    escalate: bool = Field(description="should go to people who can act on it now")
    parts: list[PartOut] = Field(description="what the points are made of")
    rules: list[PartOut] = Field(description="rules that hold, and the points they add")
    reasons: list[ReasonOut] = Field(description="the most telling first")
    due_at: datetime | None = Field(description="when the running target is reached")
    minutes_left: float | None = Field(description="business minutes until then; negative after it")
    clock: str | None = Field(description="first_response, next_response or resolution")
    probabilities: list[float] = Field(description="of P0 to P3, after the rules")
    subject: str | None = Field(description="the subject line")
    status: str = Field(description="where the ticket stands")
    assignee: str | None = Field(description="who has it")
    group: str | None = Field(description="the team that has it")
    account_id: str | None = Field(description="the account")
    account_name: str | None = Field(description="its name")
    tier: str | None = Field(description="its tier")
    requester: str | None = Field(description="who asks")
    created_at: datetime = Field(description="when it was opened")
    intent: str | None = Field(description="what it is about")
    intent_confidence: float | None = Field(description="how likely that is")
    level_set: list[str] = Field(description="levels that cannot be excluded")
    snoozed: bool = Field(description="somebody set it aside, and nothing has called it back yet")
    snoozed_until: datetime | None = Field(description="until then at the latest; null is until the customer writes")


class PolicyBrief(Schema):
    """Which version of the policy ranked it."""

    number: int = Field(description="version", examples=[3])
    hash: str = Field(description="of its content", examples=["9f2c41ab03de"])


class QueueOut(Schema):
    """Part of the queue at one moment."""

    now: datetime = Field(description="the moment of asking")
    version: int = Field(description="another one means that the queue may differ; grows within a web process")
    policy: PolicyBrief = Field(description="the policy in force")
    lanes: dict[str, int] = Field(description="tickets a lane, before the filters", examples=[{"now": 3, "queue": 41}])
    total: int = Field(description="tickets that the filters choose")
    tickets: list[PlaceOut] = Field(description="those from `offset` on, best first")


class OverrideOut(Schema):
    """What a person said over the policy."""

    id: int = Field(description="number of the override")
    ticket_id: str = Field(description="the ticket")
    kind: str = Field(description="level, lane, intent or route")
    value: str = Field(description="what holds instead")
    was: str = Field(description="what the policy said")
    reason: str = Field(description="why")
    by: str = Field(description="who said it")
    at: datetime = Field(description="when")
    undone_at: datetime | None = Field(description="when it was taken back; null while it holds")


def _kept(column: dy.Column) -> Any:  # noqa: ANN401 - a type, made at run time
    kinds: dict[type, Any] = {dy.Datetime: datetime, dy.Bool: bool, dy.Float64: float, dy.List: list[str]}
    return next((kept for kind, kept in kinds.items() if isinstance(column, kind)), None) or (
        str if isinstance(column, dy.String | dy.Enum) else int
    )


_FACTS: dict[str, Any] = {
    name: (_kept(column) | None if column.nullable else _kept(column), Field(description=column.description))
    for name, column in Tickets.columns().items()
}
FactsOut: type[Schema] = create_model("FactsOut", __base__=Schema, __doc__="A ticket as it is known.", **_FACTS)


class TicketOut(Schema):
    """A ticket: what is known of it, where it stands, what people said of it."""

    facts: FactsOut = Field(description="the ticket as it is known")  # ty: ignore[invalid-type-form] - made above
    place: PlaceOut | None = Field(description="where it stands in the queue; null once it is solved")
    overrides: list[OverrideOut] = Field(description="what people said over the policy and holds")


class LeadOut(Schema):
    """Why a ticket stands above the next one."""

    model_config = ConfigDict(from_attributes=True)

    next_id: str = Field(description="the ticket below")
    band: bool = Field(description="the lane alone decides; the points then do not matter")
    points: float = Field(description="points of the ticket less those of the next one")
    parts: list[PartOut] = Field(description="the same part by part, the largest difference first")
    tie: bool = Field(description="the points are equal, and the older ticket stands first")


class MoveOut(Schema):
    """A single change that would move a ticket."""

    model_config = ConfigDict(from_attributes=True)

    text: str = Field(description="the change, in words")
    level: tuple[str, str] = Field(description="the level before and after")
    lane: tuple[str, str] = Field(description="the lane before and after")
    points: float = Field(description="points gained")


class ExplanationOut(Schema):
    """One ticket opened up."""

    place: PlaceOut = Field(description="where it stands")
    above_next: LeadOut | None = Field(
        description="why it stands above the next one; null for the last, or where the caller may not see the next"
    )
    would_change: list[MoveOut] = Field(description="the smallest changes that would move it")


class NextOut(Schema):
    """The ticket that was claimed."""

    ticket_id: str = Field(description="the ticket")
    place: PlaceOut | None = Field(description="where it stands")


class PolicyOut(PolicyBrief):
    """The policy in force."""

    why: str = Field(description="why it was made")
    activated_at: datetime | None = Field(description="since when it holds")
    text: str = Field(description="the policy file")


class ActionOut(Schema):
    """An action of the outbox."""

    model_config = ConfigDict(from_attributes=True)

    id: int = Field(description="number of the action")
    kind: str = Field(description="assign, tag, note, notify, page, escalate, review, draft or update")
    ticket_id: str = Field(description="the ticket")
    target: str = Field(description="agent, group, label or channel")
    state: str = Field(description="intended (dry run), waiting, done, dead or cancelled")
    attempts: int = Field(description="how often it was tried")
    key: str = Field(description="its idempotency key")
    created_at: datetime = Field(description="when it was decided")
    done_at: datetime | None = Field(description="when it was done")
    last_error: str = Field(description="why the last attempt failed; empty where it did not")


class ActionsOut(Schema):
    """Part of the outbox, the newest first."""

    total: int = Field(description="actions that the filters choose")
    actions: list[ActionOut] = Field(description="those from `offset` on")


_Word = Annotated[str, Field(max_length=200)]


class ForIn(Schema):
    """For whom."""

    model_config = ConfigDict(extra="forbid")

    person: _Word | None = Field(
        default=None,
        description="a program names the address of the person who acts; people leave it out",
        examples=["ivy@support.example"],
    )


class OverrideIn(ForIn):
    """What holds instead of the policy's word."""

    kind: Literal["level", "lane", "intent", "route"] = Field(description="what is said", examples=["level"])
    value: _Word = Field(description="a level, a lane, an intent, or the name of a group", examples=["P1"])
    reason: Annotated[str, Field(max_length=2000)] = Field(
        default="", description="why; people and training see it", examples=["The whole shop is affected"]
    )


class AssignIn(ForIn):
    """Who gets a ticket."""

    assignee: _Word | None = Field(description="the agent; null gives it back", examples=["ivy@support.example"])


class Page(Schema):
    """Which part of a list."""

    model_config = ConfigDict(extra="forbid")

    offset: Annotated[int, Field(ge=0, le=2**31 - 1)] = Field(default=0, description="leave out so many")
    limit: Annotated[int, Field(ge=1, le=500)] = Field(default=50, description="list at most so many")
