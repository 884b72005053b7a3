"""Headers and cells as the systems themselves write them; the contents are ours.

Redmine's and Request Tracker's were exported from Redmine 5.0.4 and Request Tracker 5.0.3; Intercom's and HubSpot's
interfaces are their published descriptions; the other headers are those of exports found in public repositories.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tidegate.ingest import ColumnMissingError, Intake, read_tickets
from tidegate.tables import Tickets

NOW = datetime(2026, 12, 1, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def read(content: str | bytes | dict[str, Any] | list[Any], system: str, **kwargs: Any) -> Intake:
    text = content if isinstance(content, str | bytes) else json.dumps(content)
    intake = read_tickets(text.encode() if isinstance(text, str) else text, now=NOW, **kwargs)
    assert intake.mapping.system == system
    assert intake.read == intake.table.height + intake.rejected.height
    Tickets.validate(intake.table)
    return intake


REDMINE_ALL_COLUMNS = (
    "#,Project,Tracker,Parent task,Parent task subject,Status,Priority,Subject,Author,Assignee,Updated,Category,"
    "Target version,Start date,Due date,Estimated time,Total estimated time,Spent time,Total spent time,% Done,Created,"
    "Closed,Last updated by,Related issues,Files,Private,Description,Last notes\n"
    '3,Support,Feature,"","",Closed,Low,Dark mode,Ann,"",11/22/2026 04:02 AM,"","",11/22/2026,"","","",0.00,0.00,0,'
    '11/22/2026 04:02 AM,11/22/2026 04:02 AM,Ann,"","",No,"",""\n'
    '2,Support,Support,"","",Feedback,Normal,Rechnung vom März,Bo,"",11/22/2026 04:02 PM,"","",11/22/2026,"","","",'
    '1.50,1.50,0,11/22/2026 04:02 AM,"",Ann,"","",No,Bitte,more info please\n'
)


def test_redmine_all_columns_in_its_usual_encoding() -> None:
    intake = read(REDMINE_ALL_COLUMNS.encode("latin-1"), "redmine", timezone="UTC")
    closed, waiting = intake.table.rows(named=True)
    assert (closed["status"], closed["closed_at"], closed["type"]) == ("closed", at("2026-11-22 04:02:00"), "feature")
    assert (waiting["subject"], waiting["status"], waiting["given_level"]) == ("Rechnung vom März", "waiting", "P2")
    assert (waiting["updated_at"], waiting["handling_minutes"]) == (at("2026-11-22 16:02:00"), 90.0)
    assert (waiting["body"], waiting["requester_id"]) == ("Bitte", "Bo")


def test_redmine_selected_columns_say_what_to_do() -> None:
    text = "#,Project,Tracker,Status,Priority,Subject,Assignee,Updated\n3,S,Bug,New,Low,Dark,,11/22/2026 04:02 AM\n"
    with pytest.raises(ColumnMissingError, match=r"created_at.*All Columns") as caught:
        read_tickets(text.encode(), now=NOW)
    assert caught.value.mapping.columns["ticket_id"] == ("#",)


def test_redmine_json() -> None:
    issue = {
        "id": 1,
        "project": {"id": 1, "name": "Support"},
        "tracker": {"id": 1, "name": "Bug"},
        "status": {"id": 1, "name": "New", "is_closed": False},
        "priority": {"id": 5, "name": "Immediate"},
        "author": {"id": 1, "name": "Ann"},
        "assigned_to": {"id": 1, "name": "Bo"},
        "category": {"id": 1, "name": "Login"},
        "subject": "Cannot log in",
        "description": "It fails\r\nsince Monday",
        "done_ratio": 0,
        "is_private": False,
        "created_on": "2026-11-22T04:02:23Z",
        "updated_on": "2026-11-22T04:02:23Z",
        "closed_on": None,
    }
    page = {"issues": [issue], "total_count": 1, "offset": 0, "limit": 25}
    (ticket,) = read(page, "redmine").table.rows(named=True)
    assert (ticket["given_level"], ticket["assignee"], ticket["category"]) == ("P0", "Bo", "Login")


RT_SPREADSHEET = (
    "id\tSubject\tStatus\tQueueName\tOwnerName\tPriority\tRequestors\tCreated\tStarted\tTold\tLastUpdated\tResolved\t"
    "Due\tTimeWorked\tTimeLeft\tType\n"
    "1\tCannot log in\tnew\tGeneral\troot (Enoch Root)\tMedium\t<ann@example.com>, <cy@example.com>\t"
    "Sun Nov 22 04:03:50 2026\tNot set\tNot set\tSun Nov 22 04:03:51 2026\tNot set\tNot set\t1.50 hours (90 minutes)\t"
    "\tticket\n"
    "3\t =sum    jam\tresolved\tGeneral\tNobody in particular\tLow\t<bo@example.com>\tSun Nov 22 04:03:52 2026\t"
    "Sun Nov 22 04:03:54 2026\tNot set\tSun Nov 22 04:03:54 2026\tSun Nov 22 04:03:54 2026\tNot set\t30 minutes\t"
    "\tticket\n"
)


def test_request_tracker_spreadsheet() -> None:
    intake = read(RT_SPREADSHEET, "request_tracker", timezone="UTC")
    assert intake.notes == ()
    new, done = intake.table.rows(named=True)
    assert (new["requester_id"], new["requester_email"]) == ("ann@example.com", "ann@example.com")
    assert (new["given_level"], new["handling_minutes"], new["solved_at"]) == ("P2", 90.0, None)
    assert (done["assignee"], done["handling_minutes"]) == (None, 30.0)
    assert (done["solved_at"], done["status"]) == (at("2026-11-22 04:03:54"), "solved")


def test_request_tracker_standard_search_shows_only_ages() -> None:
    text = (
        "id\tSubject\tStatus\tQueueName\tOwner\tPriority\tRequestors\tCreatedRelative\tToldRelative\t"
        "LastUpdatedRelative\tTimeLeft\n1\tx\tnew\tGeneral\troot\tLow\t<a@b.io>\t37 seconds ago\t\t36 seconds ago\t\n"
    )
    with pytest.raises(ColumnMissingError, match="add Created and LastUpdated"):
        read_tickets(text.encode(), now=NOW)


def test_request_tracker_interface_writes_times_that_are_not_set_as_1970() -> None:
    user = {"type": "user", "_url": "http://desk.example/REST/2.0/user/ann"}
    item = {
        "id": "2",
        "type": "ticket",
        "_url": "http://desk.example/REST/2.0/ticket/2",
        "Subject": "Rechnung",
        "Status": "stalled",
        "Queue": {"type": "queue", "id": "1", "Name": "General", "_url": "http://desk.example/REST/2.0/queue/1"},
        "Owner": {**user, "id": "Nobody", "Name": "Nobody"},
        "Requestor": [{**user, "id": "ann@example.com"}, {**user, "id": "cy@example.com"}],
        "Created": "2026-11-22T04:03:51Z",
        "Started": "1970-01-01T00:00:00Z",
        "Resolved": "1970-01-01T00:00:00Z",
        "LastUpdated": "2026-11-22T04:03:54Z",
        "TimeWorked": "0",
        "Priority": "0",
    }
    intake = read({"items": [item], "count": 1, "total": 1, "page": 1, "per_page": 20}, "request_tracker")
    (ticket,) = intake.table.rows(named=True)
    assert intake.notes == ()
    assert (ticket["solved_at"], ticket["first_response_at"], ticket["assignee"]) == (None, None, None)
    assert (ticket["requester_id"], ticket["group"], ticket["status"]) == ("ann@example.com", "General", "waiting")


def test_intercom_csv_names_the_zone_in_its_headers() -> None:
    text = (
        "Conversation ID,Conversation started at (America/New_York),Updated at (America/New_York),User email,"
        "Teammate currently assigned,Team currently assigned,Current conversation state,Started by,"
        "Conversation source,Channel,Conversation tag,Topics,Last teammate rating,"
        "Conversation first replied at (America/New_York),Conversation first closed at (America/New_York)\n"
        "77,2026-01-05 10:00:00,2026-01-05 11:00:00,Ann@Acme.io,Ada,Support,Closed,Customer,Inbound message,Email,"
        "vip,Billing,5,2026-01-05 10:10:00,2026-01-05 11:00:00\n"
    )
    intake = read(text, "intercom", timezone="Europe/Berlin")
    (ticket,) = intake.table.rows(named=True)
    assert (ticket["created_at"], ticket["first_response_at"]) == (at("2026-01-05 15:00:00"), at("2026-01-05 15:10:00"))
    assert (ticket["status"], ticket["assignee"], ticket["group"]) == ("closed", "Ada", "Support")
    assert (ticket["requester_email"], ticket["category"], ticket["csat"]) == ("ann@acme.io", "Billing", 1.0)


def test_intercom_conversation_that_a_teammate_began_and_a_ticket() -> None:
    contacts = {"type": "contact.list", "contacts": [{"type": "contact", "id": "c9", "external_id": "70"}]}
    times = {"created_at": 1767600000, "updated_at": 1767600060, "snoozed_until": None}
    conversation = {
        **times,
        "type": "conversation",
        "id": "1295",
        "title": "Hello",
        "waiting_since": None,
        "state": "snoozed",
        "priority": "not_priority",
        "admin_assignee_id": 5,
        "source": {"type": "email", "body": "<p>Hi</p>", "author": {"type": "admin", "id": "5", "email": "bo@desk.io"}},
        "contacts": contacts,
        "statistics": {"type": "conversation_statistics", "handling_time": 600},
    }
    (ticket,) = read(
        {"type": "conversation.list", "conversations": [conversation], "total_count": 1}, "intercom"
    ).table.rows(named=True)
    assert (ticket["requester_id"], ticket["status"], ticket["handling_minutes"]) == ("c9", "waiting", 10.0)
    record = {
        **times,
        "type": "ticket",
        "id": "1296",
        "ticket_id": "1390",
        "category": "Customer",
        "ticket_attributes": {"_default_title_": "No access", "_default_description_": "Help"},
        "ticket_state": {"type": "ticket_state", "id": "12", "category": "in_progress", "internal_label": "Dev"},
        "ticket_type": {"type": "ticket_type", "id": "3", "name": "Bug"},
        "contacts": contacts,
        "open": True,
    }
    (ticket,) = read({"type": "ticket.list", "tickets": [record], "total_count": 1}, "intercom").table.rows(named=True)
    assert (ticket["subject"], ticket["status"], ticket["type"]) == ("No access", "open", "bug")


def test_freshdesk_and_freshservice_csv() -> None:
    text = (
        "Ticket ID,Subject,Status,Priority,Source,Type,Agent,Group,Created time,Due by Time,Resolved time,Closed time,"
        "Last update time,Initial response time,Time tracked,First response time (in hrs),Resolution time (in hrs),"
        "Agent interactions,Customer interactions,Resolution status,First response status,Tags,Survey results,Product,"
        "Full name,Title,Email,Contact ID,Company Name\n"
        "7,Broken,Open,Urgent,Email,Problem,No Agent,Support,2026-05-01 09:00:00,2026-05-02 09:00:00,,,"
        "2026-05-01 10:00:00,,01:30,,,1,3,,Within SLA,,,App,Ann,,ann@acme.io,55,Acme\n"
    )
    (ticket,) = read(text, "freshdesk").table.rows(named=True)
    assert (ticket["assignee"], ticket["replies"], ticket["account_name"]) == (None, 4, "Acme")
    text = (
        "Subject,Type,Status,Urgency,Impact,Priority,Group,Agent,Company,Source,Requester VIP,Ticket Id,Requester Name,"
        "Requester Email,Created Time,Due by Time,Resolved Time,Closed Time,Last Updated Time,Initial Response Time\n"
        "VPN,Incident,Pending,High,Medium,High,IT,Kim,,Portal,Yes,9,Ann,ann@acme.io,2026-05-01 09:00:00,,,,"
        "2026-05-01 10:00:00,\n"
    )
    (ticket,) = read(text, "freshdesk").table.rows(named=True)
    assert (ticket["vip"], ticket["requester_email"], ticket["status"]) == (True, "ann@acme.io", "waiting")
    assert (ticket["given_impact"], ticket["given_urgency"], ticket["requester_id"]) == (2, 1, "Ann")


def test_zendesk_full_csv_export() -> None:
    text = (
        "Summation column,Id,Requester,Requester id,Requester external id,Requester email,Requester domain,Submitter,"
        "Assignee,Group,Subject,Tags,Status,Priority,Via,Ticket type,Created at,Updated at,Assigned at,Organization,"
        "Due date,Initially assigned at,Solved at,Resolution time,Satisfaction Score,Group stations,Assignee stations,"
        "Reopens,Replies,First reply time in minutes\n"
        "1,35,Ann,9001,,ann@acme.io,acme.io,Ann,Bo,Tier 1,Login,a b,Open,High,Mail,Incident,2026-05-01 09:00,"
        "2026-05-01 10:00,,Acme,,,,,Not Offered,1,1,0,2,30\n"
    )
    (ticket,) = read(text, "zendesk").table.rows(named=True)
    assert (ticket["requester_id"], ticket["account_name"], ticket["tags"]) == ("9001", "Acme", ["a", "b"])
    assert (ticket["first_response_at"], ticket["csat"]) == (at("2026-05-01 09:30:00"), None)


def test_jira_cloud_csv() -> None:
    text = (
        "Summary,Issue key,Issue id,Issue Type,Status,Project key,Project name,Project type,Project lead,Priority,"
        "Resolution,Assignee,Assignee Id,Reporter,Reporter Id,Creator,Creator Id,Created,Updated,Last Viewed,Resolved,"
        "Votes,Labels,Labels,Description,Watchers,Watchers,Time Spent,Custom field (Request Type),"
        "Custom field (Impact),Custom field (Urgency),Satisfaction rating,Comment,Comment,Status Category\n"
        "Date picker,DI-1,46025,Bug,To Do,DI,Demo,software,Nick,Medium,,Bo,71:b,Ann,71:a,Ann,71:a,25/Feb/26 10:17 PM,"
        "26/Feb/26 2:05 AM,,,0,ui,,Shows time,Ann,,7200,Report a bug,Significant / Large,High,4,"
        "25/Feb/26 4:38 PM;71:b;Working,,To Do\n"
    )
    (ticket,) = read(text, "jira", timezone="UTC").table.rows(named=True)
    assert (ticket["created_at"], ticket["requester_id"]) == (at("2026-02-25 22:17:00"), "71:a")
    assert (ticket["category"], ticket["given_impact"], ticket["given_urgency"]) == ("Report a bug", 2, 1)
    assert (ticket["handling_minutes"], ticket["tags"]) == (120.0, ["ui"])


def test_servicenow_with_all_values_takes_stored_times_and_references() -> None:
    def both(shown: str, stored: str) -> dict[str, str]:
        return {"display_value": shown, "value": stored}

    record = {
        "number": both("INC1", "INC1"),
        "short_description": both("Mail", "Mail"),
        "opened_at": both("2026-05-01 01:00:00", "2026-05-01 08:00:00"),
        "sys_updated_on": both("2026-05-01 02:00:00", "2026-05-01 09:00:00"),
        "resolved_at": both("", ""),
        "state": both("On Hold", "3"),
        "priority": both("2 - High", "2"),
        "caller_id": {**both("Ann", "62826bf0"), "link": "https://desk.example/api/now/table/sys_user/62826bf0"},
        "time_worked": both("20 Minutes", "1970-01-01 00:20:00"),
    }
    (ticket,) = read({"result": [record]}, "servicenow").table.rows(named=True)
    assert (ticket["created_at"], ticket["requester_id"]) == (at("2026-05-01 08:00:00"), "62826bf0")
    assert (ticket["status"], ticket["given_level"], ticket["handling_minutes"]) == ("hold", "P1", 20.0)


def test_hubspot_default_properties() -> None:
    properties = {
        "content": "Help",
        "createdate": "2026-05-01T10:00:00.123Z",
        "hs_lastmodifieddate": "2026-05-02T10:00:00Z",
        "hs_object_id": "512",
        "hs_pipeline": "0",
        "hs_pipeline_stage": "1",
        "hs_ticket_category": None,
        "hs_ticket_priority": "LOW",
        "subject": "No access",
    }
    record = {"id": "512", "properties": properties, "createdAt": "2026-05-01T10:00:00.123Z", "archived": False}
    (ticket,) = read({"results": [record], "paging": {"next": {"after": "1"}}}, "hubspot").table.rows(named=True)
    assert (ticket["ticket_id"], ticket["status"], ticket["given_level"]) == ("512", "new", "P3")


def test_gh_issue_list_json_lists_the_comments() -> None:
    comment = {"id": "IC_1", "author": {"login": "bo"}, "body": "Seen", "createdAt": "2026-05-02T10:00:00Z"}
    issue = {
        "number": 3,
        "title": "Bug",
        "state": "OPEN",
        "body": "b",
        "author": {"id": "U_1", "is_bot": False, "login": "ann", "name": ""},
        "assignees": [{"id": "U_2", "login": "bo", "name": ""}],
        "labels": [{"id": "LA_1", "name": "P1", "description": "", "color": "ff0000"}],
        "comments": [comment, comment],
        "createdAt": "2026-05-01T10:00:00Z",
        "updatedAt": "2026-05-01T10:00:00Z",
        "closedAt": None,
    }
    (ticket,) = read([issue, {**issue, "number": 4, "comments": []}], "github").table.head(1).rows(named=True)
    assert (ticket["replies"], ticket["assignee"], ticket["requester_id"]) == (3, "bo", "ann")
    assert ticket["given_level"] == "P1"
