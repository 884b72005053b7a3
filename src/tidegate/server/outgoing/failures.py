"""What can go wrong on the way out.

TransientError    it may work later: it is tried again, after a while
PermanentError    it will not work as it is: a person has to look
ForbiddenAddressError (in `addresses`) counts as permanent
"""

from __future__ import annotations

import math
from typing import Final

from tidegate.tables.errors import TidegateError

LONGEST_WAIT: Final = 3600.0


class TransientError(TidegateError):
    """It may work later.

    Parameters
    ----------
    message
        What happened.
    wait
        Seconds that the receiver asks to wait; None where it asks for nothing.
    """

    def __init__(self, message: str, *, wait: float | None = None) -> None:
        self.wait = wait
        super().__init__(message)


class PermanentError(TidegateError):
    """It will not work as it is."""


def waiting_asked(header: str | None) -> float | None:
    """Read ``Retry-After`` in seconds; dates and nonsense count as nothing, an hour is the most that is listened to."""
    try:
        seconds = float(header or "")
    except ValueError:
        return None
    return min(max(seconds, 0.0), LONGEST_WAIT) if math.isfinite(seconds) else None
