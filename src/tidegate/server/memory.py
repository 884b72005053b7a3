"""Memory that was needed for a moment: how the service's processes give it back to the system."""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

POLARS: Final = "_RJEM_MALLOC_CONF"
"""What Polars' own allocator, jemalloc, is told; Polars names a value when it is imported, and the last word counts."""
_SPARING: Final = "narenas:2,muzzy_decay_ms:0"
_GLIBC: Final = "MALLOC_ARENA_MAX"


def spare(environ: MutableMapping[str, str]) -> None:
    """Let processes that are started with these variables keep little that is free.

    A thread with an area of its own for what it allocates, which is the rule, keeps what it has freed there.
    """
    environ.setdefault(_GLIBC, "2")
    told = environ.get(POLARS, "")
    if _SPARING not in told:
        environ[POLARS] = f"{told},{_SPARING}".lstrip(",")


def give_back() -> None:
    """Give free memory back to the system where the C library can; after something large was done with."""
    trim = _trim()
    if trim is not None:
        trim(0)


@cache
def _trim() -> Callable[[int], int] | None:
    if not sys.platform.startswith("linux"):
        return None
    return getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc has it, musl has not
