"""Writes docs/reference/environment.md from the settings that the service reads.

usage: python scripts/write_environment_reference.py
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

from tidegate.server.environment import Environment, variable

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "environment.md"

_HEAD = """\
# Environment variables

<!-- Written by scripts/write_environment_reference.py; a test holds it current. Change server/environment.py. -->

The service (`tidegate serve`, `web`, `work`, `migrate`, `import`, `backup`, `restore`, `admin`) reads these and nothing
else. All are checked when it starts: a value that cannot be used stops the start with the variable's name, the value
(never of a secret) and what was expected. An empty variable counts as missing.

| variable | takes | starts as | |
|---|---|---|---|
"""
_TAIL = """
The command line without the service reads `TIDEGATE_CACHE_DIR` alone: the folder in which readings of texts are kept;
`""` keeps nothing.
"""


def render() -> str:
    """Return the page as Markdown."""
    return _HEAD + "".join(_line(name, field) for name, field in Environment.model_fields.items()) + _TAIL


def _line(name: str, field: FieldInfo) -> str:
    described = (field.description or "").replace("|", "\\|")
    return f"| `{variable(name)}` | {_takes(field)} | {_start(field.default)} | {described} |\n"


def _takes(field: FieldInfo) -> str:
    kind = str(field.annotation)
    if "SecretStr" in kind:
        return "secret"
    if field.annotation is bool:
        return "true or false"
    limits = [int(found) for one in field.metadata for found in re.findall(r"[gl]e=(\d+)", repr(one))]
    if field.annotation is int:
        return f"{limits[0]:,} to {limits[1]:,}" if len(limits) == 2 else "number"
    return "path" if field.annotation is Path else "text"


def _start(default: object) -> str:
    if default is None or isinstance(default, SecretStr) or default == "":
        return ""
    shown = str(default).lower() if isinstance(default, bool) else str(default)
    return f"`{shown}`"


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
