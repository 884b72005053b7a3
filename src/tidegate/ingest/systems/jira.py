"""Jira and Jira Service Management: the CSV of a search, and the JSON of the search interface."""

from tidegate.ingest.systems.model import System

JIRA = System(
    name="jira",
    title="Jira",
    fingerprints=(
        ("issue_key", "issue_type", "status", "summary"),
        ("summary", "issue_id", "status", "priority", "created"),
        ("summary", "issue_key", "status", "created"),
        ("key", "issuetype_name", "status_name", "summary", "created"),
        ("key", "status_name", "summary", "created"),
    ),
    columns={
        "ticket_id": ("issue_key", "key", "issue_id", "id"),
        "created_at": ("created",),
        "updated_at": ("updated",),
        "solved_at": ("resolved", "resolutiondate", "resolution_date"),
        "closed_at": ("resolved", "resolutiondate", "resolution_date"),
        "status": ("status", "status.name"),
        "subject": ("summary",),
        "body": ("description",),
        "requester_id": ("reporter_id", "reporter.account_id", "reporter.name", "reporter"),
        "requester_email": ("reporter_email", "reporter.email_address"),
        "account_id": ("custom_field_organizations",),
        "account_name": ("custom_field_organizations",),
        "assignee": ("assignee", "assignee.display_name", "assignee.name"),
        "group": ("custom_field_team", "project_name"),
        "product": ("component_s", "components", "project_name", "project.name", "project_key"),
        "category": ("custom_field_request_type", "request_type"),
        "type": ("issue_type", "issuetype.name"),
        "tags": ("labels",),
        "priority": ("priority", "priority.name"),
        "handling_minutes": ("time_spent", "timespent"),
    },
    statuses={"to do": "open", "waiting for customer": "waiting", "waiting for support": "open", "done": "solved"},
    priorities={
        **{"blocker": "P0", "critical": "P1", "major": "P2", "minor": "P3", "trivial": "P3"},
        **{"highest": "P0", "high": "P1", "medium": "P2", "low": "P3", "lowest": "P3"},
    },
    units={"handling_minutes": "seconds"},
    notes=('Columns that repeat ("Labels", "Labels") are read together. Dates such as 30/Sep/21 17:20 name no zone.',),
)
