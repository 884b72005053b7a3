"""Durations as people write them in a policy: 10m, 2h, 3bd, 30d."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from pydantic_core import core_schema

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler

_PATTERN: Final = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*(m|h|d|bd|w)\s*")
_LONGEST: Final = 1_000_000
_MINUTES: Final = {"m": 1.0, "h": 60.0, "d": 1440.0, "w": 10080.0}


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time; ``bd`` is a business day, as long as the calendar says."""

    amount: float
    unit: str

    @classmethod
    def parse(cls, value: object) -> Duration:
        """Read ``10m``, ``2h``, ``1bd``, ``30d``, ``2w``, or a bare ``0``.

        Raises
        ------
        ValueError
            If the text is not a number and one of the units.
        """
        if isinstance(value, Duration):
            return value
        if value == 0 and not isinstance(value, bool):
            return cls(0.0, "m")
        match = _PATTERN.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            raise ValueError("expected a number and a unit: m, h, d, w, or bd for business days, such as 30m or 2bd")
        amount = float(match[1])
        if amount > _LONGEST:
            raise ValueError(f"longer than {_LONGEST:,} of a unit")
        return cls(amount, match[2])

    def minutes(self, day_minutes: float = 1440.0) -> float:
        """Length in minutes; ``day_minutes`` is the length of a business day."""
        return self.amount * (day_minutes if self.unit == "bd" else _MINUTES[self.unit])

    def __str__(self) -> str:
        """Render as the policy file spells it."""
        amount = format(Decimal(repr(self.amount)), "f")
        return (amount.rstrip("0").rstrip(".") if "." in amount else amount) + self.unit

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: object, _handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Let pydantic parse and print it."""
        return core_schema.no_info_plain_validator_function(cls.parse, serialization=core_schema.to_string_ser_schema())
