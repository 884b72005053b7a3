"""What a policy says about what happens because of a decision."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from tidegate.policy.durations import Duration
from tidegate.policy.parts import Part
from tidegate.tables.words import ACTION_KINDS, ActionKind

Name = Annotated[str, Field(min_length=1, max_length=80)]
Draft = Annotated[str, Field(min_length=1, max_length=4000)]


class Template(Part):
    """A title and a text, with fields in braces; `{ticket}`, `{subject}` and the others that actions have."""

    title: str = Field(max_length=200, description="one line")
    body: str = Field(max_length=4000, description="the text")


class Templates(Part):
    """What is sent and written down, kind by kind."""

    notify: Template = Field(
        Template(
            title="[{level}] {cause}: ticket {ticket}",
            body="{subject}\n{account}\n{reasons}\nDue {due} ({left}).\n{link}",
        ),
        description="to those who are told",
    )
    page: Template = Field(
        Template(
            title="[{level}] {cause}: ticket {ticket}",
            body="{subject}\n{account}\n{reasons}\nDue {due} ({left}).\n{link}",
        ),
        description="to those who are paged",
    )
    escalate: Template = Field(
        Template(
            title="[{level}] {subject}",
            body="{impact}\nLinked: {linked}\n{reasons}\n{link}",
        ),
        description="the record that engineering gets",
    )
    note: Template = Field(
        Template(title="Tidegate: {cause}", body="{reasons}"),
        description="the internal note on the ticket",
    )


class Actions(Part):
    """What happens because of a decision, to whom it goes, and what it says."""

    dry_run: bool = Field(default=True, description="true: actions are recorded and shown, and nothing is carried out")
    enabled: tuple[ActionKind, ...] = Field(ACTION_KINDS, description="the kinds that are on")
    backlog: Duration = Field(
        Duration(1, "d"),
        description="a ticket older than this that is seen for the first time pages, notifies and escalates nobody",
    )
    channels: dict[str, tuple[Name, ...]] = Field(
        default={},
        description="by who is told or paged: names of the server's channels; addresses and secrets are set there",
    )
    help_desk: Name | None = Field(
        None, description="the server's channel through which the help desk is told what was changed here"
    )
    escalate_to: str | None = Field(None, description="the group that escalations go to, where no rule names one")
    templates: Templates = Field(Templates(), description="texts, with fields in braces")
    drafts: dict[Name, Draft] = Field(
        default={}, description="answers for agents to start from, by the name that a rule's `draft` names; with fields"
    )


__all__ = ["Actions", "Template", "Templates"]
