"""Keys of actions: the same action for the same causes has the same key, in a dry run, a replay and in production."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def key(about: str, kind: str, target: str | None, causes: Sequence[str], episode: int) -> str:
    """Return 32 hexadecimal digits.

    Parameters
    ----------
    about
        The ticket or, of an escalation, what its tickets share.
    kind, target
        What is done, and for whom.
    causes
        What it follows from; their order does not count.
    episode
        Times the ticket had been reopened: a ticket that comes back is a new occasion.
    """
    parts = [about, kind, target or "", str(episode), *sorted(causes)]
    text = "".join(f"{len(part.encode())}:{part}" for part in parts)  # lengths first: no two lists read alike
    return hashlib.sha256(text.encode()).hexdigest()[:32]
