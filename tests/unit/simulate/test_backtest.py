from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tidegate.backtesting.made_up import IMPUTED, MadeUp
from tidegate.policy import load
from tidegate.report.backtest import to_html, to_json, to_text
from tidegate.simulate.backtest import _choices, backtest, in_process
from tidegate.simulate.clocks import TIME
from tidegate.simulate.engine import replay
from tidegate.simulate.measures import Judge, tally
from tidegate.simulate.queues import KeyQueue
from tidegate.simulate.roster import always
from tidegate.simulate.synthetic import Desk, calibrated, make
from tidegate.simulate.trial import Setting, Shelf, run
from tidegate.simulate.workload import FollowUps, Workload
from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from tidegate.simulate.backtest import Backtest, Estimate, Unit
    from tidegate.simulate.measures import Tally

SETTING = MadeUp(desk=Desk(agents=4, days=15, load=0.95), base=load("starter"), files={})
POLICIES = ["fifo", "static", "weighted-sum", "cost-of-delay", "oracle"]


@pytest.fixture(scope="module")
def found() -> Backtest:
    return backtest(SETTING, POLICIES, [1, 2], imputed=IMPUTED)


def rows(found: Backtest, measure: str, level: str = "all") -> dict[str, Estimate]:
    return {row.policy: row for row in found.results if (row.measure, row.level) == (measure, level)}


def number(row: Estimate) -> float:
    assert row.value is not None
    return row.value


def test_cost_of_delay_beats_what_it_should_beat(found: Backtest) -> None:
    late, urgent = rows(found, "value_breach"), rows(found, "urgent_in_target")
    assert number(late["cost-of-delay"]) < number(late["weighted-sum"]) < number(late["fifo"])
    assert number(late["oracle"]) <= number(late["cost-of-delay"])
    assert number(urgent["cost-of-delay"]) > 0.9 > number(urgent["fifo"])


def test_intervals_hold_their_estimate_and_differences_are_narrower(found: Backtest) -> None:
    for row in found.results:
        if row.low is not None and row.high is not None and row.measure != "oldest":
            assert row.low - 1e-9 <= number(row) <= row.high + 1e-9
    less = next(r for r in found.differences if (r.policy, r.measure, r.level) == ("oracle", "value_delay", "all"))
    one, other = rows(found, "value_delay")["oracle"], rows(found, "value_delay")["fifo"]
    assert less.value == pytest.approx(number(one) - number(other))
    assert less.against == "fifo"


def test_the_same_backtest_gives_the_same_bytes(found: Backtest) -> None:
    assert to_json(backtest(SETTING, POLICIES, [1, 2], imputed=IMPUTED)) == to_json(found)


def test_the_json_has_what_is_promised(found: Backtest) -> None:
    told = json.loads(to_json(found))
    assert told["kind"] == "estimated"
    assert told["imputed"]
    assert set(told["results"][0]) == {"policy", "measure", "level", "value", "low", "high", "unit"}
    assert {row["policy"] for row in told["differences"]} == set(POLICIES[1:])


def test_reports_say_that_they_estimate_and_what_was_imputed(found: Backtest) -> None:
    for text in (to_text(found), to_html(found)):
        assert "Estimated" in text
        assert "not a proof" in text
        assert "exactly calibrated" in text
        assert "cost-of-delay" in text
    assert "<script" not in to_html(found)
    assert "http" not in to_html(found).replace("http://www.w3.org", "")


@dataclass
class Interrupted:
    """A runner that is stopped after so many replays."""

    after: int
    ran: int = 0

    def __call__(self, setting: Setting, units: Sequence[Unit]) -> Iterable[tuple[Unit, Tally]]:
        for unit in units:
            if self.ran == self.after:
                raise KeyboardInterrupt
            self.ran += 1
            yield unit, run(setting, *unit)


def test_an_interruption_reports_whole_seeds_and_a_shelf_goes_on(tmp_path: Path) -> None:
    whole = backtest(SETTING, ["fifo", "static"], [1, 2])
    shelf = Shelf(tmp_path / "kept", SETTING)
    part = backtest(SETTING, ["fifo", "static"], [1, 2], runner=Interrupted(3), shelf=shelf)
    assert (part.seeds, part.missing) == ((1,), (2,))
    rest = Interrupted(9)
    assert backtest(SETTING, ["fifo", "static"], [1, 2], runner=rest, shelf=shelf) == whole
    assert rest.ran == 1
    other = replace(SETTING, desk=replace(SETTING.desk, load=0.5))
    assert Shelf(tmp_path / "kept", other).get("fifo", 1) is None


def test_an_interruption_before_the_first_seed_is_one() -> None:
    with pytest.raises(KeyboardInterrupt):
        backtest(SETTING, ["fifo", "static"], [1], runner=Interrupted(1))


def test_progress_is_told() -> None:
    told: list[tuple[int, int]] = []
    backtest(SETTING, ["fifo"], [1, 2], runner=in_process, progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 2), (2, 2)]


@pytest.mark.parametrize("policies", [["best"], ["history"], ["cost-of-delay+aged:0"], ["fifo", "fifo"], []])
def test_policies_that_cannot_be_are_refused(policies: list[str]) -> None:
    with pytest.raises(InputError):
        backtest(SETTING, policies, [1])


