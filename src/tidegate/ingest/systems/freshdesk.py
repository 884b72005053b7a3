"""Freshdesk: the CSV of the ticket list, and the JSON of its interface."""

from tidegate.ingest.systems.model import System

FRESHDESK = System(
    name="freshdesk",
    title="Freshdesk",
    fingerprints=(
        ("ticket_id", "subject", "status", "priority", "created_time", "last_update_time"),
        ("ticket_id", "created_time", "agent", "initial_response_time"),
        ("fr_due_by", "responder_id", "requester_id", "source"),
        ("fr_escalated", "is_escalated", "responder_id"),
    ),
    columns={
        "ticket_id": ("ticket_id", "id"),
        "created_at": ("created_time", "created_at"),
        "updated_at": ("last_update_time", "updated_at"),
        "first_response_at": ("initial_response_time", "stats.first_responded_at"),
        "last_requester_at": ("stats.requester_responded_at",),
        "solved_at": ("resolved_time", "stats.resolved_at"),
        "closed_at": ("closed_time", "stats.closed_at"),
        "status": ("status",),
        "subject": ("subject",),
        "body": ("description_text", "description"),
        "requester_id": ("contact_id", "requester_id", "requester.id"),
        "requester_email": ("email", "requester.email"),
        "account_id": ("company_id", "company.id"),
        "account_name": ("company_name", "company.name"),
        "assignee": ("agent", "responder_id"),
        "group": ("group", "group_id"),
        "product": ("product", "product_id"),
        "type": ("type",),
        "channel": ("source",),
        "language": ("language",),
        "tags": ("tags",),
        "priority": ("priority",),
        "replies": ("agent_interactions",),
        "escalated": ("is_escalated",),
        "csat": ("survey_results", "survey_result"),
        "handling_minutes": ("time_tracked",),
    },
    statuses={
        **{"2": "open", "3": "waiting", "4": "solved", "5": "closed", "6": "waiting", "7": "hold"},
        **{"pending": "waiting"},
    },
    priorities={"1": "P3", "2": "P2", "3": "P1", "4": "P0", "urgent": "P0", "high": "P1", "medium": "P2", "low": "P3"},
    units={"handling_minutes": "hours:minutes"},
    notes=("Its interface writes priorities as numbers the other way round: 1 is low, 4 is urgent.",),
)
