"""Files that browsers are given as they are."""

from __future__ import annotations

from typing import Any

from django.contrib.staticfiles.storage import StaticFilesStorage


class Storage(StaticFilesStorage):
    """Django's storage; a file's address is worked out once a process, not once a page."""

    def __init__(self, *given: Any, **named: Any) -> None:  # noqa: ANN401 (Django's own)
        super().__init__(*given, **named)
        self._addresses: dict[str | None, str] = {}

    def url(self, name: str | None) -> str:
        """Return a file's address."""
        if name not in self._addresses:
            self._addresses[name] = super().url(name)
        return self._addresses[name]
