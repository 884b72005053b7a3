"""One replay of a backtest: a policy, a seed, a tally. The unit that runs in processes, on a cluster, and is kept."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from tidegate.simulate.engine import replay
from tidegate.simulate.measures import Judge, Tally, tally
from tidegate.simulate.policies import Scene, maker

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tidegate.simulate.roster import Seat
    from tidegate.simulate.workload import FollowUps


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Everything that one replay needs.

    Attributes
    ----------
    policy
        A name that `policies.maker` knows.
    scene
        The truth and what the policy may know of it.
    judge
        What first answers are held against.
    seats
        Who works.
    follow_ups
        How customers write again.
    """

    policy: str
    scene: Scene
    judge: Judge
    seats: Sequence[Seat]
    follow_ups: FollowUps


class Setting(Protocol):
    """Where a backtest takes place; picklable, so that replays may run elsewhere."""

    @property
    def independent(self) -> bool:
        """Whether each seed makes other tickets; else seeds share the weeks and differ in what was imputed."""
        ...

    def stage(self, policy: str, seed: int) -> Stage:
        """Prepare one replay; the workload depends on the seed alone."""
        ...

    def fingerprint(self) -> str:
        """Name everything that a replay depends on besides policy and seed."""
        ...


def run(setting: Setting, policy: str, seed: int) -> Tally:
    """Replay one policy with one seed."""
    stage = setting.stage(policy, seed)
    outcome = replay(stage.scene.workload, stage.seats, maker(stage.policy, stage.scene), follow_ups=stage.follow_ups)
    return tally(stage.scene.workload, outcome, stage.judge, stage.follow_ups)


class Shelf:
    """A folder of finished replays, so that a backtest that was interrupted goes on where it stopped.

    Parameters
    ----------
    folder
        Made when the first replay is kept.
    setting
        Replays of another setting are not found.
    """

    def __init__(self, folder: Path, setting: Setting) -> None:
        self._folder, self._mark = folder, setting.fingerprint()

    def _file(self, policy: str, seed: int) -> Path:
        key = hashlib.sha256(f"{self._mark}\n{policy}\n{seed}".encode()).hexdigest()[:24]
        return self._folder / f"replay-{key}.npz"

    def get(self, policy: str, seed: int) -> Tally | None:
        """Return a kept replay; None where there is none."""
        file = self._file(policy, seed)
        if not file.exists():
            return None
        with np.load(file) as kept:
            names, levels = kept["measures"].tolist(), kept["levels"].tolist()
            columns = {name: kept[name] for name in ("above", "below", "waits", "oldest")}
        return Tally(cells=tuple(zip(names, levels, strict=True)), **columns)

    def put(self, policy: str, seed: int, done: Tally) -> None:
        """Keep a replay; the file appears whole or not at all."""
        self._folder.mkdir(parents=True, exist_ok=True)
        file = self._file(policy, seed)
        part = file.with_suffix(f".{os.getpid()}.part")
        with part.open("wb") as out:
            measures, levels = zip(*done.cells, strict=True)
            np.savez_compressed(
                out,
                measures=np.array(measures),
                levels=np.array(levels),
                above=done.above,
                below=done.below,
                waits=done.waits,
                oldest=done.oldest,
            )
        part.replace(file)
