"""The allowance of a token: so many requests a minute, whichever web process answers."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tidegate.server.api.allowance import PLACES, Allowance

if TYPE_CHECKING:
    from pathlib import Path

SPEND = """
import sys
from pathlib import Path
from tidegate.server.api.allowance import Allowance
allowance = Allowance(Path(sys.argv[1]), lambda: 5.0)
print(sum(allowance.wait(7, 30_000) == 0 for _ in range(20_000)))
"""


@pytest.mark.parametrize("kept", [True, False])
def test_it_fills_again(tmp_path: Path, *, kept: bool) -> None:
    now = [5.0]
    allowance = Allowance(tmp_path / "left" if kept else None, lambda: now[0])
    assert [allowance.wait(1, 60) for _ in range(61)] == [0.0] * 60 + [1.0]
    assert allowance.wait(2, 60) == 0
    now[0] = 6.0
    assert [allowance.wait(1, 60), allowance.wait(1, 60)] == [0.0, 1.0]
    now[0] = 3.0  # a clock that was set back gives nothing
    assert allowance.wait(1, 60) == 1.0
    now[0] = 1e6
    assert sum(allowance.wait(1, 60) == 0 for _ in range(100)) == 60


def test_processes_count_together(tmp_path: Path) -> None:
    first, second = (Allowance(tmp_path / "left", lambda: 5.0) for _ in range(2))
    spent = [allowance.wait(9, 10) == 0 for _ in range(10) for allowance in (first, second)]
    assert spent == [True] * 10 + [False] * 10


def test_no_request_of_processes_at_work_together_is_lost(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SPEND, str(tmp_path / "left")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert sum(int(process.communicate(timeout=60)[0]) for process in running) == 30_000


def test_tokens_beyond_the_last_place_share_one_allowance(tmp_path: Path) -> None:
    allowance = Allowance(tmp_path / "left", lambda: 5.0)
    assert [allowance.wait(key, 1) == 0 for key in (3, 3 + PLACES, 4)] == [True, False, True]
