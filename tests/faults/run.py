"""Every fault with as many deliveries as wanted: python tests/faults/run.py [--deliveries 10000] [kills disk clock].

``disk`` needs root, for a small file system of its own; ``clock`` needs a C compiler, for a wall clock that can be set.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from helpers import faulting, stepping
from helpers.wall_clock import NoCompilerError

FAULTS = ("kills", "disk", "clock")


def main() -> None:
    """Run the faults that were named and print what was so afterwards."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("faults", nargs="*", default=FAULTS, help=" ".join(FAULTS))
    parser.add_argument("--deliveries", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=20, help="how often one of the parts is killed")
    asked = parser.parse_args()
    for fault in asked.faults:
        with tempfile.TemporaryDirectory(prefix="tidegate-faults-") as folder:
            home = Path(folder)
            if fault == "kills":
                told = faulting.kills(home, asked.deliveries, asked.kills)
            elif fault == "disk":
                told = faulting.full_disk(home, asked.deliveries)
            elif fault == "clock":
                told = clock(home, asked.deliveries)
            else:
                parser.error(f"there is no fault {fault}")
        print(fault)  # noqa: T201
        for name, value in told.items():
            print(f"  {name}: {value}", flush=True)  # noqa: T201


def clock(home: Path, deliveries: int) -> dict[str, object]:
    """Step the clock, where there is a compiler."""
    try:
        return stepping.clock_steps(home, deliveries)
    except NoCompilerError as error:
        return {"not run": str(error)}


if __name__ == "__main__":
    main()
