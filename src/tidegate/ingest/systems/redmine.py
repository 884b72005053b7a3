"""Redmine: the CSV of the issue list, and the JSON of its interface."""

from tidegate.ingest.systems.model import System

REDMINE = System(
    name="redmine",
    title="Redmine",
    fingerprints=(
        ("#", "project", "tracker", "status", "subject"),
        ("#", "tracker", "status", "subject"),
        ("id", "tracker_name", "status_name", "subject", "created_on"),
        ("id", "project_name", "status_name", "created_on"),
    ),
    columns={
        "ticket_id": ("#", "id"),
        "created_at": ("created", "created_on"),
        "updated_at": ("updated", "updated_on"),
        "solved_at": ("closed", "closed_on"),
        "closed_at": ("closed", "closed_on"),
        "status": ("status", "status.name"),
        "subject": ("subject",),
        "body": ("description",),
        "requester_id": ("author", "author.name", "author.id"),
        "assignee": ("assignee", "assigned_to.name"),
        "product": ("project", "project.name"),
        "category": ("category", "category.name"),
        "type": ("tracker", "tracker.name"),
        "tags": ("tags",),
        "priority": ("priority", "priority.name"),
        "handling_minutes": ("spent_time", "spent_hours", "total_spent_hours"),
    },
    statuses={"feedback": "waiting", "resolved": "solved", "rejected": "closed"},
    priorities={"immediate": "P0", "urgent": "P0", "high": "P1", "normal": "P2", "low": "P3"},
    units={"handling_minutes": "hours"},
    hint="Choose 'All Columns' when exporting from Redmine: the selected ones lack the creation time.",
    notes=("Choose UTF-8 as its encoding when exporting: in ISO-8859-1 other letters are lost before we see them.",),
)
