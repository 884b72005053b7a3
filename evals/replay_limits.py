"""What bounds the policies on the made-up desk, what other numbers would gain, and how near the design's desk is.

Run: python evals/replay_limits.py [--search SECONDS]. It writes two sections of evals/results/replay.md. The search for
numbers replays seeds 1 and 2 and is judged on seeds 101 to 105; the desk was found by a search that is not kept.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from replay_results import put, table

from tidegate.backtesting.made_up import MadeUp
from tidegate.backtesting.numbers import Numbers, near
from tidegate.policy import load
from tidegate.simulate.engine import replay
from tidegate.simulate.measures import tally
from tidegate.simulate.policies import maker
from tidegate.simulate.synthetic import FOLLOW_UPS, Desk

if TYPE_CHECKING:
    from collections.abc import Callable

    from tidegate.simulate.trial import Stage

BASE = load("starter")
DESKS = {"0.85": Desk(load=0.85), "0.95": Desk(load=0.95), "spike 1.10": Desk(load=0.85, spike=1.10)}
JUDGED, SEARCHED = range(101, 106), (1, 2)

THEIRS = {
    "fifo": (55.3, 80.0, 83.0), "edf": (15.9, 34.0, 71.0), "static": (10.2, 14.9, 23.9),
    "weighted-sum": (4.8, 5.2, 7.7), "wspt": (3.3, 3.6, 4.7),
    "cost-of-delay": (0.8, 1.0, 1.9), "oracle": (0.2, 0.3, 1.1),
}  # fmt: skip
"""Late value in percent as the design's own generator had it, at the three loads."""

NEAREST = Desk(
    days_differ=0.144, weekdays=(1.496, 1.248, 1.0, 0.752, 0.504), overnight=0.34, value_spread=1.371,
    handling_spread=0.462, mix=(0.011, 0.126, 0.532, 0.331),
)  # fmt: skip
NEAREST_WRITES = replace(FOLLOW_UPS, per_day=1.258, patience=273.8, minutes=1.975)


def came(stage: Stage, policy: str) -> np.ndarray:
    """Late value and urgent in target in percent, root of the value-weighted squared wait in minutes."""
    work = stage.scene.workload
    done = replay(work, stage.seats, maker(policy, stage.scene), follow_ups=stage.follow_ups)
    sums = tally(work, done, stage.judge, stage.follow_ups)
    values = sums.values(np.ones((1, sums.above.shape[0])))
    late, urgent, squared = (
        values[name, "all"][0] for name in ("value_breach", "urgent_in_target", "value_delay_squared")
    )
    return np.array([100 * late, 100 * urgent, squared**0.5])


def setting(desk: Desk) -> MadeUp:
    return MadeUp(desk=desk, base=BASE, files={}, follow_ups=FOLLOW_UPS)


def times_known(stage: Stage) -> Stage:
    """Let the policy know each handling time."""
    work = stage.scene.workload.work
    belief = replace(stage.scene.belief, effort=work / work.mean())
    return replace(stage, scene=replace(stage.scene, belief=belief))


def levels_known(stage: Stage) -> Stage:
    """Let the oracle know levels and not times."""
    return replace(stage, scene=replace(stage.scene, true_times=False))


def same(stage: Stage) -> Stage:
    return stage


def with_numbers(numbers: Numbers) -> Callable[[Stage], Stage]:
    def seen(stage: Stage) -> Stage:
        belief = stage.scene.belief
        weights = np.asarray(numbers.severity) * (belief.minutes / 60.0) ** numbers.target_power
        belief = replace(belief, weights=weights, horizon=numbers.horizon, missed=numbers.missed)
        return replace(stage, scene=replace(stage.scene, belief=belief, now_when=numbers.now_when))

    return seen


