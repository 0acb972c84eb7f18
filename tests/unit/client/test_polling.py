"""Where WebSockets are blocked, the same by HTTP."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from pilotfish.client import HttpPolling, LiveClient, Options, Status
from pilotfish.domain.commands import SubscribeTicker, UnsubscribeTicker
from tests.fakes.live_server import LiveServer, price, risk, trade

from .conftest import HASTY, take, until


@pytest.fixture
def posted(server: LiveServer) -> Iterator[str]:
    """A URL that takes a command a POST."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            command = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            body = json.dumps(server.posted({"id": None} | command)).encode()
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
    held = {"type": "POSITION_UPDATE", "channel": "positions", "seq": 7, "timestamp": 1}
    server.states = {"positions": held | {"positions": []}}
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


async def test_prices_and_risk_come_at_each_look_and_a_price_that_stood_is_not_told_again(
    server: LiveServer, posted: str
) -> None:
    prices = "price_updates:BTCUSDT"
    server.mute = True
    server.states = {prices: price("BTCUSDT", 1, 100.0), "risk_metrics_updates": risk(1, 7.0)}
    options = Options(**{**HASTY, "answer_timeout": 0.1, "failures": 2, "polling": 0.5})  # type: ignore[arg-type]
    polling = HttpPolling(posted, interval=0.02)
    async with LiveClient(server.url, options=options, polling=polling) as client:
        told, risks = client.prices("BTCUSDT"), client.risk()
        await until(lambda: client.status is Status.POLLING)
        assert (await told.get()).price == 100.0
        assert (await risks.get()).risk.gross_exposure == 7.0
        looks = len(server.polled)
        server.states[prices] = price("BTCUSDT", 2, 100.0) | {"timestamp": 1}
        await until(lambda: len(server.polled) > looks + 3)
        server.states[prices] = price("BTCUSDT", 3, 101.0)
        server.states["risk_metrics_updates"] = risk(3, 8.0)
        assert (await told.get()).price == 101.0
        assert (await risks.get()).risk.gross_exposure == 8.0
        server.mute = False
        await until(lambda: client.status is Status.CONNECTED)
        await server.send(price("BTCUSDT", 7, 102.0))
        assert (await told.get()).seq == 7


async def test_who_asks_for_a_ticker_by_its_command_is_told_it_until_it_does_not_want_to(
    server: LiveServer, posted: str
) -> None:
    prices = "price_updates:BTCUSDT"
    server.mute = True
    server.states = {prices: price("BTCUSDT", 1, 100.0)}
    options = Options(**{**HASTY, "answer_timeout": 0.1, "failures": 2, "polling": 60.0})  # type: ignore[arg-type]
    polling = HttpPolling(posted, interval=0.02)

    def asks() -> bool:
        return any(prices in command.get("channels", ()) for command in server.polled[-2:])

    async with LiveClient(server.url, options=options, polling=polling) as client:
        await until(lambda: client.status is Status.POLLING)
        assert not asks()
        await client.request(SubscribeTicker(symbol="BTCUSDT"))
        await until(asks)
        await client.request(UnsubscribeTicker(symbol="BTCUSDT"))
        looks = len(server.polled)
        feed = client.trades()
        await until(lambda: len(server.polled) > looks + 3)
        assert not asks()
        feed.close()
