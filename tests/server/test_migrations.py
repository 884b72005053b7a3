"""Migrations run while people work: none stops writes, and one that cannot have its lock stands back."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import psycopg
import pytest
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader

from helpers.migration_lint import findings
from helpers.service import until
from tidegate.server import migrating

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST_SCHEMA = "before 0.1.0 there is no database with rows in it"
PERMITTED = {
    ("desk", "0002_triggers"): FIRST_SCHEMA,
    ("desk", "0004_actions"): FIRST_SCHEMA,
    ("desk", "0006_pulse_groups"): FIRST_SCHEMA,
    ("desk", "0007_snoozes"): "the trigger is on the table that it makes itself",
    ("desk", "0009_similar_groups"): "the trigger is on the table that it makes itself",
    ("desk", "0010_updates"): "one more word: choices are no part of the table",
    ("people", "0002_sessions_and_cache"): FIRST_SCHEMA,
}
"""Migrations with findings that were looked at; after the first release each has a reason of its own."""


def _migration(*operations: object) -> migrations.Migration:
    made = migrations.Migration("probe", "desk")
    made.operations = list(operations)  # ty: ignore[invalid-assignment]
    return made


UNSAFE = [
    migrations.AddField("ticket", "colour", models.TextField(default="")),
    migrations.AddIndex("ticket", models.Index(fields=["product"], name="ticket_product")),
    migrations.AlterField("ticket", "reopens", models.BigIntegerField(null=True)),
    migrations.RemoveField("ticket", "vip"),
    migrations.RenameField("ticket", "vip", "important"),
    migrations.DeleteModel("ticket"),
    migrations.AddConstraint("ticket", models.UniqueConstraint(fields=["subject"], name="ticket_once")),
    migrations.RunSQL("VACUUM FULL desk_ticket"),
]
SAFE = [
    migrations.AddField("ticket", "colour", models.TextField(null=True)),
    migrations.AddField("ticket", "colour", models.TextField(db_default="")),
    AddIndexConcurrently("ticket", models.Index(fields=["product"], name="ticket_product")),
    migrations.CreateModel("Colour", [("id", models.BigAutoField(primary_key=True))]),
]


@pytest.mark.parametrize("operation", UNSAFE, ids=lambda op: type(op).__name__)
def test_what_would_stop_people_is_found(operation: object) -> None:
    assert len(findings(_migration(operation))) == 1


@pytest.mark.parametrize("operation", SAFE, ids=lambda op: type(op).__name__)
def test_what_holds_nobody_up_is_not(operation: object) -> None:
    assert findings(_migration(operation)) == []


def test_a_table_that_the_migration_makes_itself_is_nobody_elses() -> None:
    index = migrations.AddIndex("colour", models.Index(fields=["id"], name="colour_id"))
    assert findings(_migration(SAFE[-1], index)) == []


def test_no_migration_of_ours_stops_people_unless_it_was_looked_at() -> None:
    ours = {"desk", "people", "jobs"}
    migrations_found = MigrationLoader(None).disk_migrations
    found = {key: told for key, made in migrations_found.items() if key[0] in ours and (told := findings(made))}
    assert set(found) == set(PERMITTED), found


@pytest.mark.django_db(transaction=True)
def test_a_change_under_load_stands_back_until_it_can_have_the_table() -> None:
    """A reader keeps the table for longer than a change may wait; writes go on all the while and none is lost."""
    address = connection.get_connection_params()
    address = {name: address[name] for name in ("dbname", "user", "host", "port") if name in address}
    done, written, said = threading.Event(), [], []

    def write() -> None:
        with psycopg.connect(**address, autocommit=True) as own:
            while not done.is_set():
                own.execute(
                    "INSERT INTO desk_delivery (source, delivery_id, kind, body, received_at, state, attempts, rows,"
                    " rejected, error, request_id)"
                    " VALUES ('s', %s, 'tickets', '{}', now(), 'waiting', 0, 0, '[]', '', '')",
                    [str(len(written))],
                )
                written.append(1)

    with psycopg.connect(**address) as reader:
        reader.execute("SELECT count(*) FROM desk_delivery")

        def say(sentence: str) -> None:
            said.append((sentence, len(written)))
            reader.commit()

        writer = threading.Thread(target=write)
        writer.start()
        until(lambda: len(written) > 0, "a first write")
        try:
            assert migrating.migrate(say, run=_add_a_column) == 1
            after = len(written)
        finally:
            done.set()
            writer.join()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(probe) FROM desk_delivery")
        assert cursor.fetchone() == (len(written), 0)
        cursor.execute("ALTER TABLE desk_delivery DROP COLUMN probe")
    (first, before), *_ = said
    assert "a table is busy" in first
    assert 0 < before <= after


def _add_a_column(_say: Callable[[str], None]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{migrating.LOCK_SECONDS}s'")
        cursor.execute("ALTER TABLE desk_delivery ADD COLUMN probe integer")
    return 1


@pytest.mark.django_db(transaction=True)
def test_a_table_that_never_comes_free_is_said_with_the_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrating, "TRIES", 2)
    monkeypatch.setattr(migrating, "LOCK_SECONDS", 1)
    address = connection.get_connection_params()
    address = {name: address[name] for name in ("dbname", "user", "host", "port") if name in address}
    with psycopg.connect(**address) as reader:
        reader.execute("SELECT count(*) FROM desk_delivery")
        with pytest.raises(migrating.InputError, match="pg_stat_activity"):
            migrating.migrate(lambda _sentence: None, run=_add_a_column)
