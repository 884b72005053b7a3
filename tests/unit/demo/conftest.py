from __future__ import annotations

import pytest

from tidegate import demo


@pytest.fixture(scope="session")
def company() -> demo.Company:
    """A year of a small company, in all languages."""
    return demo.generate(tickets=9_000, seed=7)
