"""Connections that are checked as they are made.

A name is resolved once, and the address that was looked at is the one that is connected to. A redirect makes a new
connection and is checked like any other; so is a name that answers differently the second time.
"""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING, Final

import httpcore
import httpx

from tidegate.server.outgoing.addresses import vet

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable

    from tidegate.server.outgoing.addresses import Network

    Resolve = Callable[[str, int], list[str]]

TOTAL_SECONDS: Final = 30.0
"""How long one connection may live: a receiver that sends a byte now and then is let go."""
CONNECT_SECONDS: Final = 5.0
READ_SECONDS: Final = 10.0


def resolve(host: str, port: int) -> list[str]:
    """Ask the system's resolver; addresses in its order."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class GuardedBackend(httpcore.NetworkBackend):
    """Makes TCP connections, to vetted addresses only.

    Parameters
    ----------
    allowed
        Inner networks that may be reached.
    resolver
        Gives the addresses of a name.
    total
        Seconds that a connection may live.
    """

    def __init__(
        self, allowed: tuple[Network, ...] = (), *, resolver: Resolve = resolve, total: float = TOTAL_SECONDS
    ) -> None:
        self._allowed, self._resolve, self._total = allowed, resolver, total
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Resolve once, vet, connect to what was vetted.

        Raises
        ------
        ForbiddenAddressError
            If the name has an address that a request may not go to.
        httpcore.ConnectError
            If the name has no address, or none of them answers.
        """
        until = time.monotonic() + self._total
        try:
            found = self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"{host} has no address: {error}") from error
        failed: httpcore.ConnectError | httpcore.ConnectTimeout = httpcore.ConnectError(f"{host} has no address")
        for address in vet(host, found, self._allowed):
            try:
                stream = self._inner.connect_tcp(
                    address, port, timeout=timeout, local_address=local_address, socket_options=socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
            else:
                return _Limited(stream, until)
        raise failed

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None
    ) -> httpcore.NetworkStream:
        """Refuse: nothing that leaves the service goes through a file."""
        del timeout, socket_options
        raise httpcore.ConnectError(f"{path} is not an address")


class _Limited(httpcore.NetworkStream):
    """A stream that ends at a moment, whatever arrives until then."""

    def __init__(self, inner: httpcore.NetworkStream, until: float) -> None:
        self._inner, self._until = inner, until

    def _left(self, timeout: float | None, late: type[httpcore.TimeoutException]) -> float:
        left = self._until - time.monotonic()
        if left <= 0:
            raise late("it took too long altogether")
        return left if timeout is None else min(timeout, left)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._left(timeout, httpcore.ConnectTimeout)
        return _Limited(self._inner.start_tls(ssl_context, server_hostname, left), self._until)

    def get_extra_info(self, info: str) -> object:
        return self._inner.get_extra_info(info)


class GuardedTransport(httpx.HTTPTransport):
    """httpx's transport over guarded connections; proxies of the environment are not used."""

    def __init__(self, backend: GuardedBackend) -> None:
        super().__init__(trust_env=False)  # its own pool has opened nothing yet
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(trust_env=False),
            max_connections=4,
            max_keepalive_connections=0,  # every request is a connection of its own, vetted by itself
            network_backend=backend,
        )


def client(backend: GuardedBackend) -> httpx.Client:
    """Return a client that follows no redirects unless it is told to, and never more than three."""
    return httpx.Client(
        transport=GuardedTransport(backend),
        trust_env=False,
        follow_redirects=False,
        max_redirects=3,
        timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
        headers={"User-Agent": "Tidegate"},
    )
