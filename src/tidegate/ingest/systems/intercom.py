"""Intercom: conversations and tickets of its interface, and the conversations CSV."""

from tidegate.ingest.systems.model import System

INTERCOM = System(
    name="intercom",
    title="Intercom",
    fingerprints=(
        ("id", "source_author_id", "state", "admin_assignee_id"),
        ("id", "waiting_since", "snoozed_until", "state"),
        ("conversation_id", "conversation_started_at"),
        ("ticket_state", "ticket_attributes_default_title", "created_at"),
    ),
    columns={
        "ticket_id": ("conversation_id", "id", "ticket_id"),
        "created_at": ("conversation_started_at", "created_at"),
        "updated_at": ("updated_at", "conversation_last_updated_at"),
        "first_response_at": ("statistics.first_admin_reply_at", "first_response_at"),
        "last_requester_at": ("waiting_since",),
        "solved_at": ("statistics.first_close_at", "statistics.last_close_at", "last_closed_at"),
        "closed_at": ("statistics.last_close_at", "last_closed_at"),
        "status": ("state", "ticket_state", "conversation_state"),
        "subject": ("title", "source.subject", "ticket_attributes._default_title_", "conversation_title"),
        "body": ("source.body", "ticket_attributes._default_description_", "first_message"),
        "requester_id": ("source.author.id", "user_id", "contact_id"),
        "requester_email": ("source.author.email", "user_email", "contact_email"),
        "account_id": ("company_id", "company.id"),
        "account_name": ("company.name", "company_name", "company"),
        "assignee": ("admin_assignee_id", "assignee", "teammate_assigned", "currently_assigned_teammate"),
        "group": ("team_assignee_id", "team_assigned", "currently_assigned_team"),
        "type": ("ticket_type.name", "type"),
        "channel": ("source.type", "channel"),
        "tags": ("tags.tags", "tags", "conversation_tags"),
        "language": ("custom_attributes.language",),
        "priority": ("priority",),
        "reopens": ("statistics.count_reopens",),
        "transfers": ("statistics.count_assignments",),
        "replies": ("statistics.count_conversation_parts",),
        "csat": ("conversation_rating.rating", "rating"),
    },
    statuses={
        **{"snoozed": "waiting", "submitted": "new", "in_progress": "open", "waiting_on_customer": "waiting"},
        **{"resolved": "solved"},
    },
    priorities={"priority": "P1", "not_priority": "P2", "true": "P1", "false": "P2"},
    units={"csat": "1 to 5", "transfers": "stations"},
)
