"""Pieces of pages that were rendered, kept for as long as the queue that they show stands."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from tidegate.server.desk.board import Snapshot
    from tidegate.server.people.models import Person

Piece = TypeVar("Piece")
_MOST: Final = 256
"""Pieces; a page of fifty tickets is about 140 kB."""


class Kept:
    """The pieces that were asked for last. Any thread may ask; two that ask at once may both make it."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._pieces: OrderedDict[Hashable, object] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Piece]) -> Piece:
        """Return the piece of a key, made where there is none."""
        with self._lock:
            if key in self._pieces:
                self._pieces.move_to_end(key)
                return self._pieces[key]  # ty: ignore[invalid-explicit-return]
        made = make()
        with self._lock:
            self._pieces[key] = made
            while len(self._pieces) > self._most:
                self._pieces.popitem(last=False)
        return made


def kept(snapshot: Snapshot, person: Person, what: Hashable, make: Callable[[], Piece]) -> Piece:
    """Keep a piece that all who see the same groups share; it goes with the snapshot."""
    scope = tuple(sorted(person.groups_seen))
    return snapshot.remembered("pieces", Kept).get((scope, what), make)
