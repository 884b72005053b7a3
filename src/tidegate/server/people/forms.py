"""What people fill in about people and tokens. Services check what they do; a form says what cannot be read."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone

from tidegate.server.people import selectors
from tidegate.server.people.models import Role
from tidegate.server.people.tokens import SCOPES

if TYPE_CHECKING:
    from datetime import datetime

ROLES = (
    (Role.VIEWER, "Viewer: looks"),
    (Role.AGENT, "Agent: claims, assigns, overrides"),
    (Role.LEAD, "Lead: changes the policy, sees activity"),
    (Role.ADMIN, "Admin: manages people and tokens"),
)
DAYS = (("30", "30 days"), ("90", "90 days"), ("365", "a year"), ("", "never"))


class AccessForm(forms.Form):
    """What a person may do and see."""

    role = forms.ChoiceField(choices=ROLES, initial=Role.AGENT)
    groups_seen = forms.CharField(
        label="Groups whose tickets they see",
        required=False,
        max_length=2000,
        help_text="By commas; empty: all groups.",
        widget=forms.TextInput(attrs={"list": "groups", "autocomplete": "off"}),
    )
    agent_id = forms.CharField(
        label="Which agent of the help desk they are",
        required=False,
        max_length=200,
        help_text="The agent's id: what they claim is assigned to it. Empty: none.",
        widget=forms.TextInput(attrs={"list": "agents", "autocomplete": "off"}),
    )

    def clean_groups_seen(self) -> list[str]:
        """Split at commas."""
        return [name.strip() for name in self.cleaned_data["groups_seen"].split(",") if name.strip()]


class PersonForm(AccessForm):
    """A new person."""

    name = forms.CharField(max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}))
    email = forms.EmailField(label="Address", help_text="They sign in with it.")
    field_order = ("name", "email", "role", "groups_seen", "agent_id")


class TokenForm(forms.Form):
    """A new token."""

    name = forms.CharField(
        max_length=100, help_text="What it is for.", widget=forms.TextInput(attrs={"autofocus": True})
    )
    source = forms.SlugField(
        max_length=50, help_text="The system that it belongs to; a delivery's id counts once in it. Such as zendesk."
    )
    scopes = forms.MultipleChoiceField(
        label="What it may do",
        choices=[(scope, f"{scope}: {does}") for scope, does in SCOPES.items()],
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.ChoiceField(label="Ends after", choices=DAYS, required=False, initial="365")
    signs = forms.BooleanField(label="It signs webhooks: make a signing secret too", required=False)

    def expires_at(self) -> datetime | None:
        """When the token ends."""
        days = self.cleaned_data["days"]
        return timezone.now() + timedelta(days=int(days)) if days else None


def known() -> dict[str, Any]:
    """Return what the fields may suggest."""
    return {"groups": selectors.groups_known(), "agents": selectors.agents_known()}
