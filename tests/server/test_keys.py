"""Keys: the reference page says what the code says, and no key means two things on one page."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from tidegate.server.desk import keys

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "src" / "tidegate" / "server" / "desk" / "static" / "desk" / "js"


def test_the_reference_page_is_current() -> None:
    page = (ROOT / "docs" / "reference" / "keys.md").read_text(encoding="utf-8")
    assert page == keys.reference(), "write it anew from tidegate.server.desk.keys.reference()"


@pytest.mark.parametrize("page", keys.PAGES)
def test_a_key_means_one_thing_on_a_page(page: str) -> None:
    pressed = Counter(key.keys for key in keys.keys_of(page))
    assert [name for name, times in pressed.items() if times > 1 and page != "everywhere"] == []
    begins = {name.split()[0] for name in pressed if " " in name}
    assert not begins & set(pressed), "a key that begins another one would never be reached"


def test_every_act_has_a_handler_in_the_scripts() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in SCRIPTS.glob("*.js"))
    for key in keys.KEYS:
        name = re.sub(r"-\d$", "-", key.act)
        assert f'"{name}' in text or f"`{name}" in text, key.act
