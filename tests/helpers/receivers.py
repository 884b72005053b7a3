"""Receivers of messages on loopback: well, failing, flapping, slow, dripping, redirecting."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Receiver(ThreadingHTTPServer):
    """Keeps what it was sent; ``answer`` says status, headers and body of each request in turn."""

    daemon_threads = True

    def __init__(self, answer: Callable[[int], tuple[int, dict[str, str], bytes]]) -> None:
        self.answer, self.got, self.lock = answer, [], threading.Lock()
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"

    @property
    def keys(self) -> list[str]:
        return [headers["Idempotency-Key"] for headers, _ in self.got]


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with self.server.lock:
            self.server.got.append((dict(self.headers.items()), body))
            turn = len(self.server.got)
        status, headers, said = self.server.answer(turn)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    do_GET = do_POST  # noqa: N815 - the library's own spelling

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def receiver(
    answer: Callable[[int], tuple[int, dict[str, str], bytes]] = lambda _: (204, {}, b""),
) -> Iterator[Receiver]:
    server = Receiver(answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def sleeping(seconds: float) -> Callable[[int], tuple[int, dict[str, str], bytes]]:
    def answer(_: int) -> tuple[int, dict[str, str], bytes]:
        time.sleep(seconds)
        return 204, {}, b""

    return answer
