"""Metrics in Prometheus' text form: what requests take, and how much waits where.

Counters of requests are kept by each web process in a file that all of them read, so any of them answers for all. What
waits is asked of the database when somebody looks.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily

from tidegate.server import environment
from tidegate.server.processes import alive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from django.db.backends.utils import CursorWrapper
    from django.http import HttpRequest, HttpResponseBase
    from prometheus_client.metrics_core import Metric

    Respond = Callable[[HttpRequest], HttpResponseBase]

OURS: Final = CollectorRegistry()
REQUESTS: Final = Counter(
    "tidegate_requests", "Requests answered, by route.", ["route", "method", "status"], registry=OURS
)
REQUEST_SECONDS: Final = Histogram(
    "tidegate_request_seconds",
    "Time to answer a request, by route.",
    ["route", "method"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
    registry=OURS,
)
BOARD_REFRESH_SECONDS: Final = Histogram(
    "tidegate_board_refresh_seconds",
    "Time to bring the open tickets in memory up to date.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
    registry=OURS,
)
BOARD_AT: Final = Gauge(
    "tidegate_board_refreshed_timestamp_seconds",
    "When each web process last brought its open tickets up to date.",
    multiprocess_mode="liveall",
    registry=OURS,
)
BOARD_TICKETS: Final = Gauge(
    "tidegate_board_tickets", "Open tickets in each web process.", multiprocess_mode="liveall", registry=OURS
)

_QUESTIONS: Final = (
    (
        "tidegate_inbox_waiting",
        "Deliveries that were accepted and are not yet facts.",
        (),
        "SELECT count(*)::float FROM desk_delivery WHERE state = 'waiting'",
    ),
    (
        "tidegate_inbox_lag_seconds",
        "Age of the oldest delivery that waits.",
        (),
        """SELECT coalesce(extract(epoch FROM now() - min(received_at)), 0)::float
           FROM desk_delivery WHERE state = 'waiting'""",
    ),
    (
        "tidegate_outbox_actions",
        "Actions by state.",
        ("state",),
        "SELECT state, count(*)::float FROM desk_action GROUP BY state",
    ),
    (
        "tidegate_jobs",
        "Jobs by queue and status.",
        ("queue", "status"),
        "SELECT queue_name, status::text, count(*)::float FROM procrastinate_jobs GROUP BY queue_name, status",
    ),
    (
        "tidegate_worker_heartbeat_age_seconds",
        "Time since a worker was last heard of.",
        (),
        "SELECT extract(epoch FROM now() - max(last_heartbeat))::float FROM procrastinate_workers HAVING count(*) > 0",
    ),
    (
        "tidegate_database_bytes",
        "Size of the database.",
        (),
        "SELECT pg_database_size(current_database())::float",
    ),
)
ASK_MILLISECONDS: Final = 2000
"""A question that takes longer is given up: looking must not slow down what is looked at."""


class DatabaseCollector:
    """Asks the database what waits, at the moment of looking."""

    def describe(self) -> list[Metric]:
        """Promise nothing ahead of time."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Ask; a question without an answer is left out, and ``tidegate_database_up`` says whether there was any."""
        from django.db import DatabaseError, connection, transaction

        up = GaugeMetricFamily("tidegate_database_up", "1 where the database answers.")
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL statement_timeout = {ASK_MILLISECONDS}")
                found = [(name, told, labels, _ask(cursor, question)) for name, told, labels, question in _QUESTIONS]
        except DatabaseError:
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        for name, told, labels, rows in found:
            family = GaugeMetricFamily(name, told, labels=labels)
            for *values, number in rows:
                family.add_metric([str(value) for value in values], float(str(number)))
            yield family


def _ask(cursor: CursorWrapper, question: str) -> list[tuple[object, ...]]:
    cursor.execute(question)
    return cursor.fetchall()


class ObserveMiddleware:
    """Counts, times and logs every request by its route."""

    def __init__(self, get_response: Respond) -> None:
        import structlog

        self.get_response = get_response
        self.log = structlog.get_logger("tidegate.request")

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, and write down how it went."""
        began = time.perf_counter()
        response = self.get_response(request)
        seconds = time.perf_counter() - began
        route = route_of(request)
        method = request.method if request.method in METHODS else "other"
        REQUESTS.labels(route, method, str(response.status_code)).inc()
        REQUEST_SECONDS.labels(route, method).observe(seconds)
        tell = self.log.debug if route in UNTOLD and response.status_code < REFUSED else self.log.info
        tell("request", route=route, method=method, status=response.status_code, ms=round(seconds * 1000, 1))
        return response


METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
REFUSED: Final = 400
UNTOLD: Final = ("healthz", "readyz", "metrics", "static", "queue_news")
"""Asked for by machines and pages all the time: written down only when refused."""


def route_of(request: HttpRequest) -> str:
    """Name the route that answered: a fixed number of names, whatever strangers ask for."""
    match = request.resolver_match
    if match is None:
        return "static" if request.path.startswith("/static/") else "none"
    return match.view_name or match.route or "unnamed"


def board_refreshed(seconds: float, tickets: int) -> None:
    """Write down that this process brought its board up to date."""
    BOARD_REFRESH_SECONDS.observe(seconds)
    BOARD_AT.set_to_current_time()
    BOARD_TICKETS.set(tickets)


def exposition() -> bytes:
    """Return all metrics of all web processes, in Prometheus' text form."""
    from prometheus_client import generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    registry.register(DatabaseCollector())
    folder = environment.shared_metrics()
    if folder is None:
        return generate_latest(OURS) + generate_latest(registry)
    _forget_the_dead(folder)
    MultiProcessCollector(registry)
    return generate_latest(registry)


def _forget_the_dead(folder: Path) -> None:
    """Drop the gauges of processes that have ended; their counts stay."""
    for file in folder.glob("gauge_live*_*.db"):
        if not alive(int(file.stem.rsplit("_", 1)[1])):
            file.unlink(missing_ok=True)
