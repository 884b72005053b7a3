"""Texts with fields in braces, filled in one pass: what stands in a field is never looked at again.

A template is written by the team; what fills it comes from tickets. So there is no expression, no attribute, no format
and no escape, only `{name}` for a documented name.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

FIELDS: Final[dict[str, str]] = {
    "ticket": "the ticket's identifier",
    "subject": "its subject line",
    "level": "P0 to P3",
    "lane": "the lane that it stands in",
    "points": "its points",
    "due": "when its running target is reached, UTC",
    "left": "how long that is from now",
    "cause": "the rule, lane or route that the action follows from",
    "reasons": "why it stands where it stands, the first three",
    "target": "the agent, group, label or channel that the action is for",
    "account": "the account's name",
    "owner": "the account's owner",
    "impact": "what is at stake: accounts, contract value, users, linked tickets, since when, the next deadline",
    "linked": "the tickets of the same incident or about the same thing",
    "link": "where the ticket can be opened; empty where no server is known",
}
"""What a template may name, and what stands there."""

_FIELD: Final = re.compile(r"\{([^{}\n]*)\}")


def names(template: str) -> list[str]:
    """List what stands in braces, in order."""
    return _FIELD.findall(template)


def fill(template: str, values: Mapping[str, str]) -> str:
    """Fill a template in one pass; a field without a value is empty, braces around anything else stay as they are.

    >>> fill("{ticket}: {subject}", {"ticket": "7", "subject": "{ticket} is down"})
    '7: {ticket} is down'
    """
    return _FIELD.sub(lambda found: values.get(found[1], "") if found[1] in FIELDS else found[0], template)


__all__ = ["FIELDS", "fill", "names"]
