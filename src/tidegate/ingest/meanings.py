"""From the words of a help desk to statuses, levels, grades and kinds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tidegate.ingest.words import ACTORS, GRADES, LEVELS, NOTHING, STATUS_FAMILIES, STATUSES, spelled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_STATUSES: Final = spelled(STATUSES)
_LEVELS: Final = spelled(LEVELS)
_GRADES: Final = spelled(GRADES)
_ACTORS: Final = spelled(ACTORS)
_SHARED: Final = {"status": _STATUSES, "given_impact": _GRADES, "given_urgency": _GRADES, "author_kind": _ACTORS}
_NUMBERED: Final = re.compile(
    r"^\s*(?:p|sev|s|severity|priority|level)?[\s_-]*(\d)\s*(?:[-\u2013:.(/]\s*(.*?)\)?)?\s*$"
)
_LABELLED: Final = re.compile(r"^(?:priority|prio|severity|sev|urgency|p)\s*[:/=._-]\s*(.+)$")
_RANKS: Final = {"0": "P0", "1": "P0", "2": "P1", "3": "P2", "4": "P3", "5": "P3"}


def status_of(own: Mapping[str, str]) -> Callable[[str], str | None]:
    """Return what a status word means: the desk's own meaning, the usual one, or that of what is in it."""

    def meaning(text: str) -> str | None:
        word = " ".join(text.lower().replace("_", " ").split())
        said = own.get(text.strip().lower()) or own.get(word) or _STATUSES.get(word)
        if said:
            return said
        return next((status for pattern, status in STATUS_FAMILIES if re.search(pattern, word)), None)

    return meaning


def level_of(own: Mapping[str, str], words: Iterable[str], unit: str | None = None) -> Callable[[str], str | None]:
    """Return what a priority word means as a level.

    Parameters
    ----------
    own
        The desk's own meanings, lower case.
    words
        All priority words of the column. P1 to P4 without any P0 are taken for P0 to P3.
    unit
        "0 to 100" where bare numbers grow with urgency.
    """
    present = {word.strip().lower() for word in words}
    from_one = "p0" not in present and "p4" in present

    def meaning(text: str) -> str | None:
        word = text.strip().lower()
        if unit == "0 to 100" and re.fullmatch(r"\d{1,3}(?:\.\d+)?", word):
            return _of_hundred(float(word))
        if word in own:
            return own[word]
        if from_one and re.fullmatch(r"p[1-5]", word):
            return _RANKS[word[1]]
        return _LEVELS.get(word) or _numbered(word, own) or _labelled(word, own)

    return meaning


def _of_hundred(number: float) -> str:
    return next((level for least, level in ((90, "P0"), (60, "P1"), (25, "P2")) if number >= least), "P3")


def _numbered(word: str, own: Mapping[str, str]) -> str | None:
    """Read "1 - Critical", "(2) high", "Sev 3" and bare ranks, 1 being the most urgent."""
    match = _NUMBERED.match(word)
    if not match:
        return None
    number, name = match.groups()
    if name:
        return own.get(name) or _LEVELS.get(name) or own.get(number) or _RANKS.get(number)
    return own.get(number) or _RANKS.get(number)


def _labelled(word: str, own: Mapping[str, str]) -> str | None:
    """Read labels such as "priority: high" and "sev/1"."""
    match = _LABELLED.match(word)
    if not match:
        return None
    name = match.group(1).strip()
    return own.get(name) or _LEVELS.get(name) or _numbered(name, own)


def tagged_level(own: Mapping[str, str]) -> Callable[[str], str | None]:
    """Return the level that a tag names: "p1", "priority: high"; a tag such as "important" alone names none."""

    def meaning(tag: str) -> str | None:
        word = tag.strip().lower()
        return (
            _LEVELS[word]
            if re.fullmatch(r"p[0-4]|sev ?[0-4]|s[1-4]", word) and word in _LEVELS
            else _labelled(word, own)
        )

    return meaning


def word_of(column: str, own: Mapping[str, str]) -> Callable[[str], str | None]:
    """Return what a word of any other closed column means: its own value, or a word for it."""
    shared = _SHARED.get(column, _ACTORS if column.endswith("_kind") else {})

    def meaning(text: str) -> str | None:
        word = " ".join(text.strip().lower().split())
        number, _, name = word.partition(" - ")
        return own.get(word) or shared.get(word) or shared.get(name) or shared.get(number)

    return meaning


def is_nothing(text: str) -> bool:
    """Tell a text that stands for an empty cell."""
    return text.strip().lower() in NOTHING
