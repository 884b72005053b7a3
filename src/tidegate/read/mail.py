r"""What a person wrote, without what mail programs add: markup, quotes, signatures, disclaimers, greetings.

Nothing is cut out: what does not count is *blanked*, character for character, so that offsets in the masked text are
offsets in the original. `docs/explanation/mail.md` says which lines count, `docs/decisions/mail-cleaning.md` why these
rules are our own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

import polars as pl

from tidegate.read import phrases

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST: Final = 20_000
"""Characters of a text that are read; a longer one is said to be partly unread."""

_PARTLY: Final = f"only the first {LONGEST:,} characters were read"
_WORDS: Final = phrases.data("mail")


def _one_of(name: str) -> str:
    return "(?:" + "|".join(_WORDS[name]) + ")"


_MARKUP: Final = re.compile(rf"(?i)</?{_one_of('tags')}\b[^<>]*>|<!--|<!doctype|&(?:nbsp|amp|lt|gt|quot|#\d{{1,6}});")
_PIECE: Final = re.compile(r"<[^<>]*>|&#?[A-Za-z0-9]{1,8};|[^<&]+|[<&]")
_HIDDEN: Final = re.compile(rf"(?i)<(/?){_one_of('hidden')}\b")
_BREAKS: Final = re.compile(rf"(?i)</?{_one_of('breaks')}\b")
_ENTITIES: Final = {"&nbsp;": " ", "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&apos;": "'"}

_SEVERAL_LINES: Final = 2
"""Newlines from which a text may hold more than a subject and one line."""
_TRIMMINGS: Final = ("\r", "\n>", "\n |", "\n >")
_ENDLESS: Final = 80
"""Characters of a word from which it may be a blob."""
_LOOKED_AT: Final = 400
"""Characters of a line by which it is told what it is."""

_KINDS: Final = {
    "quoted": r"[ \t]*(?:>|\|[ \t])",
    "reply": rf"[ \t]*{_one_of('reply')}$",
    "dashes": r"--$",
    "forward": rf"[ \t]*{_one_of('forward')}$",
    "device": rf"[ \t]*{_one_of('device')}.{{0,100}}$",
    "closing": rf"[ \t]*{_one_of('closing')}[ \t]*[,.!]*$",
    "disclaimer": rf"[ \t*]*{_one_of('disclaimer')}",
    "greeting": rf"[ \t]*{_one_of('greeting')}\b[^?.!:;]{{0,40}}[,!.:;]?$",
    "header": rf"[ \t*]*{_one_of('header')} ?:[* \t]*\S",
    "begins": rf"[ \t]*{_one_of('reply_begins')} .{{4,150}}$",
}
"""What a line may be, the first that fits: expressions over its small letters, without the blanks at its end."""
_KIND: Final = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in _KINDS.items()))
_SECOND: Final = {
    "header": re.compile(rf"[ \t*]*{_one_of('header_next')} ?:"),
    "begins": re.compile(rf".*{_one_of('reply_ends')} ?:$"),
}
"""Reply headers of two lines: what the second must be."""
_NOT_WRITTEN: Final = frozenset(("quoted", "reply", "forward", "device", "closing", "greeting"))
_BLOB: Final = re.compile(rf"[A-Za-z0-9+/=_-]{{{_ENDLESS},}}")
_TAIL_LINES: Final = 8  # a signature has at most as many lines after the closing
_TAIL_WIDTH: Final = 90  # and none of them is longer
_TAIL_ODD: Final = re.compile(r"(?i).*\?|\W*p\.? ?s\b")


def original(frame: pl.DataFrame) -> pl.Series:
    """Text that every offset refers to: subject, newline, body, with null counted as empty."""
    return pl.Series("text", originals(frame), dtype=pl.String)


def originals(frame: pl.DataFrame) -> list[str]:
    """List what `original` gives."""
    there = frame.columns
    subjects, bodies = (
        frame[name].to_list() if name in there else [None] * frame.height for name in ("subject", "body")
    )
    return [f"{subject or ''}\n{body or ''}" for subject, body in zip(subjects, bodies, strict=True)]


class Cleaned(NamedTuple):
    """Texts without what nobody wrote on purpose; see `clean`."""

    masked: list[str]
    text: list[str]
    unread: list[str | None]


def clean(texts: pl.Series) -> pl.DataFrame:
    """Blank what nobody wrote on purpose.

    Parameters
    ----------
    texts
        Original texts; null counts as empty.

    Returns
    -------
    pl.DataFrame
        ``masked``: as long as the first `LONGEST` characters of the original, at every position its character or a
        space (an HTML entity's first position holds the character that it stands for); ``text``: the same with runs of
        white space made one, for models; ``unread``: why part of it was not read, null where all was.
    """
    cleaned = cleaned_texts([text or "" for text in texts.cast(pl.String).to_list()])
    return pl.DataFrame(cleaned._asdict(), schema=dict.fromkeys(Cleaned._fields, pl.String))


def cleaned_texts(whole: Sequence[str]) -> Cleaned:
    """Blank what nobody wrote on purpose, in a list of texts."""
    masked = [_masked(text[:LONGEST]) for text in whole]
    return Cleaned(
        masked=masked,
        text=[" ".join(text.split()) for text in masked],
        unread=[_PARTLY if len(text) > LONGEST else None for text in whole],
    )


def _masked(text: str) -> str:
    if ("<" in text or "&" in text) and _MARKUP.search(text):
        text = _without_markup(text)
    return _without_trimmings(text) if _trimmable(text) else text


def _trimmable(text: str) -> bool:
    """Say whether a text may hold more than a subject and one line, or a blob."""
    if text.count("\n") >= _SEVERAL_LINES or any(mark in text for mark in _TRIMMINGS):
        return True
    return len(text) >= _ENDLESS and max(map(len, text.split()), default=0) >= _ENDLESS


def _without_markup(text: str) -> str:
    """Blank tags and what script, style and quotes enclose; decode the common entities in place."""
    out, depth = [], 0
    for piece in _PIECE.findall(text):
        tag = len(piece) > 1 and piece[0] == "<"
        if tag and (hides := _HIDDEN.match(piece)):
            depth += -1 if hides[1] else 1
        if tag or depth > 0:
            first = "\n" if tag and _BREAKS.match(piece) else " "
            out.append(first.ljust(len(piece)))
        else:
            out.append(_ENTITIES.get(piece, piece).ljust(len(piece)))
    return "".join(out)


def _without_trimmings(text: str) -> str:
    """Blank quoted mail, signatures, disclaimers, greetings and blobs, line by line; the subject stays."""
    lines = text.replace("\r", " ").split("\n")
    kinds = _kinds(lines)
    gone = _gone(lines, kinds)
    end = _signature(lines, kinds, gone)
    return "\n".join(
        " " * len(line) if number >= end or gone[number] or kinds[number] == "greeting" else _without_blobs(line)
        for number, line in enumerate(lines)
    )


def _kinds(lines: Sequence[str]) -> list[str | None]:
    """Say of each line which of `_KINDS` it is; the subject, line 0, is none."""
    looked = [line[:_LOOKED_AT].rstrip().lower() for line in lines]
    kinds: list[str | None] = [None]
    for line, after in zip(looked[1:], [*looked[2:], ""], strict=False):
        found = _KIND.match(line)
        kind = found.lastgroup if found else None
        if kind in _SECOND:
            kind = "reply" if _SECOND[kind].match(after) else None
        kinds.append(kind)
    return kinds


def _gone(lines: Sequence[str], kinds: Sequence[str | None]) -> list[bool]:
    """Say of each line whether it is quoted, a device's, a disclaimer's, or below a reply header or dashes.

    A reply header counts only under something that the sender wrote: a forwarded mail without a comment is the
    message. Where the lines right under it are marked as quoted, only those go: the reply stands below.
    """
    wrote = below = disclaimed = False
    gone = [False]
    for number, (line, kind) in enumerate(zip(lines[1:], kinds[1:], strict=True), start=1):
        blank = not line.strip()
        disclaimed = not blank and (disclaimed or kind == "disclaimer")
        reply = wrote and kind == "reply"
        below = below or kind == "dashes" or (reply and not _quoted_next(lines, kinds, number))
        gone.append(below or reply or disclaimed or kind in ("quoted", "device"))
        wrote = wrote or not (blank or kind in _NOT_WRITTEN)
    return gone


def _quoted_next(lines: Sequence[str], kinds: Sequence[str | None], number: int) -> bool:
    """Say whether the next line that holds anything is marked as quoted."""
    following = (at for at in range(number + 1, len(lines)) if lines[at].strip())
    return (at := next(following, None)) is not None and kinds[at] == "quoted"


def _signature(lines: Sequence[str], kinds: Sequence[str | None], gone: Sequence[bool]) -> int:
    """Find the last closing that nothing but a name and an address follows; the number of lines if there is none."""
    there = [number for number, line in enumerate(lines) if not gone[number] and line.strip()]
    last = next((number for number in reversed(there) if kinds[number] == "closing"), len(lines))
    tail = [lines[number] for number in there if number > last]
    odd = len(tail) > _TAIL_LINES or any(len(line) > _TAIL_WIDTH or _TAIL_ODD.match(line) for line in tail)
    return len(lines) if odd else last


def _without_blobs(line: str) -> str:
    """Blank a line that is mostly one endless token: base64, a key, a hash."""
    if len(line) < _ENDLESS or len(_BLOB.sub("", line)) * 2 >= len(line):
        return line
    return " " * len(line)
