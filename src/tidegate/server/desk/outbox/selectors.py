"""What pages and programs read of the outbox, as far as the person sees the tickets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db import connection
from django.db.models import Count, Q
from django.utils import timezone

from tidegate.server.desk.models import Action, Channel, Decision
from tidegate.server.desk.seeing import scope_by_ticket

if TYPE_CHECKING:
    from datetime import datetime

    from tidegate.server.people.models import Person

PAGE: Final = 50
COUNTED: Final = timedelta(days=28)
"""Over which time routing is counted."""


def actions_list(
    *,
    person: Person,
    state: str = "",
    kind: str = "",
    target: str = "",
    since: datetime | None = None,
    offset: int = 0,
    limit: int = PAGE,
) -> list[Action]:
    """List actions, the newest first."""
    wanted = {"state": state, "kind": kind, "target": target, "created_at__gte": since}
    rows = scope_by_ticket(Action.objects.filter(**{name: value for name, value in wanted.items() if value}), person)
    return list(rows.select_related("by").order_by("-created_at", "-pk")[offset : offset + limit])


def actions_of_ticket(*, person: Person, ticket_id: str) -> list[Action]:
    """List the actions of a ticket, the newest first; none where the person does not see it."""
    rows = scope_by_ticket(Action.objects.filter(ticket_id=ticket_id), person)
    return list(rows.select_related("by").order_by("-created_at", "-pk"))


def action_get(*, person: Person, action: int) -> Action | None:
    """Find an action; None where there is none that the person sees."""
    return scope_by_ticket(Action.objects.filter(pk=action), person).select_related("by").first()


def actions_counts(*, person: Person) -> dict[str, int]:
    """Count actions by state; every state is named."""
    found = scope_by_ticket(Action.objects.all(), person).values_list("state").annotate(n=Count("pk")).order_by()
    return dict.fromkeys(Action.State.values, 0) | dict(found)


def channels_list() -> list[Channel]:
    """List the channels by name; their addresses stay sealed."""
    return list(Channel.objects.defer("sealed").order_by("name"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A route that is not sure enough to be carried out without asking.

    ``alternatives`` are ``agent_id``, ``group`` and ``fit``, the best first, as in `tables.Routes`.
    """

    ticket_id: str
    agent_id: str | None
    group: str | None
    confidence: float
    reasons: tuple[str, ...]
    alternatives: tuple[dict[str, Any], ...]


def routes_to_confirm(*, person: Person, limit: int = PAGE) -> list[Suggestion]:
    """List routes that wait for a person's word, the newest first."""
    named = Q(agent_id__isnull=False) | Q(group__isnull=False)
    latest = Decision.objects.filter(named, latest=True, automatic=False)
    found = list(scope_by_ticket(latest, person).order_by("-at", "-pk")[:limit])
    asked = Action.objects.filter(
        kind="review", ticket_id__in=[row.ticket_id for row in found], causes__contains=["route not sure"]
    )
    told = {row.ticket_id: row.payload for row in asked.order_by("pk")}
    return [
        Suggestion(
            ticket_id=row.ticket_id,
            agent_id=row.agent_id,
            group=row.group,
            confidence=row.confidence or 0.0,
            reasons=tuple(told.get(row.ticket_id, {}).get("reasons", ())),
            alternatives=tuple(told.get(row.ticket_id, {}).get("alternatives", ())),
        )
        for row in found
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingCounts:
    """How routing did over a time.

    Attributes
    ----------
    automatic
        Assignments that were carried out without asking.
    suggested
        Decisions with a route that was not sure enough.
    overridden
        Routes that people said over the policy's.
    misrouted
        Automatic assignments after which a person moved the ticket to another group within a week.
    """

    automatic: int
    suggested: int
    overridden: int
    misrouted: int

    @property
    def misroute_share(self) -> float | None:
        """Misrouted among automatic ones; None where there are none."""
        return self.misrouted / self.automatic if self.automatic else None


_COUNTS: Final = """
WITH seen AS (SELECT ticket_id FROM desk_ticket WHERE %(all)s OR "group" = ANY(%(groups)s)),
moved AS (
  SELECT a.id, EXISTS (
    SELECT 1 FROM desk_event e
    WHERE e.ticket_id = a.ticket_id AND e.kind = 'transferred' AND e.actor_kind <> 'system'
      AND e.at > a.done_at AND e.at <= a.done_at + interval '7 days'
      AND e.new IS DISTINCT FROM a.payload->>'group'
  ) AS elsewhere
  FROM desk_action a WHERE a.kind = 'assign' AND a.state = 'done' AND a.by_id IS NULL AND a.done_at >= %(since)s
    AND a.ticket_id IN (TABLE seen)
)
SELECT (SELECT count(*) FROM moved),
       (SELECT count(*) FROM desk_decision WHERE at >= %(since)s AND automatic = false AND ticket_id IN (TABLE seen)),
       (SELECT count(*) FROM desk_override WHERE kind = 'route' AND at >= %(since)s AND ticket_id IN (TABLE seen)),
       (SELECT count(*) FROM moved WHERE elsewhere)
"""


def routing_counts(*, person: Person, since: datetime | None = None) -> RoutingCounts:
    """Count what became of routes of tickets that the person sees, since a moment; None is the last 28 days."""
    start = timezone.now() - COUNTED if since is None else since
    with connection.cursor() as cursor:
        groups = list(person.groups_seen)
        cursor.execute(_COUNTS, {"since": start, "all": not groups, "groups": groups})
        row = cursor.fetchone() or (0, 0, 0, 0)
    automatic, suggested, overridden, misrouted = (int(count) for count in row)
    return RoutingCounts(automatic=automatic, suggested=suggested, overridden=overridden, misrouted=misrouted)
