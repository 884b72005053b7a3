"""Health tells a supervisor the truth, and strangers nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import connection

from tidegate.server import health
from tidegate.server.desk.board import board

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django.fixtures import SettingsWrapper

pytestmark = pytest.mark.django_db


def _heartbeat(seconds_ago: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - make_interval(secs => %s))",
            [seconds_ago],
        )


def test_alive_asks_nothing_of_the_database(client: Client, django_assert_num_queries) -> None:  # noqa: ANN001
    with django_assert_num_queries(0):
        answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.content == b"ok\n"


def test_ready_where_every_part_is(client: Client) -> None:
    _heartbeat(1)
    board.snapshot()
    answer = client.get("/readyz")
    assert answer.status_code == 200, answer.json()
    assert answer.json()["ready"] is True
    assert set(answer.json()["checks"].values()) == {"ok"}


def test_not_ready_without_a_worker(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["worker"] == "no worker; run tidegate work"


def test_not_ready_with_a_worker_that_has_gone_silent(client: Client) -> None:
    _heartbeat(health.WORKER_SECONDS + 60)
    assert client.get("/readyz").status_code == 503


def test_not_ready_before_the_open_tickets_are_read(client: Client) -> None:
    board.forget()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["board"] == "the open tickets are being read"


def test_not_ready_before_migrations(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    _heartbeat(1)
    monkeypatch.setattr(health, "_at_this_version", False)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'desk'")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "run tidegate migrate" in answer.json()["checks"]["migrations"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_nothing_is_written_there(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405


def test_metrics_are_for_this_machine_alone_without_a_token(client: Client) -> None:
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="192.0.2.7").status_code == 404
    assert client.get("/metrics", headers={"X-Forwarded-For": "192.0.2.7"}).status_code == 404


def test_a_token_is_asked_of_everybody(client: Client, settings: SettingsWrapper) -> None:
    settings.METRICS_TOKEN = "a-token-for-tests"  # noqa: S105
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer another"}).status_code == 404
    answer = client.get("/metrics", headers={"Authorization": "Bearer a-token-for-tests"}, REMOTE_ADDR="192.0.2.7")
    assert answer.status_code == 200
