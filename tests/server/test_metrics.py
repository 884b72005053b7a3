"""Metrics count what happened and what waits."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tidegate.server import processes
from tidegate.server.desk.models import Action, Delivery

if TYPE_CHECKING:
    from pathlib import Path

    from django.test import Client


def _values(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.mark.django_db
def test_what_waits_is_counted(client: Client) -> None:
    for number in range(3):
        Delivery.objects.create(source="s", delivery_id=str(number), kind="tickets", body="{}")
    Delivery.objects.create(source="s", delivery_id="done", kind="tickets", body="{}", state="done")
    Action.objects.create(kind="tag", ticket_id="t1", key="k1", state="dead")
    found = _values(client.get("/metrics").content.decode())
    assert found["tidegate_inbox_waiting", ()] == 3
    assert found["tidegate_inbox_lag_seconds", ()] >= 0
    assert found["tidegate_outbox_actions", (("state", "dead"),)] == 1
    assert found["tidegate_database_up", ()] == 1


@pytest.mark.django_db
def test_requests_are_counted_by_route_and_never_by_path(client: Client) -> None:
    labels = (("method", "GET"), ("route", "healthz"), ("status", "200"))
    before = _values(client.get("/metrics").content.decode()).get(("tidegate_requests_total", labels), 0)
    client.get("/healthz")
    client.get("/no/such/page-of-a-stranger")
    text = client.get("/metrics").content.decode()
    assert _values(text)["tidegate_requests_total", labels] == before + 1
    assert "page-of-a-stranger" not in text


def test_the_counts_of_several_processes_are_added(tmp_path: Path) -> None:
    program = (
        "from tidegate.server import metrics; metrics.REQUESTS.labels('queue', 'GET', '200').inc(2);"
        "metrics.board_refreshed(0.1, 7)"
    )
    environ = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    for _ in range(2):
        subprocess.run([sys.executable, "-c", program], env=environ, check=True)
    read = (
        "from pathlib import Path; from tidegate.server import metrics;"
        "metrics.DatabaseCollector.collect = lambda self: iter(());"
        "metrics.board_refreshed(0.1, 5);"
        "print(metrics.exposition().decode())"
    )
    told = subprocess.run([sys.executable, "-c", read], env=environ, check=True, capture_output=True, text=True)
    found = _values(told.stdout)
    assert found["tidegate_requests_total", (("method", "GET"), ("route", "queue"), ("status", "200"))] == 4
    assert found["tidegate_board_refresh_seconds_count", ()] == 3
    tickets = [value for (name, _), value in found.items() if name == "tidegate_board_tickets"]
    assert tickets == [5], "a process that has ended has no tickets in memory"


def test_folders_of_starts_that_have_ended_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "")
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    (tmp_path / "metrics" / str(dead.pid)).mkdir(parents=True)
    (tmp_path / "metrics" / str(os.getppid())).mkdir()
    made = processes.shared_folder(tmp_path)
    assert {path.name for path in (tmp_path / "metrics").iterdir()} == {str(os.getppid()), made.name}
