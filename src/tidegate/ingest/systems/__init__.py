"""The systems whose exports are recognised. Adding one is adding one entry here."""

from typing import Final

from tidegate.ingest.systems.freshdesk import FRESHDESK
from tidegate.ingest.systems.generic import GENERIC
from tidegate.ingest.systems.github import GITHUB
from tidegate.ingest.systems.hubspot import HUBSPOT
from tidegate.ingest.systems.intercom import INTERCOM
from tidegate.ingest.systems.jira import JIRA
from tidegate.ingest.systems.model import System
from tidegate.ingest.systems.redmine import REDMINE
from tidegate.ingest.systems.request_tracker import REQUEST_TRACKER
from tidegate.ingest.systems.servicenow import SERVICENOW
from tidegate.ingest.systems.zendesk import ZENDESK

SYSTEMS: Final[tuple[System, ...]] = (
    *(ZENDESK, FRESHDESK, JIRA, SERVICENOW, INTERCOM, HUBSPOT, REQUEST_TRACKER, REDMINE, GITHUB),
    GENERIC,
)
"""In the order of the reference; the generic table comes last and backs up all others."""

BY_NAME: Final = {system.name: system for system in SYSTEMS}

__all__ = ["BY_NAME", "GENERIC", "SYSTEMS", "System"]
