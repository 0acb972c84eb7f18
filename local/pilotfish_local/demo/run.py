"""One run of the demo on a local stack, from connecting accounts to the judge's verdict."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from decimal import Decimal

from pilotfish.domain.follows import Follow
from pilotfish.domain.viewers import Viewer
from pilotfish_local.demo.judge import Verdict, judge
from pilotfish_local.demo.permissions import iam_enforced
from pilotfish_local.demo.plan import Plan
from pilotfish_local.demo.profit import profits
from pilotfish_local.demo.records import settled
from pilotfish_local.demo.scenario import leader_orders
from pilotfish_local.demo.screen import Screen
from pilotfish_local.demo.seen import Seen
from pilotfish_local.demo.trading import trade
from pilotfish_local.demo.warm_up import WarmUp, warm_up
from pilotfish_local.demo.watch import watching
from pilotfish_local.local_stack import LocalStack, Say
from pilotfish_local.onboarding import Trader, await_listening, connect, follow, scale

SETTLE_S = 120.0
REFRESH_S = 0.5
OPERATOR = Viewer("demo", operator=True)

Show = Callable[[Screen], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The verdict of the venue's book, and what a client of the WebSocket saw of it.

    `unseen` counts the changes of a copy order's state that no message told.
    """

    verdict: Verdict
    seen: Seen
    unseen: int
    profits: dict[str, Decimal]
    seconds: float
    warm_up: WarmUp | None
    iam_enforced: bool


async def run(local: LocalStack, plan: Plan, show: Show, say: Say) -> Outcome:
    """Trade, wait until all has settled, and judge."""
    warmed = None
    if plan.warm_up:
        say("warming up: a leader and a follower of their own trade once, not counted")
        warmed = await warm_up(local, plan.venue)
    say("connecting accounts and follows")
    leaders, follows = await asyncio.to_thread(open_scene, local, plan)
    names = [leader.name for leader in leaders]
    orders = list(leader_orders(names, plan.venue, plan.fills, plan.seed, plan.bases))
    pairs = sum(1 for o in orders for f in follows if f.leader_id == o.leader)
    scales = {f.follow_id: f.rules.multiplier for f in follows}
    screen = Screen(Seen(names), plan.market, len(orders), pairs, scales)
    async with _shown(local, screen, show), watching(local, OPERATOR, screen.seen.tell):
        await trade(local.endpoints, leaders, orders, pause_s=plan.pause_s)
        records = await settled(local, follows, pairs, SETTLE_S)
        await _last_messages(lambda: not screen.seen.unseen(records))
    return Outcome(
        verdict=judge(local.exchange.orders(), follows, records),
        seen=screen.seen,
        unseen=len(screen.seen.unseen(records)),
        profits={name: screen.profits[name] for name in (*names, *(f.account_id for f in follows))},
        seconds=round(time.monotonic() - screen.started, 1),
        warm_up=warmed,
        iam_enforced=iam_enforced(local),
    )


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
    await_listening(local, leaders)
    follows: list[Follow] = []
    for number, leader in enumerate(leaders):
        own = followers[number :: len(leaders)]
        follows += follow(local, leader, own, [scale(n) for n in range(len(own))])
    return leaders, follows


@contextlib.asynccontextmanager
async def _shown(local: LocalStack, screen: Screen, show: Show) -> AsyncIterator[None]:
    """The screen is shown, with fresh profits, twice a second and at the end."""

    async def refresh() -> None:
        screen.profits = await asyncio.to_thread(profits, local.exchange)
        show(screen)

    async def keep_fresh() -> None:
        while True:
            await refresh()
            await asyncio.sleep(REFRESH_S)

    refreshing = asyncio.create_task(keep_fresh())
    try:
        yield
    finally:
        refreshing.cancel()
        await asyncio.gather(refreshing, return_exceptions=True)
    await refresh()


async def _last_messages(arrived: Callable[[], bool]) -> None:
    """A moment for the last messages to arrive."""
    for _ in range(100):
        if arrived():
            return
        await asyncio.sleep(0.05)
