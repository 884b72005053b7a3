"""What the columns of the other tables are usually called: accounts, incidents, agents, messages, events."""

from typing import Final

from tidegate.ingest.systems.model import System

OTHERS: Final[dict[str, System]] = {
    "accounts": System(
        name="generic",
        title="Accounts",
        columns={
            "account_id": ("account_id", "company_id", "organization_id", "customer_id", "record_id", "id"),
            "name": ("name", "account_name", "company_name", "company", "organization", "properties.name"),
            "domain": ("domain", "company_domain_name", "domains", "domain_names", "website"),
            "tier": ("tier", "plan", "account_tier", "segment", "customer_tier", "subscription"),
            "contract_value": (
                "contract_value",
                "arr",
                "annual_revenue",
                "annual_contract_value",
                "acv",
                "annualrevenue",
            ),
            "mrr": ("mrr", "monthly_recurring_revenue", "monthly_spend"),
            "renewal_at": ("renewal_at", "renewal_date", "renewal", "contract_end", "contract_end_date", "renews_on"),
            "health": ("health", "health_score"),
            "payment_status": ("payment_status", "billing_status"),
            "failed_payments": ("failed_payments", "failed_payments_30d", "payment_failures"),
            "usage_trend": ("usage_trend", "usage_change", "usage_trend_30d"),
            "strategic": ("strategic", "is_strategic", "key_account"),
            "expansion": ("expansion", "in_expansion"),
            "lifecycle": ("lifecycle", "lifecycle_stage", "lifecyclestage", "stage"),
            "owner": ("owner", "account_owner", "company_owner", "account_manager", "csm"),
        },
    ),
    "incidents": System(
        name="generic",
        title="Incidents",
        columns={
            "incident_id": ("incident_id", "id", "number", "incident_number", "key"),
            "title": ("title", "name", "summary", "description", "short_description", "subject"),
            "started_at": ("started_at", "start", "began_at", "created_at", "opened_at", "start_time", "created"),
            "resolved_at": ("resolved_at", "end", "ended_at", "closed_at", "end_time", "resolved"),
            "level": ("level", "severity", "priority", "urgency", "impact"),
            "product": ("product", "service", "component", "service.summary", "service_name"),
            "account_id": ("account_id", "company_id", "customer_id"),
        },
    ),
    "agents": System(
        name="generic",
        title="Agents",
        columns={
            "agent_id": ("agent_id", "id", "user_id", "email", "login", "name"),
            "name": ("name", "full_name", "agent_name", "display_name"),
            "group": ("group", "team", "queue", "department"),
            "skills": ("skills", "skill", "products"),
            "languages": ("languages", "language", "locale"),
            "seniority": ("seniority", "grade"),
            "capacity": ("capacity", "max_tickets", "limit"),
            "available": ("available", "active", "on_shift", "online"),
            "hourly_cost": ("hourly_cost", "cost_per_hour", "rate"),
            "shift": ("shift", "hours", "schedule"),
        },
    ),
    "messages": System(
        name="generic",
        title="Messages",
        columns={
            "message_id": ("message_id", "comment_id", "id"),
            "ticket_id": ("ticket_id", "ticket", "issue_id", "question_id", "conversation_id", "case_id", "issue_key"),
            "at": ("at", "created_at", "created", "sent_at", "timestamp", "date", "time"),
            "author": ("author", "author_id", "creator", "user", "from", "user_id", "agent"),
            "author_kind": ("author_kind", "role", "author_role", "author_type", "author.type", "sender"),
            "public": ("public", "is_public", "visible"),
            "body": ("body", "content", "text", "message", "comment", "plain_body"),
        },
    ),
    "events": System(
        name="generic",
        title="Events",
        columns={
            "event_id": ("event_id", "id"),
            "ticket_id": ("ticket_id", "ticket", "issue_id", "conversation_id", "number"),
            "at": ("at", "created_at", "created", "timestamp", "time", "date"),
            "kind": ("kind", "event", "type", "action", "event_type"),
            "actor": ("actor", "author", "author_id", "user", "user_id"),
            "actor_kind": ("actor_kind", "role", "author_kind", "actor_type"),
            "old": ("old", "from", "old_value", "previous_value", "before"),
            "new": ("new", "to", "new_value", "value", "after"),
        },
    ),
}
