"""Parts of a history: some of its tickets, or those of each group."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tidegate.backtesting.past import Past
    from tidegate.backtesting.seen import View

_ROWS: Final = ("at", "wall", "level", "probability", "work", "taken_up", "pool", "group")


def by_group(setting: Past) -> dict[str, Past]:
    """Split a history into those of each group, as if each had a team of its own; tickets without one are left out."""
    parts = {}
    for place, name in enumerate(setting.groups):
        part = lighter(setting, np.flatnonzero(setting.group == place))
        parts[name] = replace(part, pool=np.zeros_like(part.pool))
    return parts


def lighter(setting: Past, rows: NDArray[np.int64]) -> Past:
    """Keep some tickets, in order: a part of the history to tune on, or to judge by."""

    def cut(view: View) -> View:
        turns = None if view.turns is None else view.turns.of(rows)
        by_messages = tuple(one.of(rows) for one in view.by_messages)
        opened = {"belief": view.belief.of(rows), "standing": view.standing[rows]}
        return replace(view, turns=turns, by_messages=by_messages, **opened)

    kept = {name: getattr(setting, name)[rows] for name in _ROWS}
    views = {name: cut(view) for name, view in setting.views.items()}
    return replace(setting, base=cut(setting.base), views=views, **kept)
