"""The reader of the service: of the packaged model, or of the team's own; what it reads is kept in the database."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from django.conf import settings

from tidegate.read.embedding import MODELS
from tidegate.read.model import load_model
from tidegate.read.reader import StaticReader
from tidegate.server.desk.board.stored_readings import StoredReadings

if TYPE_CHECKING:
    from tidegate.policy.model import Policy
    from tidegate.read.given import Given
    from tidegate.read.model import Model


_loaded: Final = cache(load_model)


def _model() -> Model:
    """Return the model that the settings name, loaded once a process; see `load_model` for what can go wrong."""
    return _loaded(settings.READING_MODEL or MODELS)


def reader_under(policy: Policy, *, learned: Given | None = None) -> StaticReader:
    """Make the reader of a policy; see `StaticReader` for the parameters."""
    return StaticReader(model=_model(), policy=policy, learned=learned, cache=StoredReadings())  # ty: ignore[invalid-argument-type]


def intents() -> tuple[str, ...]:
    """Return the intents that a ticket can be said to have: those that the model knows."""
    return _model().intent_names


__all__ = ["intents", "reader_under"]
