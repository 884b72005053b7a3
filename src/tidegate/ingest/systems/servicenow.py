"""ServiceNow incidents: CSV by field name or label, the table interface's JSON, and incident event logs."""

from tidegate.ingest.systems.model import System

SERVICENOW = System(
    name="servicenow",
    title="ServiceNow",
    fingerprints=(
        ("number", "incident_state", "sys_updated_at", "opened_at"),
        ("number", "short_description", "opened_at", "state"),
        ("number", "short_description", "sys_created_on"),
        ("number", "opened", "short_description", "caller"),
        ("number", "short_description", "assignment_group", "priority"),
    ),
    columns={
        "ticket_id": ("number", "sys_id"),
        "created_at": ("opened_at", "opened", "sys_created_on", "sys_created_at", "created"),
        "updated_at": ("sys_updated_at", "sys_updated_on", "updated"),
        "solved_at": ("resolved_at", "resolved"),
        "closed_at": ("closed_at", "closed"),
        "status": ("incident_state", "state"),
        "subject": ("short_description",),
        "body": ("description",),
        "requester_id": ("caller_id", "caller"),
        "account_id": ("company", "account"),
        "account_name": ("company", "account"),
        "assignee": ("assigned_to",),
        "group": ("assignment_group",),
        "product": ("business_service", "cmdb_ci", "configuration_item", "service"),
        "category": ("category",),
        "type": ("sys_class_name", "task_type"),
        "channel": ("contact_type", "channel"),
        "priority": ("priority",),
        "given_impact": ("impact",),
        "given_urgency": ("urgency",),
        "reopens": ("reopen_count",),
        "transfers": ("reassignment_count",),
        "vip": ("caller_id.vip", "vip"),
        "escalated": ("escalation",),
        "handling_minutes": ("time_worked",),
    },
    statuses={
        **{"1": "new", "2": "open", "3": "hold", "6": "solved", "7": "closed", "8": "closed"},
        **{"awaiting user info": "waiting", "awaiting caller": "waiting", "awaiting vendor": "hold"},
        **{"awaiting problem": "hold", "awaiting evidence": "hold", "active": "open"},
    },
    priorities={
        **{"1": "P0", "2": "P1", "3": "P2", "4": "P3", "5": "P3"},
        **{"critical": "P0", "high": "P1", "moderate": "P2", "low": "P3", "planning": "P3"},
    },
    units={"handling_minutes": "seconds"},
)
