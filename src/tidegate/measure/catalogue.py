"""Every measure by name. The reference page and `tidegate measure` are made from this list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tidegate.measure.declared import effort, flow, nature, quality, speed, targets

if TYPE_CHECKING:
    from tidegate.measure.measures import Measure

CATALOGUE: Final[dict[str, Measure]] = {
    measure.name: measure for family in (flow, speed, targets, quality, effort, nature) for measure in family.MEASURES
}
"""In the order in which they are shown."""

__all__ = ["CATALOGUE"]
