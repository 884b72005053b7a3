"""The web: granian in front of Django, several processes on one port."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING, Final

from tidegate.server import environment
from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from tidegate.server.environment import Environment

STOP_SECONDS: Final = 15
PATIENCE: Final = 3.0
"""Seconds that a port may take to come free: the children of a killed service need a moment to end."""


def see_port_free(settings: Environment) -> None:
    """See that nobody listens on the port.

    Raises
    ------
    InputError
        If somebody does, or the address is not this machine's.
    """
    until = time.monotonic() + PATIENCE
    while (why := _unusable(settings.host, settings.port)) is not None and time.monotonic() < until:
        time.sleep(0.1)
    if why is not None:
        raise InputError(
            f"the address {settings.host} port {settings.port} cannot be used: {why}",
            mend="Stop what listens there, or name another with --port (TIDEGATE_PORT).",
        )


def listens(settings: Environment) -> bool:
    """Say whether somebody answers at the address."""
    try:
        socket.create_connection((settings.host, settings.port), timeout=1).close()
    except OSError:
        return False
    return True


def _unusable(host: str, port: int) -> str | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return (error.strerror or str(error)).lower()
    return None


def run(settings: Environment) -> None:
    """Serve until SIGTERM or Ctrl-C."""
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    from tidegate.server import lifeline, logs, processes

    lifeline.end_with_parent()
    logs.configure(settings)
    processes.shared_folder(environment.make_data_dir(settings))
    Server(
        "tidegate.server.wsgi:application",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.web_processes,
        blocking_threads=settings.web_threads,
        websockets=False,
        log_level=LogLevels.error,
        log_dictconfig=logs.configuration(settings),
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
    ).serve()
