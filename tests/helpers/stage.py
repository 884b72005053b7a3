"""The demo company on stage: in the database, and on this process's board at a fixed moment."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from helpers.desk import write_company

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tidegate.demo.company import Company

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@contextmanager
def demo_desk(tickets: int = 300, seed: int = 3) -> Iterator[Company]:
    """Write the company down, some tickets free to take, and let the board take the moment for the present."""
    from tidegate.server.desk.board import board
    from tidegate.server.desk.models import Ticket

    clock = board._clock
    company = write_company(tickets, seed)
    Ticket.objects.filter(ticket_id__regex="[05]$").update(assignee=None)
    board._clock = lambda: NOW
    board.forget()
    try:
        yield company
    finally:
        board._clock = clock
        board.forget()
