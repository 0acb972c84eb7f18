"""Where WebSockets are blocked, the same by HTTP."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from pilotfish.client import HttpPolling, LiveClient, Options, Status
from tests.fakes.live_server import LiveServer, price, trade

from .conftest import HASTY, take, until


@pytest.fixture
def posted(server: LiveServer) -> Iterator[str]:
    """A URL that takes a command a POST."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            command = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            body = json.dumps(server.answers({"id": None} | command)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{http.server_port}/"
    http.shutdown()
    thread.join()
    http.server_close()


async def test_it_polls_while_sockets_are_blocked_and_goes_back(
    server: LiveServer, posted: str
) -> None:
    server.mute = True
    options = Options(**{**HASTY, "answer_timeout": 0.1, "failures": 2, "polling": 0.5})  # type: ignore[arg-type]
    polling = HttpPolling(posted, interval=0.02)
    async with LiveClient(server.url, options=options, polling=polling) as client:
        feed, positions = client.trades(), client.positions()
        await until(lambda: client.status is Status.POLLING)
        server.log["trades"] = [trade("trades", seq) for seq in (1, 2, 3)]
        assert await take(feed, 3) == [1, 2, 3]
        assert (await positions.get()).positions == ()
        server.mute = False
        await until(lambda: client.status is Status.CONNECTED)
        await server.tell("trades")
        assert await take(feed, 1) == [4]


async def test_what_is_not_told_by_http_waits_for_a_socket(server: LiveServer, posted: str) -> None:
    prices = "price_updates:BTCUSDT"
    server.mute = True
    server.refusals[prices] = {"code": "not_told_here", "message": "on a WebSocket alone"}
    options = Options(**{**HASTY, "answer_timeout": 0.1, "failures": 2, "polling": 0.5})  # type: ignore[arg-type]
    polling = HttpPolling(posted, interval=0.02)
    async with LiveClient(server.url, options=options, polling=polling) as client:
        told, trades = client.prices("BTCUSDT"), client.trades()
        await until(lambda: client.status is Status.POLLING)
        server.log["trades"] = [trade("trades", 1)]
        assert await take(trades, 1) == [1]
        server.refusals.clear()
        server.mute = False
        await until(lambda: client.status is Status.CONNECTED)
        await server.send(price("BTCUSDT", 7, 1.0))
        assert (await told.get()).seq == 7
