"""The service's tests run on the embedded PostgreSQL, one server for all workers, a database each."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client

    from tidegate.server.people.models import Person


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Point Django at the embedded server; it stops with the last test process."""
    from django.db import connections

    from tidegate.server import embedded
    from tidegate.server.settings import database

    del django_db_modify_db_settings_parallel_suffix
    data = Path(tempfile.gettempdir()) / f"tidegate-tests-{os.environ.get('PYTEST_XDIST_TESTRUNUID', os.getpid())}"
    server = embedded.start(data)
    found = database(embedded.url(server))
    for alias in connections:
        settings = connections[alias].settings_dict
        settings.update(HOST=found["HOST"], PORT=found["PORT"], USER=found["USER"], PASSWORD=found["PASSWORD"])


@pytest.fixture(scope="session", autouse=True)
def no_data_left() -> Iterator[None]:
    """Remove the databases of runs that ended an hour ago or more: those of this run still serve its other workers."""
    yield
    for old in Path(tempfile.gettempdir()).glob("tidegate-tests-*"):
        with suppress(FileNotFoundError):  # another run tidies up as well
            if time.time() - old.stat().st_mtime > 3600 and not (old / "postgresql" / "postmaster.pid").exists():
                shutil.rmtree(old, ignore_errors=True)


@pytest.fixture
def people(db: None) -> dict[str, Person]:
    """The cast: one person of each role, a colleague of another group, and one who has left."""
    from tidegate.server.people.models import Person

    del db
    cast = {
        "viewer": {"role": "viewer"},
        "agent": {"role": "agent"},
        "lead": {"role": "lead"},
        "admin": {"role": "admin"},
        "colleague": {"role": "agent", "groups_seen": ["billing"]},
        "leaver": {"role": "admin", "is_active": False},
    }
    made = {}
    for name, fields in cast.items():
        person = Person(email=f"{name}@example.test", name=name.title(), **fields)
        person.set_unusable_password()
        person.save()
        made[name] = person
    return made


@pytest.fixture
def as_lead(client: Client, people: dict[str, Person]) -> Client:
    """A browser in which the lead is signed in."""
    client.force_login(people["lead"])
    return client


@pytest.fixture(autouse=True)
def nobody_woken() -> None:
    """Forget that a test before this one woke a drain: what it queued is undone."""
    from tidegate.server.desk import inbox

    inbox.WOKEN.forget()
