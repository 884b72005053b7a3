"""Checks of routing and actions: words that stand twice, groups, channels and fields that are not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tidegate.policy.findings import Finding, nearest, suggest
from tidegate.policy.templates import FIELDS, names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tidegate.policy.findings import Path
    from tidegate.policy.model import Policy


def check_acting(policy: Policy) -> Iterator[Finding]:
    """Find what does not hold together in `routing` and `actions`, and in the rules that lead there."""
    yield from _check_weights(policy)
    yield from _check_groups(policy)
    yield from _check_named_groups(policy)
    yield from _check_channels(policy)
    yield from _check_enabled(policy)
    yield from _check_templates(policy)
    yield from _check_drafts(policy)


def _check_weights(policy: Policy) -> Iterator[Finding]:
    weights = policy.routing.weights.model_dump()
    if not any(weights[name] for name in ("skill", "language", "seniority", "success")):
        message = "nothing that counts says whether an agent can do the work"
        mend = "give skill, language, seniority or success a weight"
        yield Finding(path=("routing", "weights"), message=message, mend=mend)


def _check_groups(policy: Policy) -> Iterator[Finding]:
    taken: dict[str, str] = {}
    for group, words in policy.routing.groups.items():
        for index, word in enumerate(words):
            path = ("routing", "groups", group, index)
            if word != word.lower():
                message, mend = "the columns hold lower case: this never counts", f"write {word.lower()!r}"
                yield Finding(severity="warning", path=path, value=word, message=message, mend=mend)
            elif word in taken:
                message = f"never counts: {taken[word]} takes it, and stands first"
                yield Finding(severity="warning", path=path, value=word, message=message, mend="name it once")
            taken.setdefault(word, group)


def _check_named_groups(policy: Policy) -> Iterator[Finding]:
    """Compare every group that is named with those of `routing.groups`, where there are any."""
    routing = policy.routing
    named: list[tuple[Path, str | None]] = [(("routing", "otherwise"), routing.otherwise)]
    named += [(("routing", "stand_in", group), other) for group, other in routing.stand_in.items()]
    named += [(("rules", index, "then", "route"), rule.then.route) for index, rule in enumerate(policy.rules)]
    known = [*routing.groups, *routing.stand_in]
    for path, group in named:
        if group and routing.groups and group not in known:
            mend = f"{suggest(group, known)}, or add it to routing.groups"
            yield Finding(severity="warning", path=path, value=group, message="is not a known group", mend=mend)
    for group in routing.stand_in:
        if _turns_in_circles(routing.stand_in, group):
            yield Finding(path=("routing", "stand_in", group), message="stands in for itself", mend="break the circle")


def _turns_in_circles(stand_in: dict[str, str], group: str) -> bool:
    seen = {group}
    while (group := stand_in.get(group, "")) and group not in seen:
        seen.add(group)
    return bool(group)


def _check_channels(policy: Policy) -> Iterator[Finding]:
    channels = policy.actions.channels
    for index, rule in enumerate(policy.rules):
        for key in ("page", "notify"):
            who = getattr(rule.then, key)
            if who and who not in channels:
                near = nearest(who, channels)
                mend = (f"did you mean {near!r}? " if near else "") + "add it to actions.channels"
                message = "has no channel: nobody would be told"
                path = ("rules", index, "then", key)
                yield Finding(severity="warning", path=path, value=who, message=message, mend=mend)
    for who, listed in channels.items():
        if not listed:
            path = ("actions", "channels", who)
            yield Finding(severity="warning", path=path, message="names no channel: nobody would be told")


def _check_enabled(policy: Policy) -> Iterator[Finding]:
    enabled = policy.actions.enabled
    for index, kind in enumerate(enabled):
        if kind in enabled[:index]:
            path = ("actions", "enabled", index)
            yield Finding(severity="warning", path=path, value=kind, message="stands twice", mend="keep one")


def _check_templates(policy: Policy) -> Iterator[Finding]:
    for kind, template in policy.actions.templates:
        for part in ("title", "body"):
            yield from _check_fields(("actions", "templates", kind, part), getattr(template, part))
    for name, text in policy.actions.drafts.items():
        yield from _check_fields(("actions", "drafts", name), text)


def _check_fields(path: Path, text: str) -> Iterator[Finding]:
    for name in names(text):
        if name not in FIELDS:
            yield Finding(path=path, value=f"{{{name}}}", message="unknown field", mend=suggest(name, FIELDS))


def _check_drafts(policy: Policy) -> Iterator[Finding]:
    """Find rules that want a draft of which there is no text."""
    drafts = policy.actions.drafts
    for index, rule in enumerate(policy.rules):
        named = rule.then.draft
        if not named or named in drafts:
            continue
        path = ("rules", index, "then", "draft")
        message = "names none of actions.drafts: nothing is written"
        mend = suggest(named, drafts) if isinstance(named, str) and drafts else "write the text there, and name it here"
        yield Finding(severity="warning", path=path, value=named, message=message, mend=mend)
