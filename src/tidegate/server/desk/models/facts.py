"""Facts: the columns of `tidegate.tables`, a model a contract; a test holds the two together.

``changed`` is the transaction that last wrote a row, set by a trigger: who has read everything up to a snapshot finds
what is new by it, whatever the order in which transactions end (docs/decisions/board-watermark.md).
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from tidegate.tables.words import ACTORS, EVENT_KINDS, LEVELS, STATUSES


def _text() -> models.TextField[Any, Any]:
    return models.TextField(null=True, blank=True)  # the contracts tell null from empty


def _words(words: tuple[str, ...], *, null: bool = False) -> models.CharField[Any, Any]:
    return models.CharField(max_length=20, choices=[(word, word) for word in words], null=null)


class Fact(models.Model):
    """A row that came from outside."""

    changed = models.BigIntegerField(default=0, editable=False, db_index=True)

    class Meta:
        """Not a table of its own."""

        abstract = True


class Ticket(Fact):
    """A ticket, as known now; `tables.Tickets`."""

    ticket_id = models.TextField(primary_key=True)
    created_at = models.DateTimeField(db_index=True)
    updated_at = models.DateTimeField(null=True)
    first_response_at = models.DateTimeField(null=True)
    last_requester_at = models.DateTimeField(null=True)
    solved_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    status = _words(STATUSES)
    subject = _text()
    body = _text()
    requester_id = _text()
    requester_email = _text()
    account_id = _text()
    account_name = _text()
    assignee = _text()
    group = _text()
    product = _text()
    category = _text()
    type = _text()
    channel = _text()
    language = _text()
    tags = ArrayField(models.TextField(), null=True)
    priority = _text()
    given_level = _words(LEVELS, null=True)
    first_level = _words(LEVELS, null=True)
    given_impact = models.SmallIntegerField(null=True)
    given_urgency = models.SmallIntegerField(null=True)
    reopens = models.IntegerField(null=True)
    transfers = models.IntegerField(null=True)
    replies = models.IntegerField(null=True)
    affected_users = models.IntegerField(null=True)
    vip = models.BooleanField(null=True)
    escalated = models.BooleanField(null=True)
    csat = models.FloatField(null=True)
    handling_minutes = models.FloatField(null=True)

    class Meta:
        """Open tickets are found without looking at the others."""

        indexes: ClassVar = [
            models.Index(fields=["status"], name="ticket_open", condition=~models.Q(status__in=("solved", "closed"))),
            models.Index(fields=["requester_id"], name="ticket_requester"),
            models.Index(fields=["account_id"], name="ticket_account"),
        ]


class Message(Fact):
    """A message; `tables.Messages`. Appended, never edited. The ticket may come later than the message."""

    message_id = models.TextField(primary_key=True)
    ticket_id = models.TextField(db_index=True)
    at = models.DateTimeField()
    author = _text()
    author_kind = _words(ACTORS)
    public = models.BooleanField()
    body = _text()


class Event(Fact):
    """A change of a ticket; `tables.Events`. Appended, never edited."""

    event_id = models.TextField(primary_key=True)
    ticket_id = models.TextField(db_index=True)
    at = models.DateTimeField()
    kind = _words(EVENT_KINDS)
    actor = _text()
    actor_kind = _words(ACTORS)
    old = _text()
    new = _text()


class Account(Fact):
    """A customer, as the business knows it; `tables.Accounts`."""

    account_id = models.TextField(primary_key=True)
    name = _text()
    domain = _text()
    tier = _text()
    contract_value = models.FloatField(null=True)
    mrr = models.FloatField(null=True)
    renewal_at = models.DateTimeField(null=True)
    health = models.FloatField(null=True)
    payment_status = _text()
    failed_payments = models.IntegerField(null=True)
    usage_trend = models.FloatField(null=True)
    strategic = models.BooleanField(null=True)
    expansion = models.BooleanField(null=True)
    lifecycle = _text()
    owner = _text()


class Incident(Fact):
    """An incident on our side; `tables.Incidents`."""

    incident_id = models.TextField(primary_key=True)
    title = _text()
    started_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    level = _words(LEVELS, null=True)
    product = _text()
    account_id = _text()


class Agent(Fact):
    """Somebody who takes tickets; `tables.Agents`."""

    agent_id = models.TextField(primary_key=True)
    name = _text()
    group = _text()
    skills = ArrayField(models.TextField(), null=True)
    languages = ArrayField(models.TextField(), null=True)
    seniority = _text()
    capacity = models.IntegerField(null=True)
    available = models.BooleanField(null=True)
    hourly_cost = models.FloatField(null=True)
    shift = _text()


class Reading(models.Model):
    """What a model read of a text: kept by content, so that no process reads a text twice."""

    key = models.CharField(max_length=32)
    """Digest of subject, body and time of writing, as `read.cache.keys` gives it."""
    model = models.CharField(max_length=64)
    values = models.TextField()
    """One line of NDJSON."""

    class Meta:
        """One a text and model."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["model", "key"], name="reading_once")]
