"""The wheel as a user gets it: it ranks a file by itself, and drags in nothing that belongs to the edge."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = ("django", "sklearn", "scipy", "torch", "onnxruntime", "altair", "ortools", "pandas", "httpx", "dask", "duckdb")
RANK = f"""
import sys
from tidegate.cli import app
try:
    app(["rank", "tickets.csv", "--now", "2026-03-02T09:00Z", "--format", "json"])
except SystemExit as stop:
    assert stop.code in (0, None), stop.code
import tidegate
print(tidegate.__file__, [name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)
"""


@pytest.mark.slow
def test_the_wheel_ranks_a_file_without_the_edge(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, check=True, cwd=ROOT, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    home = tmp_path / "home"
    install = ["-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(home), str(wheel)]
    subprocess.run([sys.executable, *install], check=True, capture_output=True)
    (tmp_path / "tickets.csv").write_text("id,created_at,status,priority\n1,2026-03-02,open,urgent\n")
    done = subprocess.run(
        [sys.executable, "-c", RANK],
        check=False,
        cwd=tmp_path,
        env={"PYTHONPATH": str(home), "PATH": ""},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert '"ticket_id": "1"' in done.stdout
    assert done.stderr.splitlines()[-1] == f"{home / 'tidegate' / '__init__.py'} []"
