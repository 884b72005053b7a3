"""Two workers, one of them killed half-way: the same bytes as in process."""

from __future__ import annotations

import os
import signal
import warnings
from typing import TYPE_CHECKING

import pytest

from tidegate.backtesting.made_up import MadeUp
from tidegate.policy import load
from tidegate.report.backtest import to_json
from tidegate.simulate.backtest import backtest
from tidegate.simulate.cluster import on_cluster
from tidegate.simulate.synthetic import Desk
from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from distributed import LocalCluster

SETTING = MadeUp(desk=Desk(agents=4, days=8), base=load("starter"), files={})
POLICIES = ["fifo", "cost-of-delay"]


@pytest.fixture
def cluster() -> Iterator[LocalCluster]:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=60
    ) as made:
        yield made


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_killed_worker_changes_nothing(cluster: LocalCluster) -> None:
    victims = [worker.pid for worker in cluster.workers.values()]
    killed: list[int] = []

    def kill_one(done: int, _total: int) -> None:
        if done == 2 and not killed:
            killed.append(victims[0])
            os.kill(victims[0], signal.SIGKILL)

    with warnings.catch_warnings(), on_cluster(cluster.scheduler_address) as runner:
        warnings.simplefilter("ignore")
        there = backtest(SETTING, POLICIES, range(4), runner=runner, progress=kill_one)
    assert killed
    assert there.seeds == (0, 1, 2, 3)
    assert to_json(there) == to_json(backtest(SETTING, POLICIES, range(4)))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_nobody_at_the_address_is_an_error_that_says_so() -> None:
    pytest.importorskip("distributed")
    with pytest.raises(InputError, match="no Dask scheduler answers"), on_cluster("tcp://127.0.0.1:9", timeout=1.0):
        pass
