"""Writes docs/reference/settings.md from the settings themselves.

usage: python scripts/write_settings_reference.py
"""

from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr

from tidegate.server.environment import Environment, variable

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "settings.md"
_HEAD = """\
# Settings

<!-- Written by scripts/write_settings_reference.py; a test holds it current. Change server/environment.py instead. -->

The service is set up by environment variables alone. They are read and checked when a process starts; one that cannot
be used stops it with the variable's name and what was expected.

| variable | default | what it is |
|---|---|---|
"""
_TAIL = """
Secrets are never printed. `TIDEGATE_CACHE_DIR` is read by the commands on files: where readings of texts are kept.
"""


def render() -> str:
    """Return the page."""
    rows = [
        f"| `{variable(name)}` | {_default(field.default)} | {(field.description or '').replace('|', chr(92) + '|')} |"
        for name, field in Environment.model_fields.items()
    ]
    return _HEAD + "\n".join(rows) + "\n" + _TAIL


def _default(value: object) -> str:
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if value is None or value == "":
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
