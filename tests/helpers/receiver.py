"""A webhook receiver with bad days: slow, failing, silent, or not there at all."""

from __future__ import annotations

import random
import threading
import time
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


class Receiver:
    """Keeps what it was sent, by idempotency key.

    Parameters
    ----------
    port
        Where it listens once `open` is called; before that a sender is refused.
    bad
        Its first requests, of which about 15 in a hundred fail, 10 are slow and 5 are taken without an answer; then it
        is well, but for one in fifty.
    seed
        Of its moods.
    """

    def __init__(self, port: int, bad: int = 100, seed: int = 7) -> None:
        self.port, self.bad = port, bad
        self.bodies: dict[str, list[bytes]] = defaultdict(list)
        self.taken: set[str] = set()
        self.answers: dict[str, int] = defaultdict(int)
        self._random = random.Random(seed)  # noqa: S311 -- moods, not secrets
        self._lock = threading.Lock()
        self._server: ThreadingHTTPServer | None = None

    def open(self) -> Self:
        """Begin to listen."""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver._take(self, self.headers["Idempotency-Key"], body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def _take(self, handler: BaseHTTPRequestHandler, key: str, body: bytes) -> None:
        with self._lock:
            well = sum(self.answers.values()) > self.bad and self._random.random() < 0.98
            mood = 1.0 if well else self._random.random()
            self.bodies[key].append(body)
        if mood < 0.15:
            self._answer(handler, 503)
        elif mood < 0.2:
            with self._lock:
                self.taken.add(key)
                self.answers["none"] += 1
            handler.close_connection = True  # taken, and the sender never hears of it
        else:
            if mood < 0.3:
                time.sleep(2)
            with self._lock:
                self.taken.add(key)
            self._answer(handler, 204)

    def _answer(self, handler: BaseHTTPRequestHandler, status: int) -> None:
        with self._lock:
            self.answers[str(status)] += 1
        try:
            handler.send_response(status)
            handler.send_header("Content-Length", "0")
            handler.end_headers()
        except OSError:  # the sender was killed
            pass

    def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
