"""The inbox: what was accepted, before and after it became facts."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Delivery(models.Model):
    """Something that an integration sent: stored whole before it is answered, turned into facts by a job."""

    class State(models.TextChoices):
        """Where it is."""

        WAITING = "waiting"
        DONE = "done"
        FAILED = "failed"

    source = models.CharField(max_length=50)
    delivery_id = models.CharField(max_length=200)
    kind = models.CharField(max_length=20)
    """Which table it fills: tickets, messages, events, accounts, incidents, agents."""
    body = models.TextField()
    received_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    done_at = models.DateTimeField(null=True)
    attempts = models.IntegerField(default=0)
    rows = models.IntegerField(default=0)
    rejected = models.JSONField(default=list)
    """file, row, column, value, why: one entry a row that could not be used."""
    error = models.TextField(blank=True)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        """One row a delivery; those that wait are found at once."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["source", "delivery_id"], name="delivery_once")]
        indexes: ClassVar = [
            models.Index(fields=["id"], name="delivery_waiting", condition=models.Q(state="waiting")),
        ]


class TicketBasis(models.Model):
    """The payload that a ticket's row rests on; newer events are applied to it (`desk.landing`)."""

    ticket_id = models.TextField(primary_key=True)
    at = models.DateTimeField()
    """When the payload says that the ticket last changed; when it was received, where it does not say."""
    tie = models.CharField(max_length=80)
    """Orders payloads of one moment, the largest counts."""
    reopens = models.IntegerField(null=True)
    transfers = models.IntegerField(null=True)
