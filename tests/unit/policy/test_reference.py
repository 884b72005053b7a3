"""The reference page: current, and complete."""

from __future__ import annotations

from pathlib import Path

import pytest

from tidegate.policy import load
from tidegate.policy.model import Policy
from tidegate.policy.reference import write_reference
from tidegate.tables.facts import FACTS

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "policy.md"


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == write_reference(), (
        "run python -m tidegate.policy.reference > " + PAGE.name
    )


@pytest.mark.parametrize("name", FACTS)
def test_every_column_has_one_row_with_a_meaning(name: str) -> None:
    (row,) = [
        line for line in write_reference().split("## Columns")[1].splitlines() if line.startswith(f"| `{name}` |")
    ]
    assert all(cell.strip() for cell in row.strip("|").split("|"))


def test_every_key_of_the_model_has_a_meaning() -> None:
    rows = [line for line in write_reference().split("## Columns")[0].splitlines() if line.startswith("| `")]
    assert len(rows) > 60
    assert [row for row in rows if not row.rstrip(" |").rpartition("|")[2].strip()] == []
    named = {row.split("`")[1] for row in rows}
    dump = load("starter").model_dump(mode="json")
    assert set(Policy.model_fields) <= named
    inner = (dump["calendar"], dump["levels"]["P0"], dump["ranking"], dump["value"], dump["given"], dump["review"])
    assert {key for part in (*inner, dump["rules"][0], dump["rules"][0]["then"]) for key in part} <= named


def test_the_guide_says_only_policies_that_load() -> None:
    import yaml

    guide = (PAGE.parents[1] / "how-to" / "write-a-policy.md").read_text(encoding="utf-8")
    blocks = [block.partition("```")[0] for block in guide.split("```yaml\n")[1:]]
    assert len(blocks) == 2
    for block in blocks:
        values = load("starter").model_dump(mode="json") | yaml.safe_load(block)
        assert load(values).name == "starter"
