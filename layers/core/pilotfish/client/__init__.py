"""The client of Pilotfish live: fills, copies, prices and positions as they happen.

    async with LiveClient(url_with_a_fresh_ticket) as client:
        async for trade in client.trades():
            ...

`BlockingClient` is the same without `await`. Of Pilotfish it needs `pilotfish.domain` alone, and
the library `websockets`.
"""

from pilotfish.client.blocking import BlockingClient, BlockingFeed
from pilotfish.client.errors import (
    Closed,
    Disconnected,
    LiveError,
    NotAdmitted,
    Refused,
    TooManyWaiting,
    Unanswered,
)
from pilotfish.client.feeds import Feed
from pilotfish.client.live import LiveClient
from pilotfish.client.options import Options
from pilotfish.client.polling import HttpPolling
from pilotfish.client.staying import Status
from pilotfish.client.tickets import Tickets
from pilotfish.client.wires import Transport, WebSockets, Wire
from pilotfish.domain.messages import Snapshot

__all__ = [
    "BlockingClient",
    "BlockingFeed",
    "Closed",
    "Disconnected",
    "Feed",
    "HttpPolling",
    "LiveClient",
    "LiveError",
    "NotAdmitted",
    "Options",
    "Refused",
    "Snapshot",
    "Status",
    "Tickets",
    "TooManyWaiting",
    "Transport",
    "Unanswered",
    "WebSockets",
    "Wire",
]
