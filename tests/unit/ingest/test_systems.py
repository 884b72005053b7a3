"""Each system's export, as its users have it: small, written here, read without any help."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tidegate.ingest import Intake, read_tickets
from tidegate.ingest.headers import normalise
from tidegate.ingest.mapping import SCHEMAS
from tidegate.ingest.quantities import UNITS
from tidegate.ingest.systems import SYSTEMS
from tidegate.ingest.systems.others import OTHERS
from tidegate.tables import Tickets
from tidegate.tables.words import LEVELS, STATUSES

NOW = datetime(2024, 6, 1, 12, 0, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def read(content: str | object, **kwargs: Any) -> Intake:
    text = content if isinstance(content, str) else json.dumps(content)
    intake = read_tickets(text.encode(), now=NOW, **kwargs)
    assert intake.read == intake.table.height + intake.rejected.height
    Tickets.validate(intake.table)
    return intake


def row(intake: Intake, ticket_id: str) -> dict[str, Any]:
    found = [ticket for ticket in intake.table.to_dicts() if ticket["ticket_id"] == ticket_id]
    assert len(found) == 1
    return found[0]


ZENDESK_CSV = """\
Id,Requester,Requester email,Submitter,Assignee,Group,Subject,Tags,Status,Priority,Via,Ticket type,Created at,\
Updated at,\
Organization,Solved at,Satisfaction Score,Group stations,Assignee stations,Reopens,Replies,First reply time in minutes
35436,Ann Li,Ann.Li@Example.com,Ann Li,Bo,Tier 1,Cannot log in,login urgent_vip,Open,Urgent,Mail,Incident,\
2024-05-30 08:00:00,2024-05-30 09:00:00,Acme,,Offered,3,2,1,2,45
35437,Cy,cy@example.com,Cy,-,Tier 2,Invoice,-,Pending,Normal,Web form,Question,\
2024-05-29 08:00:00,2024-05-30 09:00:00,-,2024-05-30 07:00:00,Good,1,1,0,1,
"""


def test_zendesk_view_csv() -> None:
    intake = read(ZENDESK_CSV)
    assert intake.mapping.system == "zendesk"
    first, second = row(intake, "35436"), row(intake, "35437")
    assert (first["status"], first["given_level"], first["priority"]) == ("open", "P0", "Urgent")
    assert first["tags"] == ["login", "urgent_vip"]
    assert first["requester_email"] == "ann.li@example.com"
    assert first["first_response_at"] == at("2024-05-30 08:45:00")
    assert (first["transfers"], first["reopens"], first["replies"]) == (2, 1, 3)
    assert (first["csat"], second["csat"]) == (None, 1.0)
    assert (second["assignee"], second["account_name"], second["status"]) == (None, None, "waiting")
    assert any("UTC" in note for note in intake.notes)


ZENDESK_JSON = {
    "tickets": [
        {
            "id": 7,
            "requester_id": 1,
            "submitter_id": 1,
            "assignee_id": 2,
            "organization_id": 9,
            "group_id": 4,
            "raw_subject": "Down",
            "subject": "Down",
            "description": "All is down",
            "status": "hold",
            "priority": "high",
            "type": "incident",
            "tags": ["Outage", "eu"],
            "via": {"channel": "api"},
            "created_at": "2024-05-01T10:00:00Z",
            "updated_at": "2024-05-02T10:00:00Z",
            "satisfaction_rating": {"score": "bad"},
        }
    ],
    "users": [{"id": 1, "name": "Ann", "email": "ANN@acme.io"}, {"id": 2, "name": "Bo", "email": "bo@desk.io"}],
    "organizations": [{"id": 9, "name": "Acme"}],
    "groups": [{"id": 4, "name": "Tier 2"}],
    "end_of_stream": True,
}


def test_zendesk_incremental_json_joins_the_tables_beside() -> None:
    ticket = row(read(ZENDESK_JSON), "7")
    assert (ticket["requester_email"], ticket["account_name"]) == ("ann@acme.io", "Acme")
    assert (ticket["assignee"], ticket["group"], ticket["account_id"]) == ("Bo", "Tier 2", "9")
    assert (ticket["tags"], ticket["channel"], ticket["csat"]) == (["outage", "eu"], "api", 0.0)
    assert (ticket["status"], ticket["given_level"], ticket["body"]) == ("hold", "P1", "All is down")


def test_pages_of_an_export_one_a_line_are_opened() -> None:
    pages = [ZENDESK_JSON, {"tickets": [{**ZENDESK_JSON["tickets"][0], "id": 8}], "users": []}]  # ty: ignore[not-subscriptable]
    intake = read("\n".join(json.dumps(page) for page in pages))
    assert sorted(intake.table.get_column("ticket_id")) == ["7", "8"]


FRESHDESK = """\
Ticket ID,Subject,Status,Priority,Source,Type,Agent,Group,Created time,Due by Time,Resolved time,Closed time,\
Last update time,Initial response time,Time tracked,Agent interactions,Tags,Product,Full name,Email,\
Contact ID,Company Name
101,Broken,Waiting on Customer,Urgent,Email,Problem,Kim,Support,2024-05-01 09:00:00,,,,2024-05-01 10:00:00,\
2024-05-01 09:30:00,01:30,2,"a,b",App,Ann,ann@acme.io,55,Acme
102,Slow,Resolved,Low,Portal,,No Agent,Support,2024-05-02 09:00:00,,2024-05-03 09:00:00,,2024-05-03 09:00:00,,\
00:00,,,,,,,
"""


def test_freshdesk_csv() -> None:
    intake = read(FRESHDESK)
    assert intake.mapping.system == "freshdesk"
    first, second = row(intake, "101"), row(intake, "102")
    assert (first["status"], first["given_level"], first["handling_minutes"]) == ("waiting", "P0", 90.0)
    assert (first["first_response_at"], first["tags"]) == (at("2024-05-01 09:30:00"), ["a", "b"])
    assert (second["status"], second["given_level"]) == ("solved", "P3")


def test_freshdesk_json_counts_priorities_from_low() -> None:
    ticket = {"id": 1, "fr_due_by": None, "responder_id": 2, "requester_id": 3, "source": 2, "subject": "x"}
    records = [{**ticket, "status": 2, "priority": 4, "created_at": "2024-05-01T10:00:00Z"}]
    assert row(read(records), "1") | {"status": "open", "given_level": "P0"} == row(read(records), "1")


JIRA_CSV = """\
Summary,Issue key,Issue id,Issue Type,Status,Project key,Project name,Priority,Assignee,Reporter,Created,\
Updated,Resolved,\
Labels,Labels,Component/s,Component/s,Description,Time Spent
Crash on start,SUP-1,10001,Bug,In Progress,SUP,Support,Blocker,ann,cy,30/Apr/24 17:20,01/May/24 5:20 PM,,mac,\
Crash,UI,,It crashes,3600
Typo,SUP-2,10002,Task,Done,SUP,Support,Lowest,,cy,01/May/24 08:00,02/May/24 08:00,02/May/24 08:00,,,,,,
"""


def test_jira_csv_with_repeated_columns() -> None:
    intake = read(JIRA_CSV, timezone="Europe/Berlin")
    assert intake.mapping.system == "jira"
    first, second = row(intake, "SUP-1"), row(intake, "SUP-2")
    assert (first["created_at"], first["updated_at"]) == (at("2024-04-30 15:20:00"), at("2024-05-01 15:20:00"))
    assert (first["tags"], first["product"], first["handling_minutes"]) == (["mac", "crash"], "UI", 60.0)
    assert (first["status"], first["given_level"], first["type"]) == ("open", "P0", "bug")
    assert (second["status"], second["given_level"], second["tags"]) == ("solved", "P3", None)


def test_jira_json() -> None:
    text = {"type": "doc", "content": [{"type": "paragraph", "content": [{"type": "text", "text": "It fails"}]}]}
    fields = {
        "summary": "Fails",
        "description": text,
        "status": {"name": "Waiting for customer"},
        "priority": {"name": "High"},
        "issuetype": {"name": "Incident"},
        "reporter": {"displayName": "Ann", "emailAddress": "ann@acme.io", "accountId": "a1"},
        "assignee": None,
        "labels": ["vip"],
        "components": [{"name": "API"}],
        "project": {"name": "Support"},
        "created": "2024-05-01T10:00:00.000+0200",
        "updated": "2024-05-02T10:00:00.000+0200",
    }
    intake = read({"total": 1, "issues": [{"id": "1", "key": "SUP-9", "fields": fields}]})
    ticket = row(intake, "SUP-9")
    assert intake.mapping.system == "jira"
    assert (ticket["status"], ticket["given_level"], ticket["body"]) == ("waiting", "P1", "It fails")
    assert (ticket["created_at"], ticket["product"]) == (at("2024-05-01 08:00:00"), "API")
    assert (ticket["requester_id"], ticket["requester_email"]) == ("a1", "ann@acme.io")


SERVICENOW_CSV = """\
"number","opened_at","short_description","caller_id","priority","state","category","assignment_group","assigned_to",\
"sys_updated_on","impact","urgency","reassignment_count","reopen_count","active"
"INC0001","2024-05-01 08:00:00","Mail down","Ann","1 - Critical","In Progress","Network","Ops","Bo",\
"2024-05-01 09:00:00","1 - High","2 - Medium","4","1","true"
"INC0002","2024-05-02 08:00:00","Mouse","Cy","4 - Low","On Hold","Hardware","","","2024-05-02 09:00:00",\
"3 - Low","3 - Low","0","0","true"
"""


def test_servicenow_csv() -> None:
    intake = read(SERVICENOW_CSV)
    assert intake.mapping.system == "servicenow"
    first, second = row(intake, "INC0001"), row(intake, "INC0002")
    assert (first["given_level"], first["given_impact"], first["given_urgency"]) == ("P0", 1, 2)
    assert (first["transfers"], first["reopens"], first["status"]) == (4, 1, "open")
    assert (second["given_level"], second["status"], second["given_impact"]) == ("P3", "hold", 3)


def test_servicenow_json_with_and_without_display_values() -> None:
    shown = {"display_value": "Ann", "link": "https://desk.example/api/u/1"}
    record = {"number": "INC1", "short_description": "x", "opened_at": "2024-05-01 08:00:00", "state": "6"}
    record |= {"priority": "2", "impact": "2", "urgency": "1"}
    ticket = row(read({"result": [{**record, "caller_id": shown}]}), "INC1")
    assert (ticket["requester_id"], ticket["status"], ticket["given_level"]) == ("Ann", "solved", "P1")
    assert ticket["given_urgency"] == 1


def test_intercom_json() -> None:
    conversation = {
        "type": "conversation",
        "id": "456",
        "created_at": 1714557600,
        "updated_at": 1714561200,
        "waiting_since": 1714560000,
        "snoozed_until": None,
        "title": None,
        "state": "open",
        "priority": "priority",
        "admin_assignee_id": 5,
        "tags": {"type": "tag.list", "tags": [{"name": "Billing"}]},
        "source": {"type": "email", "subject": "Refund", "body": "Please", "author": {"id": "u1", "email": "A@b.io"}},
        "statistics": {"first_admin_reply_at": 1714558000, "count_reopens": 1},
        "conversation_rating": {"rating": 5},
    }
    intake = read({"type": "conversation.list", "conversations": [conversation]})
    ticket = row(intake, "456")
    assert intake.mapping.system == "intercom"
    assert (ticket["created_at"], ticket["subject"]) == (at("2024-05-01 10:00:00"), "Refund")
    assert (ticket["tags"], ticket["given_level"], ticket["csat"]) == (["billing"], "P1", 1.0)
    assert (ticket["requester_email"], ticket["reopens"]) == ("a@b.io", 1)


def test_hubspot_json_and_csv() -> None:
    properties = {
        "subject": "No access",
        "content": "Help",
        "hs_pipeline_stage": "2",
        "hs_ticket_priority": "HIGH",
        "createdate": "2024-05-01T10:00:00.123Z",
        "hs_lastmodifieddate": "2024-05-02T10:00:00Z",
    }
    intake = read({"results": [{"id": "11", "properties": properties, "archived": False}]})
    ticket = row(intake, "11")
    assert intake.mapping.system == "hubspot"
    assert (ticket["status"], ticket["given_level"], ticket["body"]) == ("waiting", "P1", "Help")
    table = (
        "Ticket ID,Ticket name,Pipeline,Ticket status,Create date,Priority,Ticket owner\n"
        "9,Help,Support,Waiting on us,2024-05-01 10:00,Urgent,Ann\n"
    )
    ticket = row(read(table), "9")
    assert (ticket["status"], ticket["given_level"], ticket["assignee"]) == ("open", "P0", "Ann")


def test_request_tracker_tsv_and_rest2() -> None:
    table = (
        "id\tSubject\tStatus\tQueueName\tOwnerName\tPriority\tRequestors\tCreated\tLastUpdated\tResolved\n"
        "12\tDisk\tstalled\tGeneral\tNobody\t95\tann@acme.io, cy@acme.io\tWed May 01 10:00:00 2024\t"
        "Thu May 02 10:00:00 2024\tNot set\n"
    )
    intake = read(table)
    ticket = row(intake, "12")
    assert intake.mapping.system == "request_tracker"
    assert (ticket["status"], ticket["given_level"], ticket["assignee"]) == ("waiting", "P0", None)
    assert (ticket["requester_email"], ticket["created_at"]) == ("ann@acme.io", at("2024-05-01 10:00:00"))
    item = {
        "id": "13",
        "Subject": "Net",
        "Status": "open",
        "Queue": {"id": "1", "Name": "General"},
        "Owner": {"id": "root", "type": "user"},
        "Requestor": [{"id": "ann@acme.io"}],
        "Created": "2024-05-01T10:00:00Z",
        "LastUpdated": "2024-05-01T11:00:00Z",
        "TimeWorked": "30",
        "Priority": "50",
    }
    ticket = row(read({"items": [item], "count": 1}), "13")
    assert (ticket["group"], ticket["given_level"], ticket["handling_minutes"]) == ("General", "P2", 30.0)
    assert (ticket["assignee"], ticket["requester_id"]) == ("root", "ann@acme.io")


def test_redmine_csv_and_json() -> None:
    table = (
        "#;Project;Tracker;Status;Priority;Subject;Author;Assignee;Updated;Category;Spent time;Created;Closed\n"
        "5;Shop;Bug;Feedback;Immediate;Übel;Ann;;05/02/2024 03:20 PM;;1.50;05/01/2024 03:20 PM;\n"
        "6;Shop;Bug;Closed;Low;Gut;Ann;;05/23/2024 03:20 PM;;0.00;05/13/2024 03:20 PM;05/23/2024 03:20 PM\n"
    )
    intake = read(table)
    ticket = row(intake, "5")
    assert intake.mapping.system == "redmine"
    assert ticket["created_at"] == at("2024-05-01 15:20:00")
    assert (ticket["status"], ticket["given_level"], ticket["handling_minutes"]) == ("waiting", "P0", 90.0)
    issue = {
        "id": 8,
        "project": {"id": 1, "name": "Shop"},
        "tracker": {"id": 1, "name": "Bug"},
        "status": {"id": 1, "name": "New"},
        "priority": {"id": 2, "name": "Normal"},
        "subject": "x",
        "created_on": "2024-05-01T10:00:00Z",
    }
    ticket = row(read({"issues": [issue], "total_count": 1}), "8")
    assert (ticket["status"], ticket["given_level"], ticket["product"]) == ("new", "P2", "Shop")


def test_github_issues_take_the_level_from_labels() -> None:
    issue: dict[str, Any] = {
        "number": 3,
        "title": "Bug",
        "body": "b",
        "user": {"login": "ann"},
        "state": "open",
        "comments": 2,
    }
    issue |= {"created_at": "2024-05-01T10:00:00Z", "updated_at": "2024-05-01T10:00:00Z", "closed_at": None}
    plain = {**issue, "number": 4, "labels": [], "milestone": None}
    intake = read([{**issue, "labels": [{"name": "bug"}, {"name": "Priority: High"}]}, plain])
    ticket = row(intake, "3")
    assert intake.mapping.system == "github"
    assert (ticket["given_level"], ticket["requester_id"], ticket["replies"]) == ("P1", "ann", 3)
    assert ticket["tags"] == ["bug", "priority: high"]
    assert row(intake, "4")["given_level"] is None


def test_gh_command_line_csv() -> None:
    table = (
        "number,title,state,createdAt,updatedAt,closedAt,labels,author.login\n"
        '3,Bug,CLOSED,2024-05-01T10:00:00Z,2024-05-03T10:00:00Z,2024-05-03T10:00:00Z,"p0,bug",ann\n'
    )
    intake = read(table)
    ticket = row(intake, "3")
    assert intake.mapping.system == "github"
    assert (ticket["status"], ticket["given_level"], ticket["requester_id"]) == ("closed", "P0", "ann")


@pytest.mark.parametrize(
    ("header", "status", "priority"),
    [
        ("Ticketnummer;Erstellt am;Zustand;Priorität;Betreff;Bearbeiter", "In Bearbeitung", "Hoch"),
        ("Numéro;Date de création;Statut;Priorité;Objet;Assignee", "Ouvert", "Haute"),
        ("Número;Fecha de creación;Estado;Prioridad;Asunto;Asignado a", "Abierto", "Alta"),
        ("Numero;Data creazione;Stato;Priorità;Subject;Owner", "Aperto", "Alta"),
        ("Numero;Data de criação;Estado;Prioridade;Subject;Agent", "Aberto", "Alta"),
    ],
)
def test_any_table_in_five_more_languages(header: str, status: str, priority: str) -> None:
    intake = read(f"{header}\n1;2024-05-01;{status};{priority};Hilfe;Ann\n")
    ticket = row(intake, "1")
    assert (ticket["status"], ticket["given_level"]) == ("open", "P1")
    assert (ticket["subject"], ticket["assignee"]) == ("Hilfe", "Ann")


def test_the_data_of_every_system_fits_the_contracts() -> None:
    for table, systems in {"tickets": SYSTEMS, **{name: (system,) for name, system in OTHERS.items()}}.items():
        for system in systems:
            assert set(system.columns) <= set(SCHEMAS[table].columns()), system.name
            assert set(system.units.values()) <= set(UNITS)
            assert set(system.statuses.values()) <= set(STATUSES)
            assert set(system.priorities.values()) <= set(LEVELS)
            assert all(word == word.strip().lower() for word in (*system.statuses, *system.priorities))
            assert all(name == normalise(name) for fingerprint in system.fingerprints for name in fingerprint)


def test_every_fingerprint_is_told_as_its_own_system() -> None:
    for system in SYSTEMS:
        for fingerprint in system.fingerprints:
            largest = [other for other in SYSTEMS if any(set(fp) >= set(fingerprint) for fp in other.fingerprints)]
            assert largest == [system], fingerprint
