"""Processes: whether one is there, and where those of one start share their counts."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from tidegate.server import environment

if TYPE_CHECKING:
    from pathlib import Path


def alive(pid: int) -> bool:
    """Say whether a process of this number exists, whoever owns it."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def shared_folder(data_dir: Path) -> Path:
    """Make the folder in which the web processes of this start share their counts; remove those of ended starts.

    It has to be named before `prometheus_client` is imported, which looks for it once.
    """
    home = data_dir / "metrics"
    for old in home.glob("*"):
        if old.name.isdigit() and not alive(int(old.name)):
            shutil.rmtree(old, ignore_errors=True)
    folder = home / str(os.getpid())
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    environment.share_metrics(folder)
    return folder
