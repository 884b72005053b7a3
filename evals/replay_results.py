"""The committed page of replay results: each evaluation replaces its own section."""

from __future__ import annotations

from pathlib import Path

PAGE = Path(__file__).parent / "results" / "replay.md"
TITLE = "# Replay: estimates, each with what was imputed\n"


def put(section: str, text: str) -> None:
    """Replace a section of the page, or add it at the end."""
    parts = PAGE.read_text(encoding="utf-8").split("\n## ") if PAGE.exists() else [TITLE]
    kept = [part for part in parts[1:] if part.partition("\n")[0] != section]
    body = "\n## ".join(
        [parts[0].rstrip() + "\n", *(part.rstrip() + "\n" for part in kept), f"{section}\n\n{text.rstrip()}\n"]
    )
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(body, encoding="utf-8")


def table(heads: list[str], rows: list[list[str]]) -> str:
    """Lay out a Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
