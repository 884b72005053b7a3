"""The tables that stages meet through: columns, types, units, and what a missing value means.

Each class is a `dataframely` schema, so it documents, checks, casts and samples its table. Times are UTC.
Durations are business minutes of the calendar that the column's clock runs on, unless the text says otherwise.
"""

from __future__ import annotations

import dataframely as dy

from tidegate.tables.words import ACTION_KINDS, ACTORS, CLOCKS, EVENT_KINDS, LANES, LEVELS, NATURES, STATUSES


def _time(description: str, *, nullable: bool = True) -> dy.Datetime:
    return dy.Datetime(nullable=nullable, time_zone="UTC", time_unit="us", description=description)


def _text(description: str, *, nullable: bool = True, primary_key: bool = False) -> dy.String:
    return dy.String(nullable=nullable, primary_key=primary_key, description=description)


class Tickets(dy.Schema):
    """One row a ticket, as known at the moment of asking."""

    ticket_id = _text("the help desk's own identifier", nullable=False, primary_key=True)
    created_at = _time("when the ticket was opened", nullable=False)
    updated_at = _time("last change of any kind")
    first_response_at = _time("first public reply by somebody other than the requester")
    last_requester_at = _time("last message of the requester that still waits for a reply")
    solved_at = _time("when it was solved; null while it is not")
    closed_at = _time("when it was closed for good; null while it is not")
    status = dy.Enum(STATUSES, nullable=False, description="where the ticket stands")
    subject = _text("the subject line")
    body = _text("the first message")
    requester_id = _text("who asks")
    requester_email = _text("the requester's address, lower case")
    account_id = _text("the requester's company, key of the accounts table")
    account_name = _text("the company's name as the help desk spells it")
    assignee = _text("the person who has it")
    group = _text("the team that has it")
    product = _text("product, component, service or project")
    category = _text("the help desk's own category or topic")
    type = _text("question, incident, problem, task, bug ..., lower case")
    channel = _text("email, chat, phone, web ..., lower case")
    language = _text("ISO 639-1 code of the text")
    tags = dy.List(dy.String(), nullable=True, description="labels, lower case")
    priority = _text("the priority in the help desk's own words")
    given_level = dy.Enum(LEVELS, nullable=True, description="that priority as a level")
    first_level = dy.Enum(LEVELS, nullable=True, description="the first priority that was given, as a level")
    given_impact = dy.UInt8(nullable=True, description="impact as filed: 1 high, 2 medium, 3 low")
    given_urgency = dy.UInt8(nullable=True, description="urgency as filed: 1 high, 2 medium, 3 low")
    reopens = dy.Int32(nullable=True, description="times reopened; missing counts as 0")
    transfers = dy.Int32(nullable=True, description="times handed to another group or person; missing counts as 0")
    replies = dy.Int32(nullable=True, description="messages on the ticket, the first one included")
    affected_users = dy.Int32(nullable=True, description="people affected; missing counts as 1")
    vip = dy.Bool(nullable=True, description="requester marked as very important")
    escalated = dy.Bool(nullable=True, description="already escalated")
    csat = dy.Float64(nullable=True, description="satisfaction, 0 bad to 1 good")
    handling_minutes = dy.Float64(
        nullable=True, description="working minutes spent so far, where the desk records them"
    )


class Messages(dy.Schema):
    """One row a message."""

    message_id = _text("the help desk's identifier", nullable=False, primary_key=True)
    ticket_id = _text("the ticket it belongs to", nullable=False)
    at = _time("when it was sent", nullable=False)
    author = _text("who wrote it")
    author_kind = dy.Enum(ACTORS, nullable=False, description="requester, agent, bot, system or other")
    public = dy.Bool(nullable=False, description="seen by the requester; false for an internal note")
    body = _text("what it says")


class Events(dy.Schema):
    """One row a change of a ticket; appended, never edited."""

    event_id = _text("identifier; the same event delivered twice has the same one", nullable=False, primary_key=True)
    ticket_id = _text("the ticket that changed", nullable=False)
    at = _time("when it changed", nullable=False)
    kind = dy.Enum(EVENT_KINDS, nullable=False, description="what changed")
    actor = _text("who changed it")
    actor_kind = dy.Enum(ACTORS, nullable=False, description="requester, agent, bot, system or other")
    old = _text("value before: status, level, assignee or group")
    new = _text("value after; for merged the ticket that lives on, for csat the score 0 to 1")


