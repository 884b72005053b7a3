"""The web application, as granian serves it."""

from __future__ import annotations

import threading
import time

from django.core.wsgi import get_wsgi_application

from tidegate.server import environment, lifeline, logs

lifeline.end_with_parent()
logs.configure(environment.read())
environment.name_settings()
application = get_wsgi_application()


def _warm() -> None:
    """Read the open tickets before the first person asks; a database that does not answer is asked again later."""
    from django.db import DatabaseError, connection

    from tidegate.server.desk.board import board

    while board.age == float("inf"):
        try:
            board.snapshot()
        except DatabaseError:
            time.sleep(1)
        finally:
            connection.close()


threading.Thread(target=_warm, name="warm", daemon=True).start()
