"""Request Tracker: the spreadsheet (TSV) or CSV of a search, and the JSON of REST2."""

from tidegate.ingest.systems.model import System

REQUEST_TRACKER = System(
    name="request_tracker",
    title="Request Tracker",
    fingerprints=(
        ("id", "subject", "status", "queue_name", "owner_name"),
        ("id", "subject", "status", "queue", "owner", "requestors"),
        ("id", "subject", "status", "last_updated", "time_worked"),
        ("id", "subject", "status", "queue", "last_updated"),
        ("id", "subject", "status", "queue_name", "requestors"),
        ("id", "subject", "status", "queue_name", "owner", "created_relative"),
        ("id", "subject", "status", "told", "created"),
        ("effective_id", "subject", "status", "requestor"),
    ),
    columns={
        "ticket_id": ("id", "numerical_id", "effective_id"),
        "created_at": ("created",),
        "updated_at": ("last_updated",),
        "first_response_at": ("started",),
        "solved_at": ("resolved",),
        "closed_at": ("resolved",),
        "status": ("status",),
        "subject": ("subject",),
        "body": ("content", "description"),
        "requester_id": ("requestors", "requestor", "creator", "creator.id"),
        "requester_email": ("requestors_email_address", "requestors", "requestor"),
        "assignee": ("owner_name", "owner", "owner.id"),
        "group": ("queue_name", "queue", "queue.name", "queue.id"),
        "type": ("type",),
        "priority": ("priority",),
        "handling_minutes": ("time_worked",),
    },
    statuses={"stalled": "waiting", "resolved": "solved", "rejected": "closed", "deleted": "closed"},
    priorities={"high": "P1", "medium": "P2", "low": "P3"},
    units={"priority": "0 to 100", "handling_minutes": "minutes"},
    hint="The columns of the standard search show times as '3 days ago': add Created and LastUpdated to the search.",
    notes=(
        "Started, when work began, stands for the first response.",
        "The interface lists only identifiers, unless `fields` names more: Subject, Status, Queue, Owner, Created ...",
        "Numeric priorities run from 0 to 100, more being more urgent: from 90 P0, from 60 P1, from 25 P2, below P3.",
        "Spreadsheets of version 5 say Low, Medium or High instead.",
    ),
)