def test_a_policy_file_is_replayed_by_its_own_rules() -> None:
    starter = load("starter")
    playbook = MadeUp(desk=SETTING.desk, base=starter, files={"mine.yml": load("playbook")})
    assert run(playbook, "mine.yml", 1).above.tolist() == run(playbook, "weighted-sum", 1).above.tolist()


@pytest.mark.parametrize("error", [0.0, 0.1, 0.25])
def test_the_made_up_posterior_is_calibrated(error: float) -> None:
    probability, level = calibrated((0.1, 0.2, 0.3, 0.4), error, 60_000, np.random.default_rng(3))
    np.testing.assert_allclose(probability.sum(axis=1), 1.0)
    assert (probability.argmax(axis=1) != level).mean() == pytest.approx(error, abs=0.006)
    for k in range(4):
        near = (probability[:, k] > 0.2) & (probability[:, k] < 0.4)
        if near.any():
            assert (level[near] == k).mean() == pytest.approx(probability[near, k].mean(), abs=0.03)


def test_the_made_up_load_is_the_one_asked_for() -> None:
    for load_, spike in ((0.7, None), (0.95, None), (0.85, 1.1)):
        desk = Desk(load=load_, spike=spike, days=40)
        asked = (load_ * 30 + (spike or load_) * 10) / 40
        loads = [make(desk, seed)[0].work.sum() / (desk.agents * desk.days * 510) for seed in range(4)]
        assert np.mean(loads) == pytest.approx(asked, rel=0.05)


def test_measures_by_hand() -> None:
    load_ = Workload(
        at=np.array([0.0, 0.0, 0.0]), work=np.array([20.0, 20.0, 20.0]), level=np.array([0, 1, 3], np.uint8),
        value=np.array([1.0, 2.0, 5.0]), luck=np.full(3, 0.5),
    )  # fmt: skip
    judge = Judge(
        minutes=np.tile([10.0, 15.0, 240.0, 510.0], (3, 1)), clocks=(TIME, TIME, TIME, TIME), week=np.zeros(3, int)
    )
    outcome = replay(load_, always(1), lambda: KeyQueue(load_.level))
    told = tally(load_, outcome, judge, FollowUps()).values(np.ones((1, 1)))
    assert told["value_breach", "all"][0] == pytest.approx(2 / 8)
    assert told["breach", "all"][0] == pytest.approx(1 / 3)
    assert told["urgent_in_target", "all"][0] == pytest.approx(1 / 2)
    assert told["value_delay", "all"][0] == pytest.approx((2 * 20 + 5 * 40) / 8)
    assert told["value_delay_squared", "P3"][0] == pytest.approx(40**2)
    assert told["wait_p50", "all"][0] == pytest.approx(20, rel=0.006)
    assert told["oldest", "all"][0] == 40
    assert np.isnan(told["breach", "P2"][0])


@pytest.mark.parametrize(("weeks", "independent"), [([39, 39], False), ([8] * 5, True), ([3], True), ([1], False)])
def test_weeks_are_drawn_as_often_as_there_are_and_each_alike(weeks: list[int], *, independent: bool) -> None:
    times = _choices(weeks, independent=independent)
    assert times.shape == (400, sum(weeks))
    assert (times.sum(axis=1) == sum(weeks)).all() or not independent
    assert times.mean(axis=0) == pytest.approx(np.ones(sum(weeks)), abs=0.25)


def test_the_interval_of_alike_neighbours_is_wider_than_that_of_the_same_weeks_shuffled() -> None:
    """Weeks that inherit from each other tell less: with runs the interval says so, about as much as theory does."""
    draw, weeks, keeps = np.random.default_rng(2), 200, 0.6
    noise = draw.standard_normal(weeks)
    series = np.zeros(weeks)
    for week in range(1, weeks):
        series[week] = keeps * series[week - 1] + noise[week]

    def spread(values: np.ndarray) -> float:
        return float(((_choices([weeks], independent=True) @ values) / weeks).std())

    alone = series.std() / np.sqrt(weeks)
    assert spread(draw.permutation(series)) == pytest.approx(alone, rel=0.25)
    theory = np.sqrt((1 + keeps) / (1 - keeps)) * alone
    assert 1.3 * alone < spread(series) < 1.15 * theory


def test_policy_files_are_shown_without_their_folders_where_names_stay_apart(found: Backtest) -> None:
    def named(first: str, second: str) -> Backtest:
        names = {"fifo": first, "static": second}
        kept = [row for row in found.results if row.policy in names]
        less = [row for row in found.differences if row.policy == "static"]
        return replace(
            found,
            policies=(first, second),
            results=tuple(replace(row, policy=names[row.policy]) for row in kept),
            differences=tuple(replace(row, policy=second, against=first) for row in less),
        )

    apart = named("/home/ada/old.yml", "/home/ada/new.yml")
    for text in (to_text(apart), to_html(apart)):
        assert "less old.yml" in text
        assert "/home/ada" not in text
    assert json.loads(to_json(apart))["policies"] == ["/home/ada/old.yml", "/home/ada/new.yml"]
    assert "/home/b" in to_text(named("/home/a/p.yml", "/home/b/p.yml")).replace("\n", "")
