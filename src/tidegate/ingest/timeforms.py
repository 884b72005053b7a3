"""The ways in which exports spell a time, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class Form:
    """One way to write a time: the shape that tells it, and the formats that read it.

    ``kind`` says whether the text names its zone (``zoned``), leaves it open (``naive``), is a count since 1970
    (``count``, its ``formats`` giving the ticks a second) or a spreadsheet's day number (``serial``).
    """

    shape: str
    formats: tuple[str, ...]
    kind: Literal["zoned", "naive", "count", "serial"] = "naive"


_ISO = r"^\s*\d{4}-\d{2}-\d{2}"
_CLOCK = r"(?:[ T,]+\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?)?"
_CLOCKS = (" %H:%M:%S", " %H:%M", " %I:%M %p", " %I:%M:%S %p", ", %H:%M", ", %I:%M %p", ", %I:%M:%S %p", "")


def _days(*dates: str) -> tuple[str, ...]:
    return tuple(f"{date}{clock}" for date in dates for clock in _CLOCKS)


UTC_SECONDS: Final = Form(_ISO + r"T\d{2}:\d{2}:\d{2}Z\s*$", ("%Y-%m-%dT%H:%M:%SZ",), "zoned")
"""What most interfaces write; read without any cleaning."""

FORMS: Final = (
    UTC_SECONDS,
    Form(
        _ISO + r"[T ]\d{2}:\d{2}.*(?:Z|UTC|GMT|[+-]\d{2}:?\d{2})\s*$",
        ("%Y-%m-%dT%H:%M:%S%.f%z", "%Y-%m-%d %H:%M:%S%.f%z", "%Y-%m-%dT%H:%M%z", "%Y-%m-%d %H:%M%z"),
        "zoned",
    ),
    Form(
        _ISO + r"(?:[T ]\d{2}:\d{2}(?::\d{2})?(?:\.\d+)?)?\s*$",
        (
            "%Y-%m-%dT%H:%M",
            "%Y-%m-%d %H:%M:%S",
            "%Y-%m-%dT%H:%M:%S",
            "%Y-%m-%d %H:%M",
            "%Y-%m-%dT%H:%M:%S%.f",
            "%Y-%m-%d %H:%M:%S%.f",
            "%Y-%m-%d",
        ),
    ),
    Form(r"^\s*\d{9,10}(?:\.\d+)?\s*$", ("1",), "count"),
    Form(r"^\s*\d{12,13}\s*$", ("1000",), "count"),
    Form(r"^\s*\d{15,16}\s*$", ("1000000",), "count"),
    Form(r"^\s*[2-7]\d{4}(?:\.\d+)?\s*$", (), "serial"),
    Form(
        r"^\s*\d{1,2}[/-][A-Za-z]{3}[/-]\d{2}(?:\s|$)",
        ("%d/%b/%y %H:%M", "%d/%b/%y %I:%M %p", "%d/%b/%y %H:%M:%S", "%d/%b/%y", "%d-%b-%y %H:%M", "%d-%b-%y"),
    ),
    Form(r"^\s*\d{1,2}[ /-][A-Za-z]{3,9}[ /-]\d{4}(?:\D|$)", _days("%d %B %Y", "%d/%B/%Y", "%d-%B-%Y")),
    Form(
        r"^\s*(?:[A-Za-z]{3}, )?\d{1,2} [A-Za-z]{3} \d{4} \d{2}:\d{2}:\d{2} (?:[+-]\d{4}|GMT|UTC|Z)\s*$",
        ("%a, %d %b %Y %H:%M:%S%z", "%d %b %Y %H:%M:%S%z"),
        "zoned",
    ),
    Form(r"^\s*[A-Za-z]{3} [A-Za-z]{3} +\d{1,2} \d{2}:\d{2}:\d{2} \d{4}\s*$", ("%a %b %e %H:%M:%S %Y",)),
    Form(r"^\s*[A-Za-z]{3,9}\.? \d{1,2},? \d{4}", _days("%B %d, %Y", "%B %d %Y")),
    Form(r"^\s*\d{1,2}\.\d{1,2}\.\d{4}" + _CLOCK + r"\s*$", _days("%d.%m.%Y")),
    Form(r"^\s*\d{1,2}\.\d{1,2}\.\d{2}" + _CLOCK + r"\s*$", _days("%d.%m.%y")),
    Form(r"^\s*\d{4}/\d{1,2}/\d{1,2}" + _CLOCK + r"\s*$", _days("%Y/%m/%d")),
)

NUMBERS: Final = r"^\s*(\d{1,2})[/-](\d{1,2})[/-](?:\d{4}|\d{2})(?:\D|$)"
"""A date such as 03/04/2021 whose order must be found out."""

DAY_FIRST: Final = _days("%d/%m/%Y", "%d-%m-%Y", "%d/%m/%y", "%d-%m-%y")
MONTH_FIRST: Final = _days("%m/%d/%Y", "%m-%d-%Y", "%m/%d/%y", "%m-%d-%y")
