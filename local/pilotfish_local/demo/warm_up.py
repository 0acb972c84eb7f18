"""A leader and a follower of their own trade first, so that what is timed is not cold starts.

A fresh stack's first record starts a worker for each function, on AWS as here. The pair's orders
are in the venue's book and in our tables like all others, and are not counted.
"""

import asyncio
from dataclasses import dataclass

from pilotfish.domain.fills import Side
from pilotfish.domain.rules import Rules
from pilotfish_local.demo.judge import judge
from pilotfish_local.demo.records import settled
from pilotfish_local.demo.scenario import LeaderOrder, largest_entry
from pilotfish_local.demo.trading import trade
from pilotfish_local.local_stack import LocalStack
from pilotfish_local.onboarding import Trader, await_listening, connect, follow

OWNER = "user-of-the-warm-up"
SETTLE_S = 60.0


@dataclass(frozen=True, slots=True)
class WarmUp:
    """What the pair did: `first_copy_ms` is how long the first copy of a cold stack took."""

    fills: int
    copies: int
    first_copy_ms: float | None


async def warm_up(local: LocalStack, venue: str) -> WarmUp:
    """Buy and sell once, one after the other."""
    leader = Trader("warm-up-leader", venue, OWNER)
    follower = Trader("warm-up-follower", venue, OWNER)
    connect(local, [leader], leaders=True)
    connect(local, [follower], leaders=False)
    await asyncio.to_thread(await_listening, local, [leader])
    follows = follow(local, leader, [follower], [Rules(lateness_s=600)])
    symbol, quantity = largest_entry(venue)
    verdicts = []
    for number, side in enumerate((Side.BUY, Side.SELL), 1):
        order = LeaderOrder(leader.name, symbol, side, quantity)
        await trade(local.endpoints, [leader], [order], pause_s=0)
        records = await settled(local, follows, number, SETTLE_S)
        verdicts.append(judge(local.exchange.orders(), follows, records))
    first, both = verdicts
    return WarmUp(both.fills, both.copies, first.first_ms.max if first.first_ms else None)
