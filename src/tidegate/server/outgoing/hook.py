"""The same check for code that makes its own connections: Python tells, at the moment of connecting, where to.

`sys.addaudithook` calls back with the address of every ``socket.connect``, ``sendto`` and ``sendmsg``, whichever
library asks, and what the hook raises stops the call. So the address that is looked at is the one that is connected to:
there is no second look-up in between that could answer differently. The hook acts only inside `guarded`, in its own
thread. docs/decisions/outgoing-guard.md says why.
"""

from __future__ import annotations

import ipaddress
import socket
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from tidegate.server.outgoing.addresses import ForbiddenAddressError, vet

if TYPE_CHECKING:
    from collections.abc import Generator

    from tidegate.server.outgoing.addresses import Network

_CONNECTING: Final = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_STARTING: Final = frozenset({"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork"})
_INTERNET: Final = (socket.AF_INET, socket.AF_INET6)


class RefusedError(ForbiddenAddressError, OSError):
    """A refusal in the shape that libraries expect of a connection that fails, so that they close what they opened."""


class _Watch(threading.local):
    allowed: tuple[Network, ...] | None = None
    refused: RefusedError | None = None


_watch: Final = _Watch()
_installing: Final = threading.Lock()
_installed = False


@contextmanager
def guarded(allowed: tuple[Network, ...] = ()) -> Generator[None]:
    """Let this thread connect to permitted addresses only, and start no programs, until the block ends.

    Raises
    ------
    ForbiddenAddressError
        At the end of the block, if a connection was refused in it, also where the code inside kept that to itself.
    """
    _install()
    before = _watch.allowed, _watch.refused
    _watch.allowed, _watch.refused = tuple(allowed), None
    try:
        yield
    finally:
        refused = _watch.refused
        _watch.allowed, _watch.refused = before
    if refused is not None:
        raise refused


def _install() -> None:
    """Add the hook once in the life of the process; hooks cannot be taken away."""
    global _installed  # noqa: PLW0603 - a process has one list of hooks
    with _installing:
        if not _installed:
            sys.addaudithook(_heard)
            _installed = True


def _heard(event: str, arguments: tuple[Any, ...]) -> None:
    allowed = _watch.allowed
    if allowed is None or (event not in _CONNECTING and event not in _STARTING):
        return
    try:
        _look(event, arguments, allowed)
    except ForbiddenAddressError as error:
        _watch.refused = RefusedError(str(error))
        raise _watch.refused from None


def _look(event: str, arguments: tuple[Any, ...], allowed: tuple[Network, ...]) -> None:
    if event in _STARTING:
        raise ForbiddenAddressError("a channel tried to start a program")
    sock, address = arguments[0], arguments[1]
    if sock.family not in _INTERNET or not isinstance(address, tuple):
        raise ForbiddenAddressError(f"a channel tried to connect to {address!r}, which is not an internet address")
    host = str(address[0])
    try:
        ipaddress.ip_address(host)
    except ValueError:
        raise ForbiddenAddressError(
            f"a channel tried to connect to {host!r} by name; only addresses can be checked"
        ) from None
    vet(host, [host], allowed)
