"""Policy files: what loads, and how everything that does not is said."""

from __future__ import annotations

import json
import random
import re
from contextlib import suppress
from importlib import resources
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.policy import Policy, load
from tidegate.policy.describe import describe
from tidegate.policy.durations import Duration
from tidegate.policy.loading import load_marked
from tidegate.tables.errors import InputError, PolicyError

if TYPE_CHECKING:
    from pathlib import Path

STARTER = (resources.files("tidegate.policy") / "starter.yml").read_text(encoding="utf-8")


def findings_of(text: str) -> tuple[str, ...]:
    with pytest.raises(PolicyError) as caught:
        load(text)
    return caught.value.findings


@pytest.mark.parametrize("name", ["starter", "playbook"])
def test_the_policies_that_are_shipped_load(name: str) -> None:
    policy = Policy.load(name)
    assert policy.name == name
    assert len(policy.rules) >= 12


def test_shipped_targets_are_those_that_the_product_promises() -> None:
    levels = load("starter").levels
    targets = {k: (str(v.respond), str(v.next), str(v.resolve), v.clock, v.severity) for k, v in levels.items()}
    assert targets == {
        "P0": ("10m", "30m", "2h", "always", 20),
        "P1": ("30m", "2h", "1bd", "business", 6),
        "P2": ("4h", "8h", "3bd", "business", 2),
        "P3": ("1bd", "2bd", "5bd", "business", 1),
    }


def test_the_playbook_differs_in_its_method_only() -> None:
    starter, playbook = load("starter"), load("playbook")
    same = playbook.model_copy(update={"name": starter.name, "ranking": starter.ranking})
    assert same == starter
    assert playbook.ranking.method == "weighted-sum"
    assert sum(playbook.ranking.weights.model_dump().values()) == 100


def test_a_path_and_a_text_load_alike(tmp_path: Path) -> None:
    file = tmp_path / "own.yml"
    file.write_bytes(b"\xef\xbb\xbf" + STARTER.replace("\n", "\r\n").encode())
    assert load(file) == load(str(file)) == load(STARTER) == load("starter")


@pytest.mark.parametrize("name", ["starter", "playbook"])
def test_a_policy_that_is_shown_loads_again_with_the_same_hash(name: str) -> None:
    shown = describe(load(name))
    assert load(shown["policy"]).hash == shown["hash"]
    assert load(json.dumps(shown["policy"], indent=1)).hash == shown["hash"]


@given(st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None)
def test_comments_and_order_of_keys_do_not_change_the_hash(rng: random.Random) -> None:
    value = shuffled(load("starter").model_dump(mode="json"), rng)
    text = re.sub(r"\n", lambda _: rng.choice(["\n", " # a comment\n", "\n\n"]), json.dumps(value, indent=1))
    assert load(text).hash == load("starter").hash


def shuffled(value: object, rng: random.Random) -> object:
    if isinstance(value, dict):
        items = list(value.items())
        rng.shuffle(items)
        return {key: shuffled(part, rng) for key, part in items}
    return [shuffled(part, rng) for part in value] if isinstance(value, list) else value


def test_what_a_policy_says_changes_the_hash() -> None:
    assert load(STARTER.replace("now_when: 0.25", "now_when: 0.26")).hash != load("starter").hash


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("horizon: 1h", "horizn: 1h", r":\d+: ranking.horizn: unknown key; did you mean 'horizon'\? valid: method,"),
        ("missed: 0.5", "missed: much", r"ranking.missed: must be a valid number.*\(found 'much'\)"),
        ("missed: 0.5", "missed: 5", r"ranking.missed: must be less than or equal to 1 \(found 5\)"),
        ("missed: 0.5", "missed: true", r"ranking.missed: expected a number, not true or false \(found True\)"),
        ("missed: 0.5", "missed: .inf", r"ranking.missed: must be a valid number"),
        ("respond: 10m", "respond: 10x", r"levels.P0.respond: expected a number and a unit: .* \(found '10x'\)"),
        ("respond: 10m", "respond: 99999999w", r"levels.P0.respond: longer than"),
        (
            "level: P0, page",
            "level: P9, page",
            r"rules\[1\].then.level: unknown value \(found 'P9'\); valid: P0, P1, P2, P3",
        ),
        ("  P3: {means", "  P4: {means", r"levels.P4: unknown value .* valid: P0, P1, P2, P3"),
        ("severity: 20", "severity: 20, severity: 30", r"levels.P0.severity: the key stands twice, first on line 17"),
        ("when: vip", "when: vpi", r"rules\[7\].when: rule 'VIP bypass': unknown column 'vpi'.*did you mean vip\?"),
        ("lane: now", "lane: waiting", r"rules\[3\].then: a rule cannot put a ticket in lane aged or waiting"),
        ("{at_least: P1, tag: outage}", "{}", r"rules\[2\].then: does nothing; valid keys: level,"),
        ("{at_least: P1, tag: outage}", "{level: P1, at_most: P2}", r"only one of level, at_least and at_most"),
        ("name: starter", "nome: starter", r"nome: unknown key; did you mean 'name'\?"),
        ("version: 1", "version: !!python/object:os.system 1", r":\d+: version: tag .* is not allowed"),
        ("version: 1", "version: {? [1] : 2}", r"version: a key must be a plain word"),
        ("version: 1", "version: *nobody", r":\d+: not valid YAML: found undefined alias"),
        ("version: 1", "version: 1: 2", r":5: not valid YAML: mapping values are not allowed"),
        ("tier: {trial: 1.2", "tier: {trial: 0", r"value.tier.trial: must be greater than or equal to"),
    ],
)
def test_every_error_names_line_key_value_and_the_mend(old: str, new: str, said: str) -> None:
    assert old in STARTER
    text = "\n".join(findings_of(STARTER.replace(old, new, 1)))
    assert re.search(said, text), text
    assert re.match(r"policy:\d+: ", text), text


