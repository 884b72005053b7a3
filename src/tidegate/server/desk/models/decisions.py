"""What was decided, by whom or what, and what follows from it."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from tidegate.tables.words import ACTION_KINDS, LANES, LEVELS

PERSON = settings.AUTH_USER_MODEL


def _person(*, null: bool = False) -> models.ForeignKey[Any, Any]:
    return models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+", null=null)


class PolicyVersion(models.Model):
    """A policy file as it once stood. One is active."""

    number = models.IntegerField(unique=True)
    text = models.TextField()
    hash = models.CharField(max_length=12)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = _person(null=True)
    why = models.TextField(blank=True)
    activated_at = models.DateTimeField(null=True)
    active = models.BooleanField(default=False)

    class Meta:
        """At most one is active."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["active"], condition=models.Q(active=True), name="policy_one_active")
        ]


class Decision(models.Model):
    """A change of a ticket's level, lane, route or reasons, and what made it. Appended."""

    ticket_id = models.TextField(db_index=True)
    at = models.DateTimeField(db_index=True)
    level = models.CharField(max_length=2, choices=[(level, level) for level in LEVELS])
    lane = models.CharField(max_length=10, choices=[(lane, lane) for lane in LANES])
    points = models.FloatField()
    review = models.BooleanField(default=False)
    reasons = ArrayField(models.TextField(), default=list)
    rules = ArrayField(models.TextField(), default=list)
    agent_id = models.TextField(null=True)  # noqa: DJ001 - as in `tables.Routes`: null is nobody
    """Who should take it; null: nobody, or somebody has it."""
    group = models.TextField(null=True)  # noqa: DJ001
    confidence = models.FloatField(null=True)
    automatic = models.BooleanField(null=True)
    policy = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="+")
    model = models.CharField(max_length=64, blank=True)
    latest = models.BooleanField(default=True)

    class Meta:
        """At most one decision a ticket is the latest."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["ticket_id"], condition=models.Q(latest=True), name="decision_one_latest")
        ]


class Override(models.Model):
    """A person's word over the policy's. Kept when it is taken back."""

    class Kind(models.TextChoices):
        """What was overridden."""

        LEVEL = "level"
        LANE = "lane"
        INTENT = "intent"
        ROUTE = "route"

    ticket_id = models.TextField(db_index=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    value = models.CharField(max_length=200)
    was = models.CharField(max_length=200, blank=True)
    """What the policy said at that moment."""
    reason = models.TextField(blank=True)
    by = _person()
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)
    undone_by = _person(null=True)
    policy = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="+")
    model = models.CharField(max_length=64, blank=True)
    changed = models.BigIntegerField(default=0, editable=False, db_index=True)

    class Meta:
        """At most one of a kind holds for a ticket."""

        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["ticket_id", "kind"], condition=models.Q(undone_at=None), name="override_one_of_a_kind"
            )
        ]


class Snooze(models.Model):
    """A ticket that somebody set aside, and what called it back. Kept when it has ended."""

    class Ended(models.TextChoices):
        """What ended it."""

        TIME = "time"
        MESSAGE = "message"
        LEVEL = "level"
        TARGET = "target"
        RULE = "rule"
        FINISHED = "finished"
        PERSON = "person"
        ANEW = "anew"

    ticket_id = models.TextField(db_index=True)
    until = models.DateTimeField(null=True)
    """Null: until the customer writes."""
    reason = models.TextField(blank=True)
    missed = models.CharField(max_length=20, blank=True)
    """The clock whose target was missed already; empty: none was."""
    messages = models.IntegerField(default=0)
    """How many messages of the customer's there were: one more calls the ticket back, whenever it was written."""
    by = _person()
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = _person(null=True)
    ended_why = models.CharField(max_length=10, blank=True, choices=Ended.choices)
    changed = models.BigIntegerField(default=0, editable=False, db_index=True)

    class Meta:
        """At most one holds for a ticket."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["ticket_id"], condition=models.Q(ended_at=None), name="snooze_one_holds")
        ]


class Escalation(models.Model):
    """A case for people outside support: what is broken, for whom, what it costs, and the tickets."""

    title = models.CharField(max_length=300)
    impact = models.TextField()
    """The quantified statement, as it was when it was made."""
    level = models.CharField(max_length=2, choices=[(level, level) for level in LEVELS])
    to = models.CharField(max_length=200)
    tickets = ArrayField(models.TextField(), default=list)
    facts = models.JSONField(default=dict)
    key = models.CharField(max_length=64, unique=True, null=True)  # noqa: DJ001 - unique, where there is one
    """Of the action that made it; null: a person did."""
    cluster = models.TextField(blank=True)
    """What its tickets share: an incident, what they are about, or nothing but the ticket."""
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = _person(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = _person(null=True)
    closed_why = models.TextField(blank=True, default="", db_default="")


class Action(models.Model):
    """The outbox: something to be done in the world, written in the transaction that decided it."""

    class State(models.TextChoices):
        """Where it is."""

        INTENDED = "intended"  # dry run: it would have been done
        WAITING = "waiting"
        DONE = "done"
        DEAD = "dead"
        CANCELLED = "cancelled"

    UPDATE: Final = "update"
    """The kind of what the help desk is told, besides the kinds that a policy may ask for."""
    kind = models.CharField(max_length=20, choices=[(kind, kind) for kind in (*ACTION_KINDS, UPDATE)])
    ticket_id = models.TextField(db_index=True)
    target = models.CharField(max_length=200, blank=True)
    """Channel, group, label or agent; empty: the kind needs none, or nobody is named."""
    title = models.TextField(blank=True)
    body = models.TextField(blank=True)
    causes = ArrayField(models.TextField(), default=list)
    episode = models.IntegerField(default=0)
    """Times the ticket had been reopened."""
    payload = models.JSONField(default=dict)
    key = models.CharField(max_length=64, unique=True)
    """The idempotency key: the same intention has the same one."""
    state = models.CharField(max_length=10, choices=State.choices, default=State.INTENDED, db_index=True)
    attempts = models.IntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    """Not before then is it tried; while it is tried, when it counts as given up by whoever tries."""
    last_error = models.TextField(blank=True)
    decision = models.ForeignKey(Decision, null=True, on_delete=models.PROTECT, related_name="actions")
    by = _person(null=True)
    """Who wanted it; null: the policy."""
    created_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        """Those that wait are found at once."""

        indexes: ClassVar = [
            models.Index(fields=["next_at"], name="action_waiting", condition=models.Q(state="waiting")),
            models.Index(fields=["-created_at"], name="action_newest"),
        ]


class Channel(models.Model):
    """A way out, under the name that the policy uses. Address and secret are sealed."""

    class Kind(models.TextChoices):
        """How it is spoken to."""

        APPRISE = "apprise"
        WEBHOOK = "webhook"

    name = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    sealed = models.BinaryField()
    """JSON of url and secret, encrypted."""
    shown = models.CharField(max_length=200, blank=True)
    """What may be seen of the address: the scheme, and of a webhook the host."""
    failures = models.IntegerField(default=0)
    """Failures in a row."""
    paused_until = models.DateTimeField(null=True)
    """Nothing is tried through it before then: one message at a time finds out whether it works again."""
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = _person(null=True)


class SavedView(models.Model):
    """Filters of the queue under a name."""

    person = models.ForeignKey(PERSON, on_delete=models.CASCADE, related_name="views")
    name = models.CharField(max_length=80)
    filters = models.JSONField(default=dict)
    shared = models.BooleanField(default=False)

    class Meta:
        """A person's names are unique."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["person", "name"], name="view_once")]


class Preferences(models.Model):
    """How a person wants the pages to look and sound."""

    class Theme(models.TextChoices):
        """Light, dark, or as the system."""

        SYSTEM = "system"
        LIGHT = "light"
        DARK = "dark"

    class Density(models.TextChoices):
        """How much stands on a screen."""

        COMFORTABLE = "comfortable"
        COMPACT = "compact"

    person = models.OneToOneField(PERSON, on_delete=models.CASCADE, primary_key=True, related_name="preferences")
    theme = models.CharField(max_length=11, choices=Theme.choices, default=Theme.SYSTEM)
    density = models.CharField(max_length=11, choices=Density.choices, default=Density.COMFORTABLE)
    sound = models.BooleanField(default=False)
    """Whether a new P0 sounds."""
