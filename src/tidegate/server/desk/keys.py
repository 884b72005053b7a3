"""Every key of the pages: the help dialog, the palette, the reference page and the scripts read them from here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Key:
    """A key and what it does.

    Attributes
    ----------
    keys
        What is pressed: ``j``, ``ctrl+k``, or one after the other: ``g q``.
    act
        Name of the act that scripts attach to.
    does
        What happens, in words.
    where
        ``everywhere`` or the page's name; ``tickets`` are those behind a figure of the pulse.
    """

    keys: str
    act: str
    does: str
    where: str


def _list(page: str, what: str) -> tuple[Key, ...]:
    """Keys of a page that is a list."""
    moves = (Key("j", "down", f"to the next {what}", page), Key("k", "up", f"to the {what} before", page))
    opens = (Key("enter", "open", f"open the {what}", page), Key("o", "open", f"open the {what}", page))
    pages = (Key(".", "older", "to the next page", page), Key(",", "newer", "to the page before", page))
    return (*moves, *opens, *(pages if page not in ("people", "tokens") else ()))


KEYS: Final = (
    Key("?", "help", "show the keys of this page", "everywhere"),
    Key("ctrl+k", "palette", "search tickets, or jump to a page, a view or an act", "everywhere"),
    Key("g q", "go-queue", "go to the queue", "everywhere"),
    Key("g r", "go-review", "go to review", "everywhere"),
    Key("g p", "go-pulse", "go to pulse", "everywhere"),
    Key("g y", "go-policy", "go to the policy", "everywhere"),
    Key("g e", "go-escalations", "go to the escalations", "everywhere"),
    Key("g a", "go-activity", "go to activity", "everywhere"),
    Key("g u", "go-people", "go to people and tokens", "everywhere"),
    Key("g s", "go-settings", "go to your settings", "everywhere"),
    Key("u", "undo", "take the last act back", "everywhere"),
    Key("escape", "back", "close what is open, or let the selection go", "everywhere"),
    Key("j", "down", "to the next ticket", "queue"),
    Key("k", "up", "to the ticket before", "queue"),
    Key("enter", "open", "open the ticket", "queue"),
    Key("o", "open", "open the ticket", "queue"),
    Key("space", "preview", "show the ticket beside the list, or hide it", "queue"),
    Key("x", "select", "select the ticket, or leave it out", "queue"),
    Key("n", "take", "take the next ticket that you may take", "queue"),
    Key("a", "assign", "assign the ticket, or those selected", "queue"),
    Key("p", "level", "override the level", "queue"),
    Key("l", "lane", "override the lane", "queue"),
    Key("z", "snooze", "set aside until a time, or bring back", "queue"),
    Key("e", "resolve", "mark as solved", "queue"),
    Key("/", "search", "search in the list", "queue"),
    Key("f", "filter", "open the filters", "queue"),
    Key("s", "save", "save the filters as a view", "queue"),
    Key("g n", "show-new", "show what is new, without losing the place", "queue"),
    Key("j", "down", "to the next ticket of the queue", "ticket"),
    Key("k", "up", "to the ticket before", "ticket"),
    Key("a", "assign", "assign the ticket", "ticket"),
    Key("p", "level", "override the level", "ticket"),
    Key("l", "lane", "override the lane", "ticket"),
    Key("i", "intent", "override the intent", "ticket"),
    Key("r", "route", "override who should take it", "ticket"),
    Key("z", "snooze", "set aside until a time, or bring back", "ticket"),
    Key("e", "resolve", "mark as solved", "ticket"),
    Key("1", "choose-1", "choose the first answer", "review"),
    Key("2", "choose-2", "choose the second answer", "review"),
    Key("3", "choose-3", "choose the third answer", "review"),
    Key("4", "choose-4", "choose the fourth answer", "review"),
    Key("enter", "confirm", "confirm; the next one follows", "review"),
    Key("s", "skip", "leave it for later; the next one follows", "review"),
    Key("o", "open", "open the ticket", "review"),
    Key("m", "measure", "measure now", "pulse"),
    Key("t", "tables", "open every chart as a table, or close them", "pulse"),
    Key("e", "edit-policy", "edit a copy of the version", "policy"),
    Key("c", "compare-policy", "compare with the version in force", "policy"),
    Key("r", "replay", "replay the last weeks", "policy"),
    Key("w", "why", "say why, to put it in force or to roll back", "policy"),
    Key("v", "preview-text", "see what the edited text would move now", "policy"),
    *_list("tickets", "ticket"),
    *_list("escalations", "case"),
    Key("c", "close-case", "close the case: say what became of it", "escalations"),
    *_list("activity", "line"),
    Key("/", "find", "look for what was done to something", "activity"),
    Key("f", "filter", "choose what kind", "activity"),
    Key("x", "export", "export what is listed as CSV", "activity"),
    Key("t", "actions", "go to the actions", "activity"),
    *_list("actions", "action"),
    Key("s", "send", "send the action", "actions"),
    Key("c", "cancel", "cancel the action", "actions"),
    Key("t", "activity", "go to the activity", "actions"),
    *_list("people", "person"),
    Key("/", "find", "search by name or address", "people"),
    Key("a", "add", "add a person", "people"),
    Key("t", "tokens", "go to the tokens", "people"),
    *_list("tokens", "token"),
    Key("a", "add", "make a token", "tokens"),
    Key("t", "people", "go to the people", "tokens"),
)

PAGES: Final = (
    *("everywhere", "queue", "ticket", "review", "pulse", "policy", "escalations", "activity", "actions", "people"),
    *("tokens", "tickets"),
)


def keys_of(page: str) -> list[Key]:
    """Keys that work on a page, its own first."""
    return [key for key in KEYS if key.where == page] + [key for key in KEYS if key.where == "everywhere"]


def reference() -> str:
    """Write the reference page."""
    lines = [
        "# Keys",
        "",
        "Every act of the pages has a key. `?` shows those of the page that is open. Keys do nothing while text is",
        "being written; `escape` leaves a field.",
    ]
    for page in PAGES:
        lines += ["", f"## {page.capitalize()}", "", "| key | what it does |", "|---|---|"]
        lines += [f"| `{key.keys}` | {key.does} |" for key in KEYS if key.where == page]
    return "\n".join(lines) + "\n"
