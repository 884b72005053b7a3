"""What time it is for all processes alike: leases and pauses are written and read by the database's clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.db import connection

if TYPE_CHECKING:
    from datetime import datetime


def database_now() -> datetime:
    """Return what the database's clock says, at this very moment."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cast("tuple[datetime]", cursor.fetchone())[0]
