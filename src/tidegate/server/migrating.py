"""Migrations that run while people work: one at a time, and never long in anybody's way."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

LOCK_SECONDS: Final = 3
"""How long a change of a table may wait for its lock: everybody else waits behind it meanwhile."""
TRIES: Final = 20
_ONE_AT_A_TIME: Final = 7_301_945
"""Number of the advisory lock; any that no one else uses."""


def pending() -> list[str]:
    """Return the names of migrations that have not run."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]


def run_pending(say: Callable[[str], None]) -> int:
    """Run what has not run, each change waiting only a little for its table; return how many."""
    from django.core.management import call_command
    from django.db import connection

    waiting = pending()
    if not waiting:
        return 0
    say(f"{len(waiting)} migrations run")
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{LOCK_SECONDS}s'")
    call_command("migrate", interactive=False, verbosity=0)
    return len(waiting)


def migrate(say: Callable[[str], None], run: Callable[[Callable[[str], None]], int] = run_pending) -> int:
    """Bring the database to this version; return how many migrations ran.

    A table's change that cannot have its lock within seconds is tried again later, so that it never holds up the
    queue. Two that start at once run one after the other.

    Raises
    ------
    InputError
        If a lock could not be had in all that time.
    """
    from django.db import connection
    from django.db.utils import OperationalError

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_ONE_AT_A_TIME])
    try:
        for attempt in range(1, TRIES + 1):
            try:
                return run(say)
            except OperationalError as error:
                if not _is_lock(error):
                    raise
                say(f"a table is busy; migrations try again (attempt {attempt} of {TRIES})")
                time.sleep(min(0.2 * attempt, 2.0))
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_ONE_AT_A_TIME])
    raise InputError(
        "migrations could not have a table to themselves for a moment",
        mend="Look in pg_stat_activity for a transaction that has been open for long, end it, and start again.",
    )


def _is_lock(error: Exception) -> bool:
    from psycopg.errors import LockNotAvailable

    return isinstance(error.__cause__, LockNotAvailable)
