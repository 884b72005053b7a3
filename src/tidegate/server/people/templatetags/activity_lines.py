"""How a line of the trail reads."""

from __future__ import annotations

from typing import Any, Final

from django import template

register = template.Library()

WORDS: Final = {
    "action.cancel": "cancelled an action",
    "action.cancel_for": "cancelled an action for a person",
    "action.retry": "retried an action",
    "action.retry_for": "retried an action for a person",
    "activity.export": "exported the activity",
    "channel.remove": "removed a channel",
    "channel.set": "set a channel",
    "delivery.retry": "retried a delivery",
    "escalation.close": "closed an escalation",
    "escalation.close_for": "closed an escalation for a person",
    "escalation.reopen": "opened an escalation again",
    "facts.import": "imported facts",
    "facts.send": "sent facts by hand",
    "person.activate": "let a person in again",
    "person.add_factor": "added a second factor",
    "person.change": "changed a person's access",
    "person.change_password": "changed their password",
    "person.create": "added a person",
    "person.deactivate": "deactivated a person",
    "person.end_sessions": "ended a person's sessions",
    "person.factor_failed": "gave a wrong code",
    "person.locked_out": "was locked out after too many attempts",
    "person.remove_factor": "removed a second factor",
    "person.unlock": "forgot failed sign-ins at a person's address",
    "person.remove_factors": "removed a person's second factors",
    "person.reset_factor": "made new recovery codes",
    "person.set_password": "set a person's password",
    "person.sign_in": "signed in",
    "person.sign_in_failed": "failed to sign in",
    "person.sign_in_refused": "was refused: deactivated",
    "person.sign_out": "signed out",
    "policy.activate": "put a policy in force",
    "policy.create": "kept a version of the policy",
    "policy.replay": "tried a policy on the past",
    "policy.replay_stop": "stopped a replay",
    "policy.rollback": "rolled the policy back",
    "ticket.assign": "assigned",
    "ticket.assign_for": "assigned for a person",
    "ticket.claim_for": "claimed for a person",
    "ticket.decide": "decided",
    "ticket.override": "overrode",
    "ticket.override_for": "overrode for a person",
    "ticket.override_undo": "took an override back",
    "ticket.override_undo_for": "took an override back for a person",
    "ticket.snooze": "set aside",
    "ticket.snooze_end": "took up again",
    "ticket.snooze_end_for": "took up again for a person",
    "ticket.snooze_for": "set aside for a person",
    "ticket.status": "changed the status",
    "token.create": "made a token",
    "token.revoke": "revoked a token",
    "training.export": "exported what people taught",
    "view.share": "shared a view",
}


@register.filter
def act_words(act: str) -> str:
    """Say an act in words; one without words of its own is said by its name."""
    noun, _, verb = act.partition(".")
    return WORDS.get(act) or f"{verb or noun} ({noun})".replace("_", " ")


@register.filter
def named(object_id: str, names: dict[str, str]) -> str:
    """Name a person; one who is not known keeps the id."""
    return names.get(object_id, object_id)


_QUIET: Final = ("attempts", 0)
"""What goes without saying."""


@register.filter
def changes(line: Any) -> list[tuple[str, str, str]]:  # noqa: ANN401 (templates pass anything)
    """List what changed: name, before, after; what stayed the same is left out."""
    before, after = (value if isinstance(value, dict) else {"": value} for value in (line.before, line.after))
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    names = [name for name in names if (name, after.get(name)) != _QUIET]
    return [(name.replace("_", " "), _shown(before.get(name)), _shown(after.get(name))) for name in names]


def _shown(value: Any) -> str:  # noqa: ANN401 - any JSON
    if value is None or value == []:
        return ""
    text = ", ".join(str(one) for one in value) if isinstance(value, list) else str(value)
    return text if len(text) <= 200 else text[:199] + "…"  # noqa: PLR2004 - a line stays a line
