"""A ticket is asked for before each connection, in the member's name."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from pilotfish.client import Disconnected, NotAdmitted, Tickets
from pilotfish.client.wires import current


class Api(HTTPServer):
    """Gives tickets, or whatever it is told to."""

    status = 201
    answer: Any = None

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Asked)
        self.asked: list[tuple[str, str | None]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/"


class Asked(BaseHTTPRequestHandler):
    server: Api

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append((self.path, self.headers.get("Authorization")))
        answer = self.server.answer or {"ticket": f"t{len(self.server.asked)}/=", "expires_ms": 1}
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def api() -> Iterator[Api]:
    with Api() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


async def test_each_connection_gets_a_ticket_of_its_own(api: Api) -> None:
    tokens = iter(["a", "b"])
    tickets = Tickets("ws://live", api.url, lambda: next(tokens))
    assert await current(tickets) == "ws://live?ticket=t1%2F%3D"
    assert await current(tickets) == "ws://live?ticket=t2%2F%3D"
    assert api.asked == [("/tickets", "Bearer a"), ("/tickets", "Bearer b")]


@pytest.mark.parametrize(
    ("status", "answer", "kind"),
    [
        (401, None, NotAdmitted),
        (403, None, NotAdmitted),
        (429, None, Disconnected),
        (500, None, Disconnected),
        (201, ["no ticket"], Disconnected),
        (201, {"ticket": 5}, Disconnected),
    ],
)
async def test_what_is_no_ticket_is_told_apart(
    api: Api, status: int, answer: Any, kind: type[Exception]
) -> None:
    api.status, api.answer = status, answer
    with pytest.raises(kind):
        await current(Tickets("ws://live", api.url, "token"))
