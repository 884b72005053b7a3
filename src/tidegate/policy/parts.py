"""What every part of a policy is made of: frozen values that refuse unknown keys, and numbers with limits."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def no_switch(value: object) -> object:
    """Refuse true and false where a number is meant; Python would take them for 1 and 0."""
    if isinstance(value, bool):
        raise ValueError("expected a number, not true or false")  # noqa: TRY004 - pydantic collects ValueErrors
    return value


Number = Annotated[float, BeforeValidator(no_switch)]
Positive = Annotated[Number, Field(ge=1e-6, le=1e12)]
Share = Annotated[Number, Field(ge=0, le=1)]
NotNegative = Annotated[Number, Field(ge=0, le=1e12)]
Count = Annotated[int, BeforeValidator(no_switch), Field(ge=0, le=1_000_000_000)]
Row4 = Annotated[tuple[Share, Share, Share, Share], Field(description="probabilities of P0, P1, P2, P3")]


class Part(BaseModel):
    """A part of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, allow_inf_nan=False)
