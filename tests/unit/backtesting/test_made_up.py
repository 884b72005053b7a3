"""Lane later on the made-up desk: what is put off goes out last, until something is due."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from helpers.boards import policy_with
from tidegate.backtesting.made_up import MadeUp, put_off
from tidegate.backtesting.scoring import believe
from tidegate.policy import load
from tidegate.simulate.engine import replay
from tidegate.simulate.policies import maker
from tidegate.simulate.synthetic import Desk, make

EARLY = policy_with(ranking={"outlook": "2h"})


def desk() -> MadeUp:
    return MadeUp(
        desk=Desk(agents=3, days=3, load=1.1), base=load("starter"), files={"early": EARLY, "starter": load("starter")}
    )


def test_what_is_put_off_goes_out_only_when_nothing_else_waits() -> None:
    stage = desk().stage("early", 1)
    workload, turns = stage.scene.workload, stage.scene.turns
    assert turns is not None
    outcome = replay(workload, stage.seats, maker(stage.policy, stage.scene))
    until = np.full(workload.at.size, -np.inf)
    several = np.flatnonzero(np.isfinite(turns.until))
    until[turns.visit[several]] = turns.until[several]
    late = [row for row in outcome.order.tolist() if outcome.start[row] < until[row]]
    assert late
    for row in late:
        moment = outcome.start[row]
        waiting = np.flatnonzero((outcome.entered <= moment) & (outcome.start > moment))
        assert (until[waiting] > moment).all()


def test_the_starter_puts_nothing_off() -> None:
    assert desk().stage("starter", 1).scene.turns is None


def test_who_is_put_off_and_until_when() -> None:
    workload, _ = make(Desk(agents=2, days=1, load=0.9), seed=1)
    rows = workload.at.size
    kinds = np.array([[0, 0, 0, 1.0], [0, 0, 1.0, 0], [0, 1.0, 0, 0], [0, 0.3, 0, 0.7], [0.05, 0, 0, 0.95]])
    belief = believe(EARLY, kinds[np.arange(rows) % 5], np.ones(rows))
    turns = put_off(EARLY, belief, workload.at)
    assert turns is not None
    begun = turns.until[turns.first] - workload.at
    assert begun[:5].round(6).tolist() == [480 - 120, 240 - 120, np.inf, np.inf, 480 - 120]  # doubtful ones are not
    bands = turns.belief.band
    assert bands is not None
    assert bands[turns.first][:5].tolist() == [2, 2, 1, 1, 2]
    assert put_off(EARLY, replace(belief, minutes=np.full((rows, 4), 60.0)), workload.at) is None
