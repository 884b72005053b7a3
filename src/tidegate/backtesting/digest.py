"""A name for what a setting holds, the same in every process: pickles differ with what happens to be shared."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator


def digest(value: object) -> str:
    """Hash dataclasses, arrays, mappings, sequences, sets and plain values by what they hold.

    Raises
    ------
    TypeError
        If there is anything else among them.
    """
    found = hashlib.sha256()
    known: dict[int, bytes] = {}
    for part in _parts(value, known):
        found.update(len(part).to_bytes(8, "big") + part)
    return found.hexdigest()


def _parts(value: object, known: dict[int, bytes]) -> Iterator[bytes]:
    if isinstance(value, np.ndarray):
        yield f"{value.dtype.str}{value.shape}".encode()
        yield np.ascontiguousarray(value).tobytes()
    elif value is None or isinstance(value, (str, bool, int, float)):
        yield f"{type(value).__name__}:{value!r}".encode()
    elif isinstance(value, (list, tuple)):
        yield f"{len(value)} of".encode()
        for one in value:
            yield _once(one, known)
    elif isinstance(value, (set, frozenset)):
        yield from sorted(_once(one, known) for one in value)
    elif isinstance(value, Mapping):
        for key in sorted(value):
            yield repr(key).encode()
            yield _once(value[key], known)
    elif is_dataclass(value):
        yield type(value).__name__.encode()
        for field in fields(value):
            yield _once(getattr(value, field.name), known)
    else:
        raise TypeError(f"cannot name a {type(value).__name__}")


def _once(value: object, known: dict[int, bytes]) -> bytes:
    """Hash each object once, however often it is there; all of them live as long as the setting does."""
    if id(value) not in known:
        known[id(value)] = hashlib.sha256(b"\0".join(_parts(value, known))).digest()
    return known[id(value)]
