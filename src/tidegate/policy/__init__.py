"""The policy file: its model, its loading, its conditions and its checks. Importing this is free; parts load on use."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tidegate.policy.loading import load
    from tidegate.policy.model import Policy

_HOMES = {"Policy": "tidegate.policy.model", "load": "tidegate.policy.loading"}

__all__ = ["Policy", "load"]


def __getattr__(name: str) -> object:
    """Load a part when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