def search(seconds: float) -> Numbers:
    """Less late value in the geometric mean over the three loads, with no fewer urgent tickets in target."""
    stages = [setting(desk).stage("cost-of-delay", seed) for desk in DESKS.values() for seed in SEARCHED]

    def tried(numbers: Numbers) -> np.ndarray:
        return np.array([came(with_numbers(numbers)(stage), "cost-of-delay") for stage in stages])

    yours, draw, end = Numbers.of(BASE), np.random.default_rng(0), time.monotonic() + seconds
    first, best, least = tried(yours), yours, 0.0
    while time.monotonic() < end:
        one = near(best if draw.random() < 0.7 else yours, draw, far=draw.random() < 0.3)
        weight = np.asarray(one.severity) * (np.array([10, 30, 240, 510]) / 60) ** one.target_power
        if (weight[1:] > one.missed * weight[:-1]).any():
            continue
        found = tried(one)
        gain = float(np.log(found[:, 0] / first[:, 0]).mean())
        if gain < least and (found[:, 1].reshape(-1, 2).mean(1) >= first[:, 1].reshape(-1, 2).mean(1)).all():
            best, least = one, gain
            print(np.exp(gain), one, flush=True)
    return best


def bounds(best: Numbers) -> None:
    ways: dict[str, tuple[str, Callable[[Stage], Stage]]] = {
        "WSPT": ("wspt", same),
        "cost of delay over labels": ("cost-of-delay-label", same),
        "cost of delay over the posterior": ("cost-of-delay", same),
        "... with the numbers found on seeds 1 and 2": ("cost-of-delay", with_numbers(best)),
        "... knowing handling times": ("cost-of-delay", times_known),
        "cost of delay knowing levels": ("oracle", levels_known),
        "... knowing levels and handling times (the oracle)": ("oracle", same),
    }
    parts: list[str] = []
    for error in (0.10, 0.25):
        columns: dict[str, list[str]] = {}
        for name, desk in DESKS.items():
            made = setting(replace(desk, error=error))
            for way, (policy, known) in ways.items():
                mean = np.mean([came(known(made.stage(policy, seed)), policy) for seed in JUDGED], axis=0)
                columns.setdefault(way, []).append(f"{mean[0]:.2f} ({mean[1]:.1f}), {mean[2]:.0f}")
            print(error, name, flush=True)
        rows = [[way, *cells] for way, cells in columns.items()]
        parts.append(f"### {100 * error:.0f}% of the likeliest levels wrong\n\n{table(['what', *DESKS], rows)}")
    lead = (
        "Mean of seeds 101 to 105: value-weighted share of first answers out of target in percent, in brackets P0 and"
        " P1 in target, then the root of the value-weighted squared wait in minutes. What no reader can know is known"
        f" in the last three rows. Numbers found: horizon {best.horizon:g} minutes, missed {best.missed:g},"
        f" target_power {best.target_power:g}, now_when {best.now_when:g},"
        f" severities {', '.join(f'{severity:g}' for severity in best.severity)}."
    )
    put("What bounds the made-up desk", "\n\n".join([lead, *parts]))


def nearest() -> None:
    rows = []
    for policy, theirs in THEIRS.items():
        cells = []
        for place, desk in enumerate(DESKS.values()):
            own, close = (
                np.mean([came(made.stage(policy, seed), policy)[0] for seed in JUDGED])
                for made in (
                    setting(desk),
                    replace(setting(replace(NEAREST, load=desk.load, spike=desk.spike)), follow_ups=NEAREST_WRITES),
                )
            )
            cells.append(f"{theirs[place]:.1f} / {own:.1f} / {close:.1f}")
        rows.append([policy, *cells])
        print(policy, flush=True)
    lead = (
        "Late value in percent: the design's generator / ours / the nearest of some 500 desks that a random search"
        " tried (volume by weekday and day, share that comes overnight, spread of values and handling times, mix of"
        f" levels, how often and with how much work customers write again). The nearest: {NEAREST}, {NEAREST_WRITES}."
    )
    put("Nearness to the design's generator", f"{lead}\n\n{table(['policy', *DESKS], rows)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--search", type=float, default=240.0, help="seconds for the search for numbers")
    bounds(search(parser.parse_args().search))
    nearest()


if __name__ == "__main__":
    main()
