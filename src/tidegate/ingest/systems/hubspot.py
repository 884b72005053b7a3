"""HubSpot tickets: objects of its interface with their properties, and the CSV of the ticket list."""

from tidegate.ingest.systems.model import System

HUBSPOT = System(
    name="hubspot",
    title="HubSpot",
    fingerprints=(
        ("hs_pipeline_stage", "createdate"),
        ("hs_pipeline_stage", "hs_pipeline", "subject"),
        ("hs_ticket_priority", "subject"),
        ("ticket_id", "ticket_name", "ticket_status", "create_date"),
        ("record_id", "ticket_name", "ticket_status"),
        ("ticket_name", "pipeline", "create_date"),
    ),
    columns={
        "ticket_id": ("id", "hs_object_id", "hs_ticket_id", "ticket_id", "record_id"),
        "created_at": ("createdate", "create_date", "created_at"),
        "updated_at": ("hs_lastmodifieddate", "last_modified_date", "updated_at", "last_activity_date"),
        "first_response_at": ("first_agent_reply_date", "first_agent_email_response_date"),
        "last_requester_at": ("hs_last_message_received_at", "last_message_received_date"),
        "solved_at": ("closed_date", "close_date"),
        "closed_at": ("closed_date", "close_date"),
        "status": ("hs_pipeline_stage", "ticket_status"),
        "subject": ("subject", "ticket_name"),
        "body": ("content", "ticket_description"),
        "requester_id": ("hs_primary_contact", "associated_contact_ids", "associated_contact"),
        "account_id": ("hs_primary_company", "associated_company_ids", "hs_primary_company_id"),
        "account_name": ("hs_primary_company_name", "associated_company"),
        "assignee": ("hubspot_owner_id", "ticket_owner"),
        "group": ("hubspot_team_id", "hubspot_team", "pipeline", "hs_pipeline"),
        "category": ("hs_ticket_category", "category"),
        "channel": ("source_type", "hs_object_source_label", "source"),
        "priority": ("hs_ticket_priority", "priority"),
    },
    statuses={
        "1": "new",
        "2": "waiting",
        "3": "open",
        "4": "closed",
        "waiting on contact": "waiting",
        "waiting on us": "open",
    },
    priorities={"urgent": "P0", "high": "P1", "medium": "P2", "low": "P3"},
    notes=(
        "Pipeline stages 1 to 4 are those of the pipeline that every account starts with; name your own in `values`.",
    ),
)
