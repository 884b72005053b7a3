"""What is sent, whatever it is sent through."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message.

    Attributes
    ----------
    key
        The idempotency key: the same message has the same one, however often it is sent.
    kind
        page or notify; of what the help desk is told what was changed, such as assign.
    ticket_id
        What it is about.
    title, body
        Plain text.
    payload
        The figures behind it.
    """

    key: str
    kind: str
    ticket_id: str
    title: str
    body: str
    payload: dict[str, Any] = field(default_factory=dict)
