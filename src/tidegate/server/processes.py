"""Whether a process is there."""

from __future__ import annotations

import os


def alive(pid: int) -> bool:
    """Say whether a process of this number exists, whoever owns it."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
