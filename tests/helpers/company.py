"""The demo company in the service's database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tidegate import demo

if TYPE_CHECKING:
    from datetime import datetime

    from tidegate.demo import Company

TABLES = ("accounts", "agents", "incidents", "tickets", "messages", "events")


def move_in(now: datetime, *, tickets: int = 400, days: int = 60, seed: int = 7) -> Company:
    """Write a demo company into the database, as it stands at a moment; returns it with the truth."""
    from tidegate.server.desk import tables

    company = demo.generate(tickets=tickets, seed=seed, days=days, now=now)
    for name in TABLES:
        tables.upsert(name, getattr(company, name))
    return company


def forget_jobs() -> None:
    """Empty the queue of jobs, which outlives tests that commit: Django does not empty procrastinate's tables."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE")
