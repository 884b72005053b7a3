"""What each lane is for, in the words that its empty page says."""

from __future__ import annotations

from typing import Final

LANE_WORDS: Final = {
    "now": "Tickets that cannot wait: a target is about to be missed, or a rule says so. They are handed out first.",
    "escalate": "Tickets that somebody outside support must hear of now, each with what it costs.",
    "aged": "Old tickets that would never reach the top by their points; each few hand-outs take one of them.",
    "review": "Tickets whose level or route is unsure. A person's word settles it, and the reader learns from it.",
    "queue": "The ordinary queue, the costliest wait first.",
    "later": "Tickets whose wait costs little. They rise by themselves as their targets come near.",
    "waiting": "Tickets that wait on the customer or a third party. They are not ranked; an answer brings them back.",
}
