"""How old a price is when it is heard, and how long coming back takes."""

import asyncio
import json
import statistics
import time
from dataclasses import dataclass

import aiohttp

from pilotfish.domain.viewers import Viewer
from pilotfish_local.bench.crowd import Client, connected
from pilotfish_local.demo.watch import ticket_url
from pilotfish_local.local_stack import LocalStack

MARKET = "price_updates:BTCUSDT"
WARM_S = 5.0
MEASURED_S = 10.0


@dataclass(frozen=True, slots=True)
class Moments:
    """Milliseconds: from the venue's time of a price to the client, and from a cut to caught up."""

    clients: int
    price_p50_ms: float
    price_p95_ms: float
    prices_a_second: float
    back_p50_ms: float
    back_worst_ms: float


async def measure(local: LocalStack, clients: int, rounds: int) -> Moments:
    """So many clients of one market; then one of them comes back again and again."""
    crowd = [Client(Viewer(f"price-{number}"), [MARKET]) for number in range(clients)]
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        await connected(session, local, crowd)
        await asyncio.sleep(WARM_S)
        before = [len(client.heard) for client in crowd]
        await asyncio.sleep(MEASURED_S)
        ages = [
            at * 1000 - message["timestamp"]
            for client, known in zip(crowd, before, strict=True)
            for _, message, at in client.heard[known:]
        ]
        for client in crowd:
            await client.close()
        back = [await _back(session, local) for _ in range(rounds)]
    ages.sort()
    return Moments(
        clients=clients,
        price_p50_ms=round(statistics.median(ages), 1),
        price_p95_ms=round(ages[int(len(ages) * 0.95)], 1),
        prices_a_second=round(len(ages) / clients / MEASURED_S, 2),
        back_p50_ms=round(statistics.median(back), 1),
        back_worst_ms=round(max(back), 1),
    )


async def _back(session: aiohttp.ClientSession, local: LocalStack) -> float:
    """A new ticket, a new connection, and what was missed on two channels."""
    began = time.monotonic()
    url = await asyncio.to_thread(ticket_url, local, Viewer("back"), ())
    async with session.ws_connect(url) as socket:
        resume = {"action": "resume", "channels": {"copies": 0, "trades": 0}}
        await socket.send_str(json.dumps(resume))
        async for frame in socket:
            if json.loads(frame.data)["type"] == "ACK":
                break
    return (time.monotonic() - began) * 1000
