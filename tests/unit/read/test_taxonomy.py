"""Taxonomy: the default holds together in six languages; a team's own is read, or refused with the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tidegate.read import taxonomy
from tidegate.read.phrases import LANGUAGES
from tidegate.tables.errors import InputError
from tidegate.tables.words import NATURES

if TYPE_CHECKING:
    from pathlib import Path


def test_the_default_speaks_six_languages() -> None:
    default = taxonomy.default()
    assert len(default.names) == 14
    for intent in default.intents.values():
        assert set(intent.means) == set(intent.examples) == set(LANGUAGES)
        assert intent.nature in NATURES
    texts = [text for _, _, text in default.phrases()]
    assert len(set(texts)) > 0.98 * len(texts)


def test_phrases_can_be_limited_to_languages() -> None:
    assert {language for _, language, _ in taxonomy.default().phrases(("de", "fr"))} == {"de", "fr"}


def test_a_teams_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.yml"
    path.write_text(
        "name: mine\nintents:\n  a: {means: {en: first}}\n  b: {means: {en: second}, nature: lookup}\n", "utf-8"
    )
    own = taxonomy.load(path)
    assert own.names == ("a", "b")
    assert own.nature("b") == "lookup"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name: x\nintents: {a: {means: {en: y}}}", "at least 2"),
        ("name: x\nintents: {A b: {means: {en: y}}, c: {means: {en: z}}}", "pattern"),
        ("name: x\nintents: {a: {means: {en: y}, nature: odd}, c: {means: {en: z}}}", "lookup, process"),
        ("name: x\nintents: {a: {means: {}}, c: {means: {en: z}}}", "means is empty"),
        ("name: [", "YAML"),
        ("- 1", "hold together"),
        ("", "hold together"),
    ],
)
def test_what_does_not_hold_together_says_why(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "bad.yml"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError, match=says):
        taxonomy.load(path)


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        taxonomy.load(tmp_path / "none.yml")
