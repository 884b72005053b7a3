"""Tickets written one by one, for heads of the default taxonomy: ``corpus/written/<writer>.jsonl``, one object a line.

Each has ``intent``, ``level`` (0 to 3), ``language``, ``title`` and ``text``. A writer wrote from imagination, with the
meanings of the intents and the hand-written seeds at hand, and without sight of any data that readings are judged on.
"""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl

from tidegate.read import taxonomy

SOURCE = Path(__file__).parent / "corpus" / "written"


def written_tickets() -> pl.DataFrame:
    """Load them: ``text`` (title, newline, body), ``intent``, ``nature``, ``level``, ``language`` and ``writer``."""
    known = taxonomy.default()
    rows = [
        {
            "text": f"{said['title']}\n{said['text']}",
            "intent": said["intent"],
            "nature": known.nature(said["intent"]),
            "level": f"P{said['level']}",
            "language": said["language"],
            "writer": path.stem,
        }
        for path in sorted(SOURCE.glob("*.jsonl"))
        for said in map(json.loads, path.read_text("utf-8").splitlines())
    ]
    return pl.DataFrame(rows)
