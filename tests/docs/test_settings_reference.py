"""The reference of settings says what the settings are."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from tidegate.server.environment import Environment, variable

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "write_settings_reference.py"


def test_the_page_is_current_and_names_every_variable() -> None:
    spec = importlib.util.spec_from_file_location("write_settings_reference", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    page = (ROOT / "docs" / "reference" / "settings.md").read_text(encoding="utf-8")
    assert page == module.render(), "write it anew: python scripts/write_settings_reference.py"
    assert all(f"`{variable(name)}`" in page for name in Environment.model_fields)
    assert all(field.description for field in Environment.model_fields.values())
