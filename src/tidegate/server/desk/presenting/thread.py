"""The thread of a ticket: each message's own words, what mail programs added folded away, evidence underlined."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import polars as pl
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from tidegate.read import mail
from tidegate.server.desk.presenting.safe_html import LONGEST, has_markup, safe_html

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from tidegate.server.desk.models import Message, Ticket

PART_OF: Final = {
    "deadline": "deadline",
    "follow_up": "deadline",
    "churn_threat": "value",
    "competitor": "value",
    "executive": "value",
    "escalation_request": "value",
    "legal": "rules",
    "security": "rules",
    "urgency": "effort",
    "workaround": "doubt",
}
"""Whose colour underlines what was read; all else speaks of the impact."""
_LONG: Final = 8
_LAST: Final = 4
"""A thread of more messages than _LONG shows its first and its last ones."""
_FOLDED: Final = 2
"""Lines from which quoted mail is worth folding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A message, ready to be written."""

    author: str
    kind: str
    public: bool
    at: datetime
    body: SafeString
    as_sent: SafeString | None
    """The message with its markup, made safe; None where it is plain text."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a text that a value rests on."""

    start: int
    end: int
    name: str
    confidence: float


def thread(
    ticket: Ticket, messages: Sequence[Message], evidence: Iterable[dict[str, object]], names: dict[str, str]
) -> list[Said]:
    """Lay the messages out, the oldest first; the ticket's own text is the first of them."""
    opening = ticket.body or ""
    rest = list(messages)
    if rest and (rest[0].body or "").strip() == opening.strip():
        first, rest = rest[0], rest[1:]
        author = first.author
    else:
        author = None
    subject = ticket.subject or ""
    texts = [f"{subject}\n{opening}", *(f"\n{message.body or ''}" for message in rest)]
    masked = mail.clean(pl.Series(texts, dtype=pl.String))["masked"].to_list()
    spans = [_span(found) for found in evidence]
    written = [
        _said(
            texts[0],
            masked[0],
            len(subject) + 1,
            spans,
            author=_asker(ticket, author),
            kind="requester",
            at=ticket.created_at,
        )
    ] if opening.strip() else []  # fmt: skip
    return written + [
        _said(
            text,
            mask,
            1,
            [],
            author=names.get(message.author or "", message.author or message.author_kind),
            kind=message.author_kind,
            at=message.at,
            public=message.public,
        )
        for message, text, mask in zip(rest, texts[1:], masked[1:], strict=True)
    ]


class Folded(NamedTuple):
    """A thread, its middle apart: what was asked and what was said last are read first."""

    first: list[Said]
    between: list[Said]
    last: list[Said]


def folded(said: list[Said]) -> Folded:
    """Put the middle of a long thread apart."""
    if len(said) <= _LONG:
        return Folded(said, [], [])
    return Folded(said[:1], said[1:-_LAST], said[-_LAST:])


def subject_html(ticket: Ticket, evidence: Iterable[dict[str, object]]) -> SafeString:
    """Write the subject with its evidence underlined."""
    subject = ticket.subject or "no subject"
    return underlined(subject, 0, [_span(found) for found in evidence])


def _asker(ticket: Ticket, author: str | None) -> str:
    """Name who asks by the address, where the message names only an identifier."""
    known = ticket.requester_email or ticket.requester_id
    return (known if author in (None, ticket.requester_id) else author) or "requester"


def _span(found: dict[str, object]) -> Span:
    return Span(
        int(str(found["start"])), int(str(found["end"])), str(found["name"]), float(str(found["confidence"] or 0))
    )


def _said(
    text: str,
    masked: str,
    first: int,
    spans: list[Span],
    *,
    author: str,
    kind: str,
    at: datetime,
    public: bool = True,
) -> Said:
    markup = has_markup(text[first:])
    pieces = _pieces(text, masked, first, spans, markup=markup)
    return Said(
        author=author,
        kind=kind,
        public=public,
        at=at,
        body=mark_safe("".join(pieces)),  # noqa: S308 (every piece is escaped)
        as_sent=safe_html(text[first:]) if markup else None,
    )


def _pieces(text: str, masked: str, first: int, spans: list[Span], *, markup: bool) -> list[str]:
    """Write line after line; what was blanked is folded, and left out where it is markup anyway."""
    pieces: list[str] = []
    folded: list[str] = []
    at = first
    for kept in masked[first:].split("\n"):
        line = text[at : at + len(kept)]
        shown = kept if markup else line
        if kept.strip() or not line.strip():
            _unfold(pieces, folded)
            written = underlined(shown.rstrip("\r"), at, spans)
            pieces.append((_closed_up(written) if markup else written) + "\n")
        elif not markup:
            folded.append(line)
        at += len(kept) + 1
    rest = text[at - 1 : LONGEST] if len(masked) < len(text) and not markup else ""
    folded.extend(rest.splitlines())
    _unfold(pieces, folded)
    return pieces


def _closed_up(line: str) -> str:
    """Close the gaps that tags left, once the spans are found by their places."""
    return re.sub(r"[ \t]{2,}", " ", line).strip()


def _unfold(pieces: list[str], folded: list[str]) -> None:
    if len(folded) >= _FOLDED:
        lines = "\n".join(escape(line) for line in folded)
        pieces.append(
            f'<details class="fold quoted"><summary>{len(folded)} lines quoted or signed</summary>'
            f"<div>{lines}</div></details>"
        )
    elif folded:
        pieces.append(f'<span class="soft">{escape(folded[0])}</span>\n')
    folded.clear()


def underlined(text: str, offset: int, spans: list[Span]) -> SafeString:
    """Escape a text and mark the spans within it; ``offset`` is where it begins in the original."""
    pieces, at = [], 0
    for span in sorted(spans, key=lambda one: (one.start, -one.confidence)):
        start, end = max(span.start - offset, at), min(span.end - offset, len(text))
        if start >= end:
            continue
        part = PART_OF.get(span.name, "impact")
        name = span.name.replace("_", " ")
        pieces += [
            escape(text[at:start]),
            f'<mark class="evidence evidence-{part}" title="{escape(name)}, {span.confidence:.0%} sure">',
            escape(text[start:end]),
            f'<span class="unseen"> ({escape(name)})</span></mark>',
        ]
        at = end
    pieces.append(escape(text[at:]))
    return mark_safe("".join(pieces))  # noqa: S308 (every piece is escaped)
