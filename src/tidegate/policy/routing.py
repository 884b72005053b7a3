"""What a policy says about who should take a ticket."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from tidegate.policy.parts import NotNegative, Part, Share, no_switch
from tidegate.tables.words import Level, Seniority  # noqa: TC001 - pydantic reads them at run time


class RoutingWeights(Part):
    """What counts in how well an agent fits a ticket; only their proportions matter."""

    skill: NotNegative = Field(4, description="the ticket's intent or product is one of the agent's skills")
    language: NotNegative = Field(3, description="the agent speaks the ticket's language")
    seniority: NotNegative = Field(2, description="the agent is as senior as the ticket asks for")
    success: NotNegative = Field(2, description="how such tickets ended that the agent solved before")
    continuity: NotNegative = Field(3, description="the agent had this ticket, or this requester, last")
    load: NotNegative = Field(2, description="the agent has room left")


class Routing(Part):
    """Who should take a ticket: rules that say `route` first, then these."""

    automatic: Share = Field(0.8, description="confidence from which a route is carried out without asking")
    weights: RoutingWeights = Field(RoutingWeights(), description="what counts in how well an agent fits")
    groups: dict[str, tuple[str, ...]] = Field(
        default={}, description="by group: the intents and products that it takes; empty: as its agents' skills say"
    )
    otherwise: str | None = Field(None, description="the group that takes what no other one does")
    stand_in: dict[str, str] = Field(
        default={}, description="by a group that has no agents: the group that takes its work"
    )
    seniority: dict[Level, Seniority] = Field(
        default={}, description="by level: how senior the agent should be at least"
    )
    capacity: Annotated[int, BeforeValidator(no_switch), Field(ge=1, le=10_000)] = Field(
        15, description="open tickets at a time, where an agent's own capacity is not known"
    )


__all__ = ["Routing", "RoutingWeights"]
