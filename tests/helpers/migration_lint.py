"""What in a migration would stop people who work meanwhile, or the version before, which still runs.

A deployment runs migrations first and restarts processes later: for a while the old program works on the new schema.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations
from django.db.models import NOT_PROVIDED

if TYPE_CHECKING:
    from django.db.migrations.migration import Migration
    from django.db.migrations.operations.base import Operation

GONE = "the version before still asks for it: stop using it in one release, remove it in the next"
WHY: dict[type[Operation], str] = {
    migrations.AddIndex: "nobody can write while it is built: AddIndexConcurrently, with atomic = False",
    migrations.RemoveIndex: "it waits for everybody: RemoveIndexConcurrently, with atomic = False",
    migrations.AlterField: "it may write every row anew under a lock: add a column, fill it, switch",
    migrations.AddConstraint: "every row is checked under a lock: NOT VALID first, VALIDATE in a migration of its own",
    migrations.RemoveField: GONE,
    migrations.DeleteModel: GONE,
    migrations.RenameField: GONE,
    migrations.RenameModel: GONE,
    migrations.AlterModelTable: GONE,
    migrations.RunSQL: "nobody can say what it locks: look, and name it among the permitted with the reason",
    migrations.RunPython: "nobody can say what it locks: look, and name it among the permitted with the reason",
}


def findings(migration: Migration) -> list[str]:
    """Say what is unsafe in a migration; operations on tables that it makes itself hold nobody up."""
    made = {op.name_lower for op in migration.operations if isinstance(op, migrations.CreateModel)}
    return [
        f"{type(op).__name__}: {why}"
        for op in migration.operations
        if getattr(op, "model_name", "").lower() not in made and (why := _why(op)) is not None
    ]


def _why(op: Operation) -> str | None:
    if isinstance(op, (AddIndexConcurrently, RemoveIndexConcurrently)):
        return None
    if isinstance(op, migrations.AddField):
        field = op.field
        blank = field.null or field.db_default is not NOT_PROVIDED or field.many_to_many
        return None if blank else "the version before cannot write rows: null=True or db_default"
    return next((why for kind, why in WHY.items() if isinstance(op, kind)), None)
