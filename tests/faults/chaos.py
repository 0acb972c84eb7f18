"""One chaotic run on the running stack: leaders trade, everything misbehaves, the dust settles."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from pilotfish.domain.follows import Follow
from pilotfish.domain.orders import CopyOrder
from pilotfish_local.demo.records import copy_orders
from pilotfish_local.demo.scenario import LeaderOrder
from pilotfish_local.demo.trading import trade
from pilotfish_local.local_stack import LocalStack
from pilotfish_local.onboarding import Trader, await_listening, connect, follow, scale

from . import remains
from .leading import leader_orders
from .misbehaviour import fired, rules
from .workers import dying, redelivered

VENUE = "binanceusdm"
FILLS_PER_LEADER = 500
LATENESS_S = 3_600
LOOK_S = 1.0
# The machine sets the pace: after so many fills, what is untried must come down to so much.
FILLS_BETWEEN_LOOKS = 20
MOST_UNTRIED = 100


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of everything; each `every_s` is the least and the most seconds between two."""

    fills: int
    followers: int
    seed: int
    pause_s: float
    hang_ms: int
    kill_every_s: tuple[float, float]
    redeliver_every_s: tuple[float, float]
    patience_s: float

    @property
    def leaders(self) -> int:
        """Two at the least."""
        return min(4, max(2, self.fills // FILLS_PER_LEADER))


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What is left of a run, read when nothing moved any more or patience had ended."""

    follows: list[Follow]
    records: list[CopyOrder]
    book: list[dict[str, Any]]
    refused: int
    faults: dict[str, int]
    killed: Counter[str]
    redelivered: int
    traded_s: float
    settled_s: float


def wreak(local: LocalStack, plan: Plan, victims: Sequence[str]) -> Aftermath:
    """Trade under chaos, and wait until all has settled.

    Workers die until the leaders' last fill, the venue misbehaves until every order was tried,
    and records come twice to the end.
    """
    leaders, follows = _open(local, plan)
    names = [leader.name for leader in leaders]
    followers = sorted({each.account_id for each in follows})
    local.exchange.clear_faults()
    local.exchange.add_faults(rules(names, followers, seed=plan.seed, hang_ms=plan.hang_ms))
    started = time.monotonic()
    with redelivered(local, plan.seed, plan.redeliver_every_s) as again:
        with dying(local, victims, plan.seed, plan.kill_every_s) as killed:
            orders = _kept_up_with(local, names, plan)
            asyncio.run(trade(local.endpoints, leaders, orders, pause_s=plan.pause_s))
        traded = time.monotonic()
        deadline = traded + plan.patience_s
        _await(deadline, lambda: remains.untried(local, names, plan.fills) == 0)
        faults = fired(local.exchange.faults())
        local.exchange.clear_faults()
        _await(deadline, lambda: not remains.under_way(local, names) and not remains.sagas(local))
        settled = time.monotonic()
    book = [order for order in local.exchange.orders() if order["account"] in {*names, *followers}]
    return Aftermath(
        follows=follows,
        records=copy_orders(local, follows),
        book=book,
        refused=len([r for r in local.exchange.rejected() if r["account"] in followers]),
        faults=faults,
        killed=Counter(killed),
        redelivered=sum(again),
        traded_s=traded - started,
        settled_s=settled - traded,
    )


def _kept_up_with(local: LocalStack, leaders: Sequence[str], plan: Plan) -> Iterator[LeaderOrder]:
    """The leaders' orders, no faster than this machine copies them."""
    for number, order in enumerate(leader_orders(leaders, plan.fills, plan.seed)):
        if number and number % FILLS_BETWEEN_LOOKS == 0:
            _await(
                time.monotonic() + plan.patience_s,
                partial(_nearly_tried, local, leaders, number),
            )
        yield order


def _nearly_tried(local: LocalStack, leaders: Sequence[str], fills: int) -> bool:
    return remains.untried(local, leaders, fills) <= MOST_UNTRIED


def _await(deadline: float, done: Callable[[], bool]) -> None:
    while not done() and time.monotonic() < deadline:
        time.sleep(LOOK_S)


def _open(local: LocalStack, plan: Plan) -> tuple[list[Trader], list[Follow]]:
    """Every follower follows every leader, at a scale of its own."""
    leaders = [
        Trader(f"chaos-leader-{plan.seed}-{n}", VENUE, "leading-user") for n in range(plan.leaders)
    ]
    followers = [
        Trader(f"chaos-follower-{plan.seed}-{n:02d}", VENUE, "user") for n in range(plan.followers)
    ]
    connect(local, leaders, leaders=True)
    connect(local, followers, leaders=False)
    scales = [replace(scale(n), lateness_s=LATENESS_S) for n in range(plan.followers)]
    await_listening(local, leaders)
    follows = [each for leader in leaders for each in follow(local, leader, followers, scales)]
    return leaders, follows
