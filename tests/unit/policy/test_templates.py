"""Templates: filled once, by documented names alone; nothing that a ticket says is a template."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tidegate.policy.templates import FIELDS, fill, names

TEXTS = st.text(st.sampled_from("{}abc. !\n") | st.characters(), max_size=30)


@given(st.dictionaries(st.sampled_from(list(FIELDS)), TEXTS | st.sampled_from([f"{{{name}}}" for name in FIELDS])))
def test_what_fills_a_field_is_never_looked_at_again(values: dict[str, str]) -> None:
    template = "|".join(f"{{{name}}}" for name in FIELDS)
    assert fill(template, values) == "|".join(values.get(name, "") for name in FIELDS)


@given(TEXTS)
def test_a_text_without_documented_fields_stays_as_it_is(text: str) -> None:
    if not set(names(text)) & FIELDS.keys():
        assert fill(text, dict.fromkeys(FIELDS, "x")) == text


def test_python_s_format_language_means_nothing() -> None:
    for text in ("{ticket.__class__}", "{ticket!r}", "{ticket:>9999999}", "{0}", "{}", "{{ticket}}", "%(ticket)s"):
        assert fill(text, {"ticket": "7"}) == text.replace("{ticket}", "7")
