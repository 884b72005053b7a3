"""Numbers change in the text of a policy; comments, order and everything else stay."""

from __future__ import annotations

import pytest

from tidegate.backtesting.policy_text import changed, difference, text_of
from tidegate.policy import load
from tidegate.policy.durations import Duration
from tidegate.tables.errors import InputError

STARTER = text_of("starter")


def ranked(text: str, **update: object) -> str:
    """What a policy says with other ranking numbers."""
    policy = load(text)
    return policy.model_copy(update={"ranking": policy.ranking.model_copy(update=update)})


def test_a_value_changes_and_its_comment_stays_in_its_column() -> None:
    new = changed(STARTER, [("ranking.horizon", "120m")], ranked(STARTER, horizon=Duration(120.0, "m")))
    before, after = (
        next(line for line in text.splitlines() if line.strip().startswith("horizon:")) for text in (STARTER, new)
    )
    assert before.index("#") == after.index("#")
    assert after.split()[:2] == ["horizon:", "120m"]
    assert [line for line in new.splitlines() if "horizon:" not in line] == [
        line for line in STARTER.splitlines() if "horizon:" not in line
    ]


@pytest.mark.parametrize(
    "ranking",
    ["ranking:\n  method: cost-of-delay\n", "ranking: {method: cost-of-delay}\n", "ranking: {}\n", ""],
    ids=["block", "flow", "empty", "missing"],
)
def test_a_default_is_added(ranking: str) -> None:
    start, end = STARTER.index("ranking:"), STARTER.index("# Business value at stake")
    text = STARTER[:start] + ranking + STARTER[end:]
    new = changed(
        text, [("ranking.missed", "0.4"), ("ranking.now_when", "0.3")], ranked(text, missed=0.4, now_when=0.3)
    )
    assert load(new).ranking.missed == 0.4
    assert load(new).ranking.now_when == 0.3


def test_an_alias_is_not_changed_behind_ones_back() -> None:
    text = STARTER.replace("missed: 0.5 ", "missed: &it 0.5 ").replace("now_when: 0.25 ", "now_when: *it ")
    with pytest.raises(InputError, match="by hand"):
        changed(text, [("ranking.missed", "0.4")], ranked(text, missed=0.4))


def test_the_difference_is_a_patch_of_the_file() -> None:
    new = changed(STARTER, [("ranking.missed", "0.4")], ranked(STARTER, missed=0.4))
    lines = difference(STARTER, new, "starter").splitlines()
    assert lines[:2] == ["--- starter.yml", "+++ starter.yml"]
    assert [line.split("#")[0].strip() for line in lines if line[0] in "+-"][2:] == ["-  missed: 0.5", "+  missed: 0.4"]
    assert difference(STARTER, STARTER, "starter") == ""