class Accounts(dy.Schema):
    """One row a customer, as the business knows it."""

    account_id = _text("key", nullable=False, primary_key=True)
    name = _text("company name")
    domain = _text("mail domain, lower case")
    tier = _text("one of the policy's tiers, lower case: trial, free, standard, enterprise, strategic")
    contract_value = dy.Float64(nullable=True, min=0, description="contract value a year, in the account's currency")
    mrr = dy.Float64(nullable=True, min=0, description="monthly recurring revenue, same currency")
    renewal_at = _time("next renewal")
    health = dy.Float64(nullable=True, min=0, max=100, description="health score, 0 bad to 100 good")
    payment_status = _text("ok, failed, overdue or disputed, lower case")
    failed_payments = dy.Int32(nullable=True, description="failed payments in the last 30 days")
    usage_trend = dy.Float64(nullable=True, description="change of usage over 30 days: -0.3 is 30% down")
    strategic = dy.Bool(nullable=True, description="on the strategic list")
    expansion = dy.Bool(nullable=True, description="an expansion is being negotiated")
    lifecycle = _text("trial, onboarding, active or churning, lower case")
    owner = _text("account owner")


class Incidents(dy.Schema):
    """One row an incident on our side."""

    incident_id = _text("key", nullable=False, primary_key=True)
    title = _text("what is broken")
    started_at = _time("when it began", nullable=False)
    resolved_at = _time("when it ended; null while open")
    level = dy.Enum(LEVELS, nullable=True, description="severity as a level")
    product = _text("product it touches; null for all")
    account_id = _text("account it touches; null for all")


class Agents(dy.Schema):
    """One row a person who takes tickets."""

    agent_id = _text("key", nullable=False, primary_key=True)
    name = _text("shown name")
    group = _text("team")
    skills = dy.List(dy.String(), nullable=True, description="intents or products, lower case")
    languages = dy.List(dy.String(), nullable=True, description="ISO 639-1 codes")
    seniority = _text("junior, regular or senior")
    capacity = dy.Int32(nullable=True, description="open tickets at a time")
    available = dy.Bool(nullable=True, description="on shift now; missing counts as yes")
    hourly_cost = dy.Float64(nullable=True, description="cost of an hour, for staffing")
    shift = _text("working hours such as 'mon-fri 09:00-17:30', in the calendar's zone")


class Levels(dy.Schema):
    """The level posterior of a ticket, the one thing that every reader must say."""

    ticket_id = _text("the ticket", nullable=False, primary_key=True)
    level_p0 = dy.Float64(nullable=False, min=0, max=1, description="probability that the ticket truly is P0")
    level_p1 = dy.Float64(nullable=False, min=0, max=1, description="probability of P1")
    level_p2 = dy.Float64(nullable=False, min=0, max=1, description="probability of P2")
    level_p3 = dy.Float64(nullable=False, min=0, max=1, description="probability of P3")
    level_source = _text("what the posterior rests on: text and columns, priority, impact and urgency, base rate")


class Readings(Levels):
    """What was read from a ticket's text and context; null where nothing was read."""

    intent = _text("most likely intent of the taxonomy")
    intent_confidence = dy.Float64(nullable=True, min=0, max=1, description="its calibrated probability")
    in_scope = dy.Float64(nullable=True, description="how well the text fits the taxonomy (max logit)")
    level_set = dy.List(dy.String(), nullable=True, description="levels that the policy's coverage cannot exclude")
    unsure = dy.Bool(
        nullable=True,
        description="the coverage cannot tell urgent from not urgent, or the text is outside the reader's scope",
    )
    nature = dy.Enum(NATURES, nullable=True, description="lookup, process, advisory or emotional")
    sentiment = dy.Float64(nullable=True, min=-1, max=1, description="-1 bad to 1 good")
    frustration = dy.Float64(nullable=True, min=0, max=1, description="kept apart from urgency")
    urgency = dy.Float64(nullable=True, min=0, max=1, description="urgency stated in the text")
    deadline_at = _time("deadline stated in the text")
    read_users = dy.Int32(nullable=True, description="people affected, as the text says")
    product_area = _text("product area the text speaks of")
    read_language = _text("ISO 639-1 code of the language it was read as")
    blocked_workflow = dy.Bool(nullable=True, description="cannot work")
    workaround = dy.Bool(nullable=True, description="a workaround exists")
    repeated_failure = dy.Bool(nullable=True, description="it happens again and again")
    churn_threat = dy.Bool(nullable=True, description="speaks of leaving")
    competitor = dy.Bool(nullable=True, description="names a competitor or switching to one")
    legal = dy.Bool(nullable=True, description="lawyers, regulators, contracts")
    security = dy.Bool(nullable=True, description="leak, breach, exposure, intrusion")
    escalation_request = dy.Bool(nullable=True, description="asks for somebody higher")
    follow_up = dy.Bool(nullable=True, description="asks again, or is impatient")
    executive = dy.Bool(nullable=True, description="an executive is involved")
    payment_failure = dy.Bool(nullable=True, description="a payment failed")
    evidence = dy.List(
        dy.Struct(
            {
                "name": dy.String(),
                "confidence": dy.Float64(),
                "start": dy.Int32(),
                "end": dy.Int32(),
                "quote": dy.String(),
            }
        ),
        nullable=True,
        description="the spans of the original text (subject, newline, body; characters) that values rest on",
    )
    unread = _text("why the ticket could not be read; null when it was")


