"""The reference of the HTTP API says what the API's own document says."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "write_api_reference.py"


def written() -> Any:
    spec = importlib.util.spec_from_file_location("write_api_reference", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_current() -> None:
    module = written()
    page = (ROOT / "docs" / "reference" / "http-api.md").read_text(encoding="utf-8")
    assert page == module.render(module.document()), "write it anew: python scripts/write_api_reference.py"


def test_the_document_is_complete() -> None:
    """Everything that is sent or answered is described, and every operation says who may ask."""
    found = written().document()
    for methods in found["paths"].values():
        for operation in methods.values():
            assert operation["summary"]
            assert operation["description"]
            assert ("x-scope" in operation or "x-role" in operation) == bool(operation.get("security"))
            assert all(response["description"] for response in operation["responses"].values())
            assert {"400", "401"} <= {str(status) for status in operation["responses"]}
    for name, schema in found["components"]["schemas"].items():
        assert schema.get("description"), name
        for field, told in schema.get("properties", {}).items():
            assert told.get("description"), f"{name}.{field}"
