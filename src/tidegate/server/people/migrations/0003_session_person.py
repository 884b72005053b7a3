"""Sessions in a table of our own, whose rows name the person. Whoever was signed in signs in once more."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Django's own table of sessions stays where an older version made it, unused."""

    dependencies: ClassVar = [("people", "0002_sessions_and_cache")]
    operations: ClassVar = [
        migrations.CreateModel(
            name="Session",
            fields=[
                ("session_key", models.CharField("session key", max_length=40, primary_key=True, serialize=False)),
                ("session_data", models.TextField("session data")),
                ("expire_date", models.DateTimeField("expire date", db_index=True)),
                (
                    "person",
                    models.ForeignKey(
                        null=True, on_delete=models.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={"verbose_name": "session", "verbose_name_plural": "sessions", "abstract": False},
        ),
    ]
