"""From a leader's fill to its last follower's order, beside the floor, for growing crowds."""

import asyncio
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from pilotfish.domain.fills import Side
from pilotfish.domain.rules import Rules
from pilotfish_local.bench.floor import Floor, last_accepted_ms
from pilotfish_local.demo.judge import judge
from pilotfish_local.demo.records import await_settled
from pilotfish_local.demo.scenario import LeaderOrder
from pilotfish_local.demo.trading import trade
from pilotfish_local.local_stack import LocalStack
from pilotfish_local.onboarding import Trader, await_listening, connect, follow

VENUE, SYMBOL = "binanceusdm", "BTC/USDT:USDT"
QUANTITY = Decimal("0.1")
WARM_UP = 3
SETTLE_S = 180.0
QUIET_S = 0.5
EACH_S = 0.005


@dataclass(frozen=True, slots=True)
class Row:
    """Milliseconds for the last of `followers`, over `rounds` fills; stages are medians."""

    followers: int
    rounds: int
    p50_ms: float
    p95_ms: float
    floor_p50_ms: float
    seen_ms: float
    decided_ms: float
    sent_ms: float

    @property
    def ratio(self) -> float:
        """How many times the floor."""
        return self.p50_ms / self.floor_p50_ms


async def measure(
    local: LocalStack, followers: int, rounds: int, say: Callable[[str], None]
) -> Row:
    """Fills and floor take turns, so that a noisy moment hits both."""
    say(f"{followers} followers: connecting")
    leader = Trader(f"bench-leader-{followers}", VENUE, "bench")
    crowd = [Trader(f"bench-{followers}-{n:04d}", VENUE, "bench") for n in range(followers)]
    connect(local, [leader], leaders=True)
    connect(local, crowd, leaders=False)
    await asyncio.to_thread(await_listening, local, [leader])
    follows = follow(local, leader, crowd, [Rules(lateness_s=600)] * followers)
    say(f"{followers} followers: measuring")
    floors: list[float] = []
    done = 0
    since_ns = 0
    async with Floor(local.endpoints, crowd, SYMBOL) as floor:
        for number in range(WARM_UP + rounds):
            if number == WARM_UP:
                since_ns = time.time_ns()
            await trade(local.endpoints, [leader], _order(leader, number), pause_s=0)
            done += followers
            await asyncio.sleep(QUIET_S + followers * EACH_S)  # Looking on would slow it down.
            records = await asyncio.to_thread(await_settled, local, follows, done, SETTLE_S)
            await asyncio.sleep(QUIET_S)
            if number >= WARM_UP:
                started_ns = time.time_ns()
                await floor.send(QUANTITY, f"floor{number}x")
                floors.append(last_accepted_ms(local.exchange, f"floor{number}x", started_ns))
    verdict = judge(local.exchange.orders(since=since_ns), follows, records)
    if not verdict.clean or verdict.last_ms is None:
        raise RuntimeError(f"{followers} followers: {verdict}")
    measured = [r for r in records if r.traded_ms * 1_000_000 > since_ns]
    return Row(
        followers=followers,
        rounds=rounds,
        p50_ms=verdict.last_ms.p50,
        p95_ms=verdict.last_ms.p95,
        floor_p50_ms=round(statistics.median(floors), 1),
        seen_ms=statistics.median(r.seen_ms - r.traded_ms for r in measured),
        decided_ms=statistics.median(r.decided_ms - r.traded_ms for r in measured),
        sent_ms=statistics.median(r.sent_ms - r.traded_ms for r in measured),
    )


def _order(leader: Trader, number: int) -> list[LeaderOrder]:
    side = Side.SELL if number % 2 else Side.BUY
    return [LeaderOrder(leader.name, SYMBOL, side, QUANTITY)]
