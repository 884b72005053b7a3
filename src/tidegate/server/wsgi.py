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
    """Read the open tickets before the first person asks; what fails is tried again."""
    import structlog
    from django.db import connection

    from tidegate.server.desk.board import board

    while board.age == float("inf"):
        try:
            board.snapshot()
        except BaseException:  # noqa: BLE001 -- a panic of a library is no Exception; readiness says that it is not there
            structlog.get_logger("tidegate.board").exception("the open tickets could not be read; again in 5 s")
            time.sleep(5)
        finally:
            connection.close()


threading.Thread(target=_warm, name="warm", daemon=True).start()
