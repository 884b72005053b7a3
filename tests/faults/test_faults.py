"""Kill -9 of every part while deliveries come in; tests/faults/run.py does it with 10,000 of them, and more faults."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from helpers import faulting

pytestmark = pytest.mark.slow

DELIVERIES = 240


def test_no_accepted_delivery_is_lost_and_no_action_forgotten() -> None:
    with tempfile.TemporaryDirectory(prefix="tidegate-faults-") as home:
        told = faulting.kills(Path(home), DELIVERIES, times=len(faulting.PARTS), bad=12)
    assert set(told["killed"]) == set(faulting.PARTS), told
    assert told["accepted"] == DELIVERIES
    assert told["repeats"] == DELIVERIES // 5
    assert (told["missing"], told["twice"], told["not done"], told["jobs stuck"]) == (0, 0, {}, 0), told
    assert told["facts"] == dict.fromkeys(("desk_ticket", "desk_message", "desk_event"), DELIVERIES // 3), told
    outbox = told["outbox"]
    assert outbox["keys"] > 0, told
    assert outbox["actions"]["waiting"] == 0, told
    odd = ("done and never taken", "taken and unknown", "keys with several bodies")
    assert [outbox[name] for name in odd] == [0, 0, 0], told
    assert (told["exit code"], told["left running"]) == (0, 0), told
