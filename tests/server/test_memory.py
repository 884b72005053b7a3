"""Processes that are started keep little memory that is free, unless somebody has said otherwise."""

from __future__ import annotations

import subprocess
import sys

from tidegate.server import memory

SHOW = f"import os, polars; print(os.environ[{memory.POLARS!r}])"


def test_what_somebody_has_set_stays() -> None:
    environ = {"MALLOC_ARENA_MAX": "8", memory.POLARS: "dirty_decay_ms:500"}
    memory.spare(environ)
    memory.spare(environ)
    assert environ == {"MALLOC_ARENA_MAX": "8", memory.POLARS: "dirty_decay_ms:500,narenas:2,muzzy_decay_ms:0"}


def test_polars_lets_it_have_the_last_word() -> None:
    environ: dict[str, str] = {}
    memory.spare(environ)
    told = subprocess.run([sys.executable, "-c", SHOW], env=environ, capture_output=True, text=True, check=True)
    assert told.stdout.strip().endswith(environ[memory.POLARS])


def test_giving_back_does_no_harm() -> None:
    memory.give_back()
    memory.give_back()
