"""Every module with jobs, so that web and worker know them all; procrastinate imports this when Django is ready."""

from __future__ import annotations

from tidegate.server.jobs import app, deferring, inbox, measures, outbox, people, replay, similar, texts

__all__ = ["app", "deferring", "inbox", "measures", "outbox", "people", "replay", "similar", "texts"]
