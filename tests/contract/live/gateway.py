"""The posting side of a WebSocket gateway, which a test can make misbehave."""

import socket
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

PREFIX = "/_aws/execute-api/a1b2/live"


class Gateway(ThreadingHTTPServer):
    """Keeps what it is posted; `script` has the statuses with which it answers first."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.posted: dict[str, list[bytes]] = defaultdict(list)
        self.headers_seen: list[dict[str, str]] = []
        self.script: dict[str, list[int | str]] = defaultdict(list)
        self.lines = 0
        self.released = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}{PREFIX}"


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Gateway
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.server.lines += 1

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        prefix, _, name = self.path.rpartition("/@connections/")
        assert prefix == PREFIX
        who = unquote(name)
        script = self.server.script[who]
        step = script.pop(0) if script else 200
        self.server.headers_seen.append({k.lower(): v for k, v in self.headers.items()})
        if step == "hang up":
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if step == "mute":
            self.server.released.wait(20)
            self.close_connection = True
            return
        if step == 200:
            self.server.posted[who].append(body)
        if step == "last":
            self.server.posted[who].append(body)
            self.close_connection = True
            step = 200
        assert isinstance(step, int)
        self.send_response(step)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def running_gateway() -> Iterator[Gateway]:
    server = Gateway()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        thread.join()
        server.server_close()
