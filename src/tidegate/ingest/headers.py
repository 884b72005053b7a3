"""Column names as people spell them, made comparable."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from zoneinfo import ZoneInfo

_WRAPPERS = re.compile(r"^(?:fields|properties|attributes|ticket_attributes)\.")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_GAPS = re.compile(r"[^\w]+|_+")


@cache
def normalise(name: str) -> str:
    """Return a column name in lower case words joined by underscores, without accents.

    "Created at", ``createdAt``, ``fields.created_at`` and "CREATED  AT" all become ``created_at``. A name without any
    letter or digit, such as Redmine's "#", stays as it is.
    """
    text = _CAMEL.sub("_", _WRAPPERS.sub("", name.strip().lstrip("\ufeff")))
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return _GAPS.sub("_", plain.casefold()).strip("_") or name.strip()


def distinct(names: list[str]) -> list[str]:
    """Make names distinct: a repeated "Comment" becomes "Comment (2)", an empty name "column 3"."""
    seen: set[str] = set()
    result: list[str] = []
    repeats: dict[str, int] = {}
    for place, name in enumerate(names, start=1):
        base = name.strip() or f"column {place}"
        unique = base
        while unique in seen:
            repeats[base] = repeats.get(base, 1) + 1
            unique = f"{base} ({repeats[base]})"
        seen.add(unique)
        result.append(unique)
    return result


_REPEAT = re.compile(r" \(\d+\)$")
_ZONE = re.compile(r"\s*\(((?:[A-Z]\w+/)+[A-Z][\w+-]+|UTC|GMT)\)$")


def bare(name: str) -> str:
    """Return the normalised name without a zone, and without the number that `distinct` gave to a repeated column."""
    return normalise(_ZONE.sub("", _REPEAT.sub("", name)))


def zone_of(name: str) -> str | None:
    """Return the IANA zone that a column names: "Created at (Europe/Berlin)"; None where it names none that exists."""
    found = _ZONE.search(_REPEAT.sub("", name))
    if found is None:
        return None
    try:
        return ZoneInfo(found.group(1)).key
    except (KeyError, ValueError, OSError):
        return None
