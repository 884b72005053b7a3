"""The service's settings, as tests run them: a data folder and a key of their own."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

os.environ["TIDEGATE_DATA_DIR"] = str(Path(tempfile.gettempdir()) / "tidegate-tests-settings")
os.environ["TIDEGATE_SECRET_KEY"] = "a key for tests alone: " + "0" * 40
os.environ.pop("DATABASE_URL", None)

from tidegate.server.settings import *  # noqa: F403 - settings are taken whole
