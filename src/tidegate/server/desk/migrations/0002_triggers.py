"""What the database itself sees to: which transaction wrote a fact, and that ledgers are appended only."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations

FACTS = ("ticket", "message", "event", "account", "incident", "agent", "override")
LEDGERS = ("desk_message", "desk_event")

MARK = """
CREATE FUNCTION desk_mark_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.changed := pg_current_xact_id()::text::bigint;
  RETURN NEW;
END $$;
"""
APPENDED = """
CREATE FUNCTION desk_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is appended to, never changed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
"""


def _forwards() -> str:
    marks = "".join(
        f"CREATE TRIGGER mark_changed BEFORE INSERT OR UPDATE ON desk_{name} "
        "FOR EACH ROW EXECUTE FUNCTION desk_mark_changed();"
        for name in FACTS
    )
    refused = "".join(
        f"CREATE TRIGGER appended_only BEFORE UPDATE OR DELETE ON {name} FOR EACH ROW EXECUTE FUNCTION desk_refuse();"
        for name in (*LEDGERS, "people_auditentry")
    )
    return MARK + marks + APPENDED + refused


def _backwards() -> str:
    return "DROP FUNCTION desk_mark_changed CASCADE; DROP FUNCTION desk_refuse CASCADE;"


class Migration(migrations.Migration):
    """Triggers."""

    dependencies: ClassVar = [("desk", "0001_initial"), ("people", "0001_initial")]
    operations: ClassVar = [migrations.RunSQL(_forwards(), _backwards())]
