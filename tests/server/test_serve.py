"""`tidegate serve`: one command that starts all, survives kills and leaves nothing behind."""

from __future__ import annotations

import os
import re
import signal
import socket
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from helpers.service import Service, until

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder that the database's own user may pass through; pytest closes its own against everybody else."""
    with tempfile.TemporaryDirectory(prefix="tidegate-serve-") as folder:
        yield Path(folder)


def _sees_the_queue(service: Service) -> None:
    """Sign in as the demo's lead, by what the service printed, and look at the queue."""
    said = re.search(r"The demo's lead signs in as (\S+) with (\S+)", service.said())
    assert said is not None
    with httpx.Client(base_url=service.url, follow_redirects=True, timeout=60) as client:
        page = client.get("/")
        assert page.url.path == "/accounts/login/"
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        assert token is not None
        form = {"login": said[1], "password": said[2], "csrfmiddlewaretoken": token[1]}
        queue = client.post("/accounts/login/", data=form, headers={"Referer": service.url})
        assert (queue.status_code, queue.url.path) == (200, "/")
        assert "<h1" in queue.text


def test_a_service_lives_through_the_death_of_each_part_and_leaves_nothing(home: Path) -> None:
    with Service(home / "data", "--demo") as service:
        service.start()
        assert httpx.get(f"{service.url}/healthz").text == "ok\n"
        assert service.said().count("The first admin signs in as") == 1
        _sees_the_queue(service)

        second = service.command("serve", "--port", "1")
        assert second.returncode == 2
        assert "another service (process" in second.stderr
        assert "TIDEGATE_DATA_DIR" in second.stderr

        for verb in ("web", "work"):
            before = service.child(verb)
            assert before is not None
            before.kill()
            until(lambda before=before, verb=verb: service.child(verb) not in (None, before), f"{verb} again")
            assert f"{verb} ended (killed by SIGKILL)" in service.said()
        before_kill = service.postmaster()
        os.kill(before_kill, signal.SIGKILL)
        until(lambda: "the database is up again" in service.said(), "the database again")
        assert service.postmaster() != before_kill
        until(service.ready, "ready after every part has died once")
        told = httpx.get(f"{service.url}/metrics").text
        assert 'tidegate_requests_total{method="GET",route="readyz",status="200"}' in told
        assert "tidegate_board_tickets{" in told

        assert service.stop() == 0
        assert service.processes() == []


def test_after_a_kill_of_everything_it_starts_again_without_repair(home: Path) -> None:
    with Service(home / "data") as service:
        service.start()
        assert service.process is not None
        service.process.kill()
        service.process.wait()
        until(lambda: all("postgres" in process.name() for process in service.processes()), "orphans have ended")
        os.kill(service.postmaster(), signal.SIGKILL)

        service.start()
        assert service.stop(signal.SIGINT) == 0
        assert service.processes() == []


def test_a_port_in_use_is_said_with_the_mend(home: Path) -> None:
    with socket.socket() as taken, Service(home / "data") as service:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        said = service.command("serve", "--port", str(taken.getsockname()[1]))
        assert said.returncode == 2
        assert "address already in use" in said.stderr
        assert "--port" in said.stderr
        assert service.processes() == []


def test_a_data_folder_that_is_a_file_is_said_with_the_mend(home: Path) -> None:
    (home / "data").write_text("not a folder", encoding="utf-8")
    with Service(home / "data") as service:
        said = service.command("serve")
    assert said.returncode == 2
    assert "the data folder cannot be used" in said.stderr
    assert "TIDEGATE_DATA_DIR" in said.stderr


@pytest.mark.parametrize("verb", ["web", "work"])
def test_a_part_alone_wants_a_server_of_its_own(home: Path, verb: str) -> None:
    said = Service(home / "data").command(verb)
    assert said.returncode == 2
    assert "DATABASE_URL" in said.stderr


def test_a_server_that_does_not_answer_is_said_without_its_password(home: Path) -> None:
    service = Service(home / "data", DATABASE_URL="postgresql://me:hidden-word@127.0.0.1:9/desk")
    said = service.command("migrate")
    assert said.returncode == 2
    assert "no PostgreSQL answers at 127.0.0.1" in said.stderr
    assert "hidden-word" not in said.stderr + said.stdout