def test_a_line_is_the_line_of_the_value() -> None:
    (finding,) = findings_of(STARTER.replace("  missed: 0.5", "  missed: 7"))
    line = 1 + STARTER[: STARTER.index("  missed: 0.5")].count("\n")
    assert finding.startswith(f"policy:{line}: ranking.missed: ")


def test_all_findings_are_said_at_once() -> None:
    text = (
        STARTER.replace("severity: 6", "severity: many").replace("when: vip", "when: vpi").replace("  tier:", "  teir:")
    )
    assert len(findings_of(text)) == 3


def test_a_missing_level_is_named() -> None:
    lines = [line for line in STARTER.splitlines() if not line.startswith("  P2: {means")]
    (finding,) = findings_of("\n".join(lines))
    assert "levels: missing P2" in finding


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\n", "the file is empty"),
        ("# nothing\n", "the file is empty"),
        ("- a\n- b\n", "expected keys and values, found a list; valid keys: name, version"),
        ("just words\n", "expected keys and values, found a text"),
        ("42\n", "expected keys and values, found a single value"),
        ("a: 1\n---\nb: 2\n", "not valid YAML: but found another document"),
        ("a: [1, 2\n", "not valid YAML"),
        ("a: \x00\n", "not valid YAML"),
        ("[" * 100_000 + "\n", "values nest more than 20 deep"),
        ("&a [*a]\n", "inside its own anchor"),
    ],
)
def test_files_that_hold_no_policy_are_said_so(text: str, said: str) -> None:
    assert said in "\n".join(findings_of(text))


def test_aliases_cannot_unfold_to_a_bomb() -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert "its aliases repeat themselves" in findings_of("\n".join(rows))[0]


def test_norway_is_not_false() -> None:
    assert load(STARTER.replace("holidays: GB", "holidays: NO")).calendar.holidays == "NO"


def test_anchors_and_aliases_of_plain_values_work() -> None:
    text = STARTER.replace("respond: 10m", "respond: &soon 10m").replace("respond: 30m", "respond: *soon")
    assert load(text).levels["P1"].respond == Duration(10, "m")


def test_files_that_cannot_be_read_are_said_so(tmp_path: Path) -> None:
    for path, said in (
        ("strater", "Did you mean 'starter'"),
        (tmp_path, "cannot be read"),
        (tmp_path / "none.yml", "no such policy file"),
    ):
        with pytest.raises(InputError, match=said):
            load(path)
    latin = tmp_path / "latin.yml"
    latin.write_bytes("name: x\ncalendar: für\n".encode("latin-1"))
    with pytest.raises(PolicyError, match=r"latin\.yml:2: is not UTF-8"):
        load(latin)
    huge = tmp_path / "huge.yml"
    huge.write_bytes(b"#" * 1_000_001)
    with pytest.raises(InputError, match="larger than"):
        load(huge)


SPICE = (
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "'",
    '"',
    "&a ",
    "*a",
    "!!x ",
    "|",
    ">",
    "#",
    "\t",
    "\n",
    "-",
    "~",
    "0",
    "P9",
    "é",
    "\u2028",
)


@given(st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_a_file_with_random_mistakes_never_gives_a_traceback_and_always_a_line(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - mistakes, not secrets
    text = STARTER
    for _ in range(rng.randint(1, 3)):
        at, length = rng.randrange(len(text)), rng.choice((0, 1, 5, 40))
        text = text[:at] + rng.choice(SPICE) + text[at + length :]
    with suppress(PolicyError):
        load(text)
        return
    assert all(re.match(r"policy:[0-9]+: .", finding) for finding in findings_of(text))


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=5), lambda x: st.lists(x, max_size=3)))
@settings(max_examples=20, deadline=None)
def test_values_of_any_kind_in_any_place_load_or_are_findings(value: object) -> None:
    dump = load("starter").model_dump(mode="json")
    for key in dump:
        with suppress(PolicyError):
            assert load({**dump, key: value}).name


def test_lines_are_kept_for_the_checks() -> None:
    _, file, lines = load_marked("starter")
    assert file == "starter.yml"
    assert STARTER.splitlines()[lines["ranking", "missed"] - 1].strip().startswith("missed:")
    assert STARTER.splitlines()[lines["rules", 0, "then"] - 1].strip().startswith("then:")


@given(st.floats(0, 1_000_000), st.sampled_from(["m", "h", "d", "bd", "w"]))
def test_a_duration_survives_being_written(amount: float, unit: str) -> None:
    assert Duration.parse(str(Duration(amount, unit))) == Duration(amount, unit)
