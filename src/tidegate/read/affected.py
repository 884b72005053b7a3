"""How many people a text says are affected: "40 users", "the whole team", "all our customers"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from tidegate.read import phrases

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_WORDS: Final = phrases.data("people")


def _counts(table: str) -> dict[str, int]:
    return {phrase: int(count) for count, listed in _WORDS[table].items() for phrase in listed}


EXACT: Final = _counts("numbers")
"""Number words."""
VAGUE: Final = _counts("vague")
"""Words like "several", and the cautious guess that they stand for."""
CROWDS: Final = _counts("crowds")
"""Ways to say a crowd without a number, and a cautious guess of its size."""
NUMBERS: Final = EXACT | VAGUE
MOST: Final = 10_000_000
_VAGUE: Final = 0.6
_SURE: Final = 0.9

_GAP: Final = r"[^a-z0-9.!?;:,\n]"
_BEGIN: Final = r"(?<![a-z0-9.!?;:,])"
_END: Final = r"(?![a-z0-9])"
_WHO: Final = "|".join(_WORDS["who"]).replace(" ", _GAP)
_BETWEEN: Final = "(?:of|de|di|von|our|nos|unserer|other|active|different|affected)"
_FIGURES: Final = r"\d{1,3}(?:[., ]\d{3})+|\d{1,7}"


def _either(words: Iterable[str]) -> str:
    """Alternation, longest first; any character that is no sentence mark parts the words of a phrase."""
    return "|".join(sorted(words, key=lambda word: (-len(word), word))).replace(" ", _GAP)


_COUNTED: Final = re.compile(
    rf"{_BEGIN}(?:(?P<figures>{_FIGURES})\+?{_GAP}?|(?P<word>{_either(NUMBERS)}){_GAP})"
    rf"(?:{_BETWEEN}{_GAP})?(?:[a-z]{{2,12}}{_GAP})?(?:{_WHO}){_END}"
)
_UNHEARD: Final = rf"(?:{_GAP}(?:[a-z]{{1,5}}{_GAP}){{0,2}}(?:{'|'.join(_WORDS['unheard'])}){_END})"
_CROWD: Final = re.compile(rf"(?!(?:{_either(_WORDS['none'])}){_UNHEARD})(?:{_either(CROWDS)}){_END}")
"""Nobody who answers is not a crowd that is hit."""
_REACH: Final = 56
"""Characters before a word for people in which their number may begin."""
_LONGEST: Final = 16
"""Characters that a word for people has at most."""
_PLANNED: Final = re.compile(rf"(?<![a-z0-9])(?:{'|'.join(_WORDS['planned'])})(?:{_GAP}[a-z]+)?{_GAP}?$")
"""Before a number these speak of seats to buy or people to add, not of people who are hit."""
_PLANNED_REACH: Final = 26


class People(NamedTuple):
    """People that a text says are affected, and where it says so, in characters of the text."""

    row: int
    users: int
    confidence: float
    start: int
    end: int


def affected(texts: Iterable[tuple[int, str, Sequence[int]]]) -> list[People]:
    """Read the number of people affected, the larger where a number and a crowd are named.

    Parameters
    ----------
    texts
        Number, flat text as `views.View` has it, and where words for people begin in it, ascending.

    Returns
    -------
    list
        One entry for each text that names people; the first number counts. Vague words give a cautious guess.
    """
    found = (_largest(row, text, places) for row, text, places in texts)
    return [people for people in found if people is not None]


def _largest(row: int, text: str, places: Sequence[int]) -> People | None:
    named = [people for people in (_counted(row, text, places), _crowd(row, text, places)) if people is not None]
    return max(named, key=lambda people: (people.users, -people.start), default=None)


def _counted(row: int, text: str, places: Sequence[int]) -> People | None:
    """People in figures or number words; None where they are only planned."""
    found = next(filter(None, (_COUNTED.search(text, max(at - _REACH, 0), at + _LONGEST) for at in places)), None)
    if found is None:
        return None
    start, end = found.span()
    if _PLANNED.search(text, max(start - _PLANNED_REACH, 0), start):
        return None
    figures, word = found["figures"], re.sub(_GAP, " ", found["word"] or "")
    users = int(re.sub("[., ]", "", figures)) if figures else NUMBERS[word]
    return People(row, users, _VAGUE if word in VAGUE else _SURE, start, end) if 1 <= users <= MOST else None


def _crowd(row: int, text: str, places: Sequence[int]) -> People | None:
    """People named as a crowd."""
    found = next(filter(None, (_CROWD.match(text, at) for at in places)), None)
    return found and People(row, CROWDS[re.sub(_GAP, " ", found[0])], _VAGUE, *found.span())
