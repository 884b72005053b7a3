"""The reference page of measures, written from the catalogue."""

from __future__ import annotations

from tidegate.measure.catalogue import CATALOGUE
from tidegate.measure.findings import MEANING

_HEAD = """# Measures

Generated from the catalogue by `tidegate.measure.reference`; a test fails when this page is not current.

`tidegate measure` gives each of these for a period, with an interval that holds 95% of the time where the figure is
estimated. Leading measures move before customers feel it. Times are business time of the policy's calendars.
"""


def reference() -> str:
    """Write the whole page as Markdown."""
    lines = [_HEAD]
    for family in dict.fromkeys(measure.family for measure in CATALOGUE.values()):
        lines += [f"## {family}\n", "| name | means | unit | kind | good | interval |", "|---|---|---|---|---|---|"]
        lines += [
            f"| `{m.name}` | {m.definition}{_beside(m.beside)} | {m.unit} | {'leading' if m.leading else 'lagging'} | "
            f"{m.better or 'neither'} | {m.interval} |"
            for m in CATALOGUE.values()
            if m.family == family
        ]
        lines.append("")
    lines += [
        "## What can be odd in the files\n",
        "Each is named, counted and shown with examples; it is repaired only as the last column says.\n",
        "| finding | means | what is done |",
        "|---|---|---|",
    ]
    lines += [f"| `{name}` | {meaning} | {repair} |" for name, (meaning, repair) in MEANING.items()]
    return "\n".join(lines) + "\n"


def _beside(names: tuple[str, ...]) -> str:
    return " Read with " + ", ".join(f"`{name}`" for name in names) + "." if names else ""


__all__ = ["reference"]
