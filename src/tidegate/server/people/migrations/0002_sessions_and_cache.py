"""What ends sessions, what makes a password temporary, and the cache that all web processes share."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models

CACHE = """
CREATE TABLE people_cache (
  cache_key varchar(255) NOT NULL PRIMARY KEY,
  value text NOT NULL,
  expires timestamp with time zone NOT NULL
);
CREATE INDEX people_cache_expires ON people_cache (expires);
"""


class Migration(migrations.Migration):
    """As Django's ``createcachetable`` makes it: https://docs.djangoproject.com/en/5.2/topics/cache/."""

    dependencies: ClassVar = [("people", "0001_initial")]
    operations: ClassVar = [
        migrations.AddField("person", "session_epoch", models.IntegerField(default=0)),
        migrations.AddField("person", "password_is_temporary", models.BooleanField(default=False)),
        migrations.RunSQL(CACHE, "DROP TABLE people_cache"),
    ]
