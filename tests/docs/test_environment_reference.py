"""The reference of environment variables is what the service reads."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from tidegate.server.environment import Environment, variable

ROOT = Path(__file__).parents[2]


def writer() -> Any:
    spec = importlib.util.spec_from_file_location("writer", ROOT / "scripts" / "write_environment_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_current() -> None:
    page = (ROOT / "docs" / "reference" / "environment.md").read_text(encoding="utf-8")
    assert page == writer().render(), "run: python scripts/write_environment_reference.py"


def test_every_variable_says_what_it_is() -> None:
    assert all(field.description for field in Environment.model_fields.values())
    text = writer().render()
    assert all(f"| `{variable(name)}` |" in text for name in Environment.model_fields)
