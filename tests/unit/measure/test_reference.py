from __future__ import annotations

from pathlib import Path

from tidegate.measure.reference import reference

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "measures.md"


def test_the_reference_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference(), "write it anew from tidegate.measure.reference"
