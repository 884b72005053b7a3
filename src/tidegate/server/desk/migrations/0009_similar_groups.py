"""Groups of tickets about the same thing, counted once for all processes."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """A table that boards follow as they follow facts."""

    dependencies: ClassVar = [("desk", "0008_pulse_sets")]
    operations: ClassVar = [
        migrations.CreateModel(
            name="SimilarGroup",
            fields=[
                ("ticket_id", models.TextField(primary_key=True, serialize=False)),
                ("group", models.TextField(blank=True)),
                ("changed", models.BigIntegerField(db_index=True, default=0, editable=False)),
            ],
        ),
        migrations.RunSQL(
            "CREATE TRIGGER mark_changed BEFORE INSERT OR UPDATE ON desk_similargroup "
            "FOR EACH ROW EXECUTE FUNCTION desk_mark_changed()",
            "DROP TRIGGER mark_changed ON desk_similargroup",
        ),
    ]
