"""The reference of the command line says what the command line says of itself."""

from __future__ import annotations

import importlib.util
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "write_command_reference.py"


def render() -> str:
    spec = importlib.util.spec_from_file_location("write_command_reference", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.render()


def test_the_page_is_current() -> None:
    page = (ROOT / "docs" / "reference" / "command-line.md").read_text(encoding="utf-8")
    assert page == render(), "write it anew: python scripts/write_command_reference.py"


def test_a_verb_is_shown_with_its_arguments_options_choices_and_defaults() -> None:
    page = render()
    assert "## tidegate rank\n" in page
    assert "tidegate rank FILES... [OPTIONS]" in page
    assert "| `--policy` | text | `starter` | starter, playbook, or a policy file. |" in page
    assert "`table`, `csv`, `json`, `ndjson`, `parquet`" in page
    assert "tidegate policy diff BEFORE AFTER [TICKETS] [OPTIONS]" in page
