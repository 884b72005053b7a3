from __future__ import annotations

from pathlib import Path

from tidegate.ingest.reference import reference
from tidegate.ingest.systems import SYSTEMS

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "imports.md"


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference(), (
        "write docs/reference/imports.md anew: "
        "python -c 'from tidegate.ingest.reference import reference; print(reference(), end=\"\")'"
    )


def test_every_system_and_its_words_are_on_it() -> None:
    page = reference()
    for system in SYSTEMS:
        assert f"### {system.title}\n" in page
        assert all(f"{word} is `{level}`" in page for word, level in system.priorities.items())