class Clocks(dy.Schema):
    """Which clock runs for a ticket and where it stands."""

    ticket_id = _text("the ticket", nullable=False, primary_key=True)
    clock = dy.Enum(CLOCKS, nullable=False, description="the clock that runs now")
    target_row = dy.UInt16(nullable=False, description="row of the policy's target table")
    age_p0 = dy.Float64(nullable=False, description="minutes on the running clock, if the ticket is P0")
    age_p1 = dy.Float64(nullable=False, description="minutes on the running clock, if P1")
    age_p2 = dy.Float64(nullable=False, description="minutes on the running clock, if P2")
    age_p3 = dy.Float64(nullable=False, description="minutes on the running clock, if P3")
    minutes_left = dy.Float64(
        nullable=True, description="minutes until the target of the likeliest level; negative after it"
    )
    due_at = _time("when that target is reached")
    breached_since = _time("when the target was missed; null while it is not")


class Queue(dy.Schema):
    """The ranked queue, best first. Waiting tickets are not in it."""

    position = dy.UInt32(nullable=False, description="1 is handed out first")
    ticket_id = _text("the ticket", nullable=False, primary_key=True)
    level = dy.Enum(LEVELS, nullable=False, description="likeliest level after the rules")
    level_p0 = dy.Float64(nullable=False, description="probability of P0 after the rules")
    level_p1 = dy.Float64(nullable=False, description="probability of P1")
    level_p2 = dy.Float64(nullable=False, description="probability of P2")
    level_p3 = dy.Float64(nullable=False, description="probability of P3")
    points = dy.Float64(nullable=False, description="10 log2 of the cost of delay; 10 more is twice as costly")
    lane = dy.Enum(LANES, nullable=False, description="the part of the queue it stands in")
    review = dy.Bool(nullable=False, description="a person should look at the level")
    escalate = dy.Bool(nullable=False, description="should go to people who can act on it now")


class Routes(dy.Schema):
    """Who should take each ticket that nobody has."""

    ticket_id = _text("the ticket", nullable=False, primary_key=True)
    agent_id = _text("who should take it, key of the agents table; null where nobody has room for it")
    group = _text("the team that should take it; null where nothing says which")
    confidence = dy.Float64(
        nullable=False, min=0, max=1, description="the lesser of how sure the group is and how well the agent matches"
    )
    automatic = dy.Bool(nullable=False, description="the policy lets it be carried out without asking")
    reasons = dy.List(dy.String(nullable=False), nullable=False, description="why, the most telling first")
    alternatives = dy.List(
        dy.Struct(
            {
                "agent_id": dy.String(nullable=True),
                "group": dy.String(nullable=True),
                "fit": dy.Float64(nullable=False),
            },
            nullable=False,
        ),
        nullable=False,
        description="others of the team who have room, the best first, with how well they fit; before them, without an "
        "agent, the group that the reading speaks for where the ticket was filed with another",
    )


class Actions(dy.Schema):
    """What should happen because of a decision; nothing here has happened yet."""

    key = _text(
        "stable: the same action for the same cause has the same key",
        nullable=False,
        primary_key=True,
    )
    ticket_id = _text("the ticket; of an escalation the first of its tickets", nullable=False)
    kind = dy.Enum(ACTION_KINDS, nullable=False, description="assign, tag, note, notify, page, escalate, review, draft")
    target = _text("agent, group, label or channel that it is for; null where the kind needs none")
    causes = dy.List(
        dy.String(nullable=False), nullable=False, description="the rules, the lane or the route that it follows from"
    )
    episode = dy.Int32(nullable=False, description="times the ticket had been reopened")
    title = _text("one line to show or to send", nullable=False)
    body = _text("the text to send or to write down", nullable=False)
    payload = _text("everything else that the kind needs, as a JSON object", nullable=False)
