"""From a leader's fill to the last of many clients that listen, beside the same posts alone."""

import asyncio
import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from urllib.parse import quote, urlsplit

import aiohttp

from pilotfish.adapters.dynamo.sessions import DynamoSessions
from pilotfish.adapters.sigv4 import Keys, Signer
from pilotfish.domain.fills import Side
from pilotfish.domain.viewers import Viewer
from pilotfish_local.bench.crowd import Client, connected
from pilotfish_local.demo.scenario import LeaderOrder
from pilotfish_local.demo.trading import trade
from pilotfish_local.local_stack import STAGE, LocalStack
from pilotfish_local.onboarding import Trader, await_listening, connect

VENUE, SYMBOL = "binanceusdm", "BTC/USDT:USDT"
QUANTITY = Decimal("0.1")
WARM_UP = 2
QUIET_S = 1.0
PATIENCE_S = 60.0
LINES = 16


@dataclass(frozen=True, slots=True)
class Told:
    """Milliseconds from the leader's fill, medians over `rounds`; `floor` is the posts alone."""

    clients: int
    rounds: int
    connect_s: float
    p50_ms: float
    p95_ms: float
    last_ms: float
    floor_p50_ms: float
    floor_last_ms: float
    seen_ms: float
    wrong: int

    @property
    def ratio(self) -> float:
        """How many times the floor it takes to the last client, after the fill was seen."""
        return (self.last_ms - self.seen_ms) / self.floor_last_ms


async def measure(local: LocalStack, clients: int, rounds: int, say: Callable[[str], None]) -> Told:
    """Fills and floor take turns; of five clients one listens to something else."""
    leader, other = (Trader(f"tell-{name}-{clients}", VENUE, "bench") for name in ("a", "b"))
    connect(local, [leader, other], leaders=True)
    await asyncio.to_thread(await_listening, local, [leader, other])
    mixed = ([f"trader:{leader.name}"], [f"trader:{leader.name}", "trades"], ["alerts", "sync"])
    kinds = (mixed[0], mixed[0], mixed[1], mixed[0], mixed[2])
    crowd = [
        Client(Viewer(f"tell-{number}", operator=True), kinds[number % len(kinds)])
        for number in range(clients)
    ]
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        say(f"{clients} clients: connecting")
        connect_s = await connected(session, local, crowd)
        say(f"{clients} clients: measuring")
        fills, floors, seen = [], [], []
        for number in range(WARM_UP + rounds):
            at = await _fill(local, leader, crowd, number)
            floor = await _floor(local, crowd)
            if number >= WARM_UP:
                fills.append(at)
                floors.append(floor)
                seen += _seen(crowd, leader)
        for client in crowd:
            await client.close()
    return Told(
        clients=clients,
        rounds=rounds,
        connect_s=round(connect_s, 1),
        p50_ms=_median(fills, 0.5),
        p95_ms=_median(fills, 0.95),
        last_ms=_median(fills, 1.0),
        floor_p50_ms=_median(floors, 0.5),
        floor_last_ms=_median(floors, 1.0),
        seen_ms=statistics.median(seen),
        wrong=sum(_wrong(client) for client in crowd),
    )


async def _fill(
    local: LocalStack, leader: Trader, crowd: Sequence[Client], number: int
) -> list[float]:
    """Milliseconds from the venue's time of a fill to each client that listens to the leader."""
    channel = f"trader:{leader.name}"
    listening = [client for client in crowd if channel in client.channels]
    before = {client: len(client.heard) for client in listening}
    side = Side.SELL if number % 2 else Side.BUY
    order = LeaderOrder(leader.name, SYMBOL, side, QUANTITY)
    await trade(local.endpoints, [leader], [order], pause_s=0)

    def heard(client: Client) -> list[float]:
        return [
            at * 1000 - message["timestamp"]
            for told, message, at in client.heard[before[client] :]
            if told == channel
        ]

    await _until(lambda: all(heard(client) for client in listening))
    await asyncio.sleep(QUIET_S)
    return [ms for client in listening for ms in heard(client)]


async def _floor(local: LocalStack, crowd: Sequence[Client]) -> list[float]:
    """The same posts by bare HTTP, signed beforehand; milliseconds from the first one's start."""
    listed = DynamoSessions(local.aws.client("dynamodb"), local.name("ConnectionsTable")).all()
    names = {client.viewer.user: client for client in crowd}
    wanted = {
        session.connection_id: names[session.viewer.user]
        for session in listed
        if session.viewer.user in names
        and any(name.startswith("trader:") for name in names[session.viewer.user].channels)
    }
    body = json.dumps({"type": "FLOOR", "channel": "floor", "pad": "x" * 350}).encode()
    requests = _signed(local, wanted, body)
    before = {client: len(client.heard) for client in wanted.values()}
    lines = aiohttp.TCPConnector(limit=LINES)
    async with aiohttp.ClientSession(connector=lines, skip_auto_headers=["Content-Type"]) as http:
        began = time.time()

        async def post(url: str, headers: dict[str, str]) -> None:
            async with http.post(url, data=body, headers=headers) as answer:
                answer.raise_for_status()

        await asyncio.gather(*(post(*request) for request in requests))
    await _until(lambda: all(len(client.heard) > before[client] for client in wanted.values()))
    await asyncio.sleep(QUIET_S)
    return [
        (at - began) * 1000
        for client in wanted.values()
        for told, _, at in client.heard[before[client] :]
        if told == "floor"
    ]


def _signed(
    local: LocalStack, connections: dict[str, Client], body: bytes
) -> list[tuple[str, dict[str, str]]]:
    keys = Keys(local.aws.credentials.access_key, local.aws.credentials.secret_key, None)
    signer = Signer(lambda: keys, region=local.aws.region, service="execute-api")
    base = local.aws.api_url(local.stack.resources["SocketApi"], STAGE)
    host, path = urlsplit(base).netloc, urlsplit(base).path
    found = []
    for name in connections:
        place = f"{path}/@connections/{quote(name, safe='')}"
        lines = signer.headers(host, place, body, datetime.now(UTC)).strip().split("\r\n")
        headers = dict(line.split(":", 1) for line in lines if not line.startswith("host:"))
        found.append((f"http://{host}{place}", headers))
    return found


def _seen(crowd: Sequence[Client], leader: Trader) -> list[float]:
    """How long after the fill the poller saw it."""
    channel = f"trader:{leader.name}"
    some = next(client for client in crowd if channel in client.channels)
    told = [message for name, message, _ in some.heard if name == channel]
    return [told[-1]["seen_ms"] - told[-1]["timestamp"]]


def _wrong(client: Client) -> int:
    """Messages on channels that were not asked for, and numbers that do not follow each other."""
    foreign = sum(told not in client.channels | {"floor"} for told, _, _ in client.heard)
    skipped = 0
    for channel in client.channels:
        seqs = [message["seq"] for told, message, _ in client.heard if told == channel]
        skipped += sum(after != before + 1 for before, after in pairwise(seqs))
    return foreign + skipped


def _median(rounds: Sequence[Sequence[float]], part: float) -> float:
    """Over the rounds, of the time by which such a part of the clients had heard."""
    reached = [sorted(times)[max(0, int(len(times) * part) - 1)] for times in rounds]
    return round(statistics.median(reached), 1)


async def _until(true: Callable[[], bool]) -> None:
    """Looking seldom, because looking costs those who are measured."""
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        if time.monotonic() > deadline:
            raise RuntimeError("not every client has heard")
        await asyncio.sleep(0.25)
