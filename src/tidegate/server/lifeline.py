"""A child ends with its parent: after a kill -9 of the parent nothing stays behind to hold the port or claim jobs."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import Final

LOOK_SECONDS: Final = 0.5


def end_with_parent() -> None:
    """Ask this process to end (as SIGTERM does) once its present parent is gone."""
    parent = os.getppid()
    threading.Thread(target=_watch, args=(parent,), name="lifeline", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_SECONDS)
    main = threading.main_thread().ident
    if main is not None:
        signal.pthread_kill(main, signal.SIGTERM)  # to the thread that may be asleep, not to any
    time.sleep(20)  # it ends in order within that time
    os.kill(os.getpid(), signal.SIGKILL)
