"""What takes long to compute and is kept: policies tried on the past, measures, and who is about the same thing."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from tidegate.server.desk.models.decisions import PolicyVersion


class Replay(models.Model):
    """A policy version tried on the last weeks: what was asked, how far it is, what came out."""

    class State(models.TextChoices):
        """Where it is."""

        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="replays")
    against = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="+", null=True)
    """What it is compared with: the version that was active then; none where it was that one itself."""
    weeks = models.IntegerField()
    seeds = models.IntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    done = models.IntegerField(default=0)
    total = models.IntegerField(default=0)
    stop = models.BooleanField(default=False)
    """Somebody asked for it to stop; it does after the replay under way."""
    result = models.JSONField(null=True)
    """As `simulate.backtest.Backtest.to_dict` lays it out."""
    error = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True)
    asked_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)
    """When it last said how far it is."""
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """At most one of a version is under way."""

        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["version"],
                condition=models.Q(state__in=("waiting", "running")),
                name="replay_one_under_way",
            )
        ]


class Pulse(models.Model):
    """The measures of the morning page as they were at one moment, with their charts drawn."""

    as_of = models.DateTimeField(db_index=True)
    policy = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="+")
    groups = ArrayField(models.CharField(max_length=200), default=list)
    """Whose tickets were measured, sorted; empty: all."""
    seconds = models.FloatField()
    """How long computing took."""
    body = models.JSONField()
    """What the page shows; `desk/pulse/body.py` says how it is laid out."""


class PulseSet(models.Model):
    """The tickets behind a figure of a pulse; kept apart, since the page reads none of them."""

    pulse = models.ForeignKey(Pulse, on_delete=models.CASCADE, related_name="sets")
    key = models.CharField(max_length=200)
    title = models.TextField()
    total = models.IntegerField()
    ids = ArrayField(models.TextField(), default=list)
    """At most `sets.SET`, in their order."""

    class Meta:
        """One a figure."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["pulse", "key"], name="pulse_set_once")]


class SimilarGroup(models.Model):
    """The group of a ticket that is about the same thing as others; empty once it is like no other any more."""

    ticket_id = models.TextField(primary_key=True)
    group = models.TextField(blank=True)
    """The earliest ticket of the group."""
    changed = models.BigIntegerField(db_index=True, default=0, editable=False)
