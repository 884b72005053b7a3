"""GitHub issues: the JSON of its interface, and what `gh issue list --json` prints."""

from tidegate.ingest.systems.model import System

GITHUB = System(
    name="github",
    title="GitHub issues",
    fingerprints=(
        ("number", "title", "state", "user_login", "created_at"),
        ("number", "title", "state", "author_login", "created_at"),
        ("number", "title", "state", "html_url"),
        ("number", "title", "state", "created_at", "labels"),
    ),
    columns={
        "ticket_id": ("number", "id"),
        "created_at": ("created_at",),
        "updated_at": ("updated_at",),
        "solved_at": ("closed_at",),
        "closed_at": ("closed_at",),
        "status": ("state",),
        "subject": ("title",),
        "body": ("body",),
        "requester_id": ("user.login", "author.login", "author", "user"),
        "assignee": ("assignee.login", "assignees", "assignee"),
        "product": ("repository.full_name", "repository", "repository.name"),
        "category": ("milestone.title", "milestone"),
        "type": ("type.name", "issue_type"),
        "tags": ("labels",),
        "replies": ("comments",),
    },
    units={"replies": "without the first", "priority": "in tags"},
    notes=(
        "The interface lists pull requests among the issues; leave them out with `gh issue list` or by `pull_request`.",
        "The priority is read from labels such as `P1`, `priority: high` or `severity/critical`.",
    ),
)
