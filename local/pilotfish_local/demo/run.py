"""One run of the demo on a local stack, from connecting accounts to the judge's verdict."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from pilotfish.adapters.dynamo.tickets import DynamoTickets
from pilotfish.clock import utc_ms
from pilotfish.domain.follows import Follow
from pilotfish.domain.news import Viewer
from pilotfish_local.demo.judge import Verdict, judge
from pilotfish_local.demo.live import LiveView, listen
from pilotfish_local.demo.profit import profits
from pilotfish_local.demo.records import await_settled
from pilotfish_local.demo.scenario import leader_orders
from pilotfish_local.demo.trading import trade
from pilotfish_local.local_stack import LocalStack
from pilotfish_local.onboarding import Trader, await_listening, connect, follow, scale

SETTLE_S = 120.0
REFRESH_S = 0.5


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run does; `pause_s` is between a leader's orders."""

    leaders: int = 1
    followers: int = 10
    fills: int = 40
    seed: int = 7
    venue: str = "binanceusdm"
    pause_s: float = 0.25
    replay: Path | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The verdict of the venue's book, and what a client of the WebSocket saw of it."""

    verdict: Verdict
    seen_fills: int
    seen_copies: int
    profits: dict[str, Decimal]
    seconds: float


def open_scene(local: LocalStack, plan: Plan) -> tuple[list[Trader], list[Follow]]:
    """Accounts at the exchange and in the tables, each follower on one leader, leaders heard."""
    leaders = [
        Trader(f"leader-{n}", plan.venue, f"user-of-leader-{n}") for n in range(plan.leaders)
    ]
    followers = [
        Trader(f"follower-{n:04d}", plan.venue, f"user-{n:04d}") for n in range(plan.followers)
    ]
    connect(local, leaders, leaders=True)
    connect(local, followers, leaders=False)
    follows: list[Follow] = []
    for number, leader in enumerate(leaders):
        own = followers[number :: len(leaders)]
        follows += follow(local, leader, own, [scale(n) for n in range(len(own))])
    await_listening(local, leaders)
    return leaders, follows


async def run(
    local: LocalStack, plan: Plan, show: Callable[[LiveView], None], say: Callable[[str], None]
) -> Outcome:
    """Trade, wait until all has settled, and judge."""
    say("connecting accounts and follows")
    leaders, follows = await asyncio.to_thread(open_scene, local, plan)
    names = [leader.name for leader in leaders]
    orders = list(leader_orders(names, plan.venue, plan.fills, plan.seed))
    pairs = sum(1 for o in orders for f in follows if f.leader_id == o.leader)
    say("trading")
    view = LiveView()
    started = time.monotonic()
    async with _watching(local, view, show):
        await trade(local.endpoints, leaders, orders, pause_s=plan.pause_s)
        records = await asyncio.to_thread(await_settled, local, follows, pairs, SETTLE_S)
        await _until_seen(view, len(orders), pairs)
    return Outcome(
        verdict=judge(local.exchange.orders(), follows, records),
        seen_fills=len(view.fills_seen),
        seen_copies=view.copied,
        profits=profits(local.exchange),
        seconds=round(time.monotonic() - started, 1),
    )


@contextlib.asynccontextmanager
async def _watching(
    local: LocalStack, view: LiveView, show: Callable[[LiveView], None]
) -> AsyncIterator[None]:
    tickets = DynamoTickets(local.aws.client("dynamodb"), local.name("ConnectionsTable"))
    ticket = tickets.issue(Viewer("demo", operator=True), utc_ms())
    connected = asyncio.Event()
    url = f"{local.socket_url}?ticket={ticket}"
    tasks = [
        asyncio.create_task(listen(url, view, connected)),
        asyncio.create_task(_refresh(local, view, show)),
    ]
    try:
        await asyncio.wait_for(connected.wait(), 10)
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        show(view)


async def _refresh(local: LocalStack, view: LiveView, show: Callable[[LiveView], None]) -> None:
    while True:
        view.profits = await asyncio.to_thread(profits, local.exchange)
        show(view)
        await asyncio.sleep(REFRESH_S)


async def _until_seen(view: LiveView, fills: int, copies: int) -> None:
    """A moment for the last messages to arrive."""
    for _ in range(40):
        if len(view.fills_seen) >= fills and view.copied >= copies:
            return
        await asyncio.sleep(0.05)
