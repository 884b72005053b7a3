"""What the service keeps: facts as they came, what was decided, and what is on its way in and out."""

from tidegate.server.desk.models.computed import Pulse, PulseSet, Replay, SimilarGroup
from tidegate.server.desk.models.decisions import (
    Action,
    Channel,
    Decision,
    Escalation,
    Override,
    PolicyVersion,
    Preferences,
    SavedView,
    Snooze,
)
from tidegate.server.desk.models.facts import Account, Agent, Event, Incident, Message, Reading, Ticket
from tidegate.server.desk.models.inbox import Delivery, TicketBasis

__all__ = [
    "Account",
    "Action",
    "Agent",
    "Channel",
    "Decision",
    "Delivery",
    "Escalation",
    "Event",
    "Incident",
    "Message",
    "Override",
    "PolicyVersion",
    "Preferences",
    "Pulse",
    "PulseSet",
    "Reading",
    "Replay",
    "SavedView",
    "SimilarGroup",
    "Snooze",
    "Ticket",
    "TicketBasis",
]
