"""One chaotic run on the running stack: leaders trade, everything misbehaves, the dust settles."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

from pilotfish.domain.follows import Follow
from pilotfish.domain.orders import CopyOrder
from pilotfish_local.demo.records import copy_orders
from pilotfish_local.demo.trading import trade
from pilotfish_local.local_stack import LocalStack
from pilotfish_local.onboarding import Trader, await_listening, connect, follow, scale

from .leading import leader_orders
from .misbehaviour import fired, rules
from .workers import dying, redelivered

VENUE = "binanceusdm"
FILLS_PER_LEADER = 500
LATENESS_S = 3_600
LOOK_S = 1.0


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
    """Trade under chaos, then wait, still under faults of the venue, until all has settled."""
    leaders, follows = _open(local, plan)
    names = [leader.name for leader in leaders]
    followers = sorted({each.account_id for each in follows})
    local.exchange.clear_faults()
    local.exchange.add_faults(rules(names, followers, seed=plan.seed, hang_ms=plan.hang_ms))
    started = time.monotonic()
    with ExitStack() as trouble:
        killed = trouble.enter_context(dying(local, victims, plan.seed, plan.kill_every_s))
        again = trouble.enter_context(redelivered(local, plan.seed, plan.redeliver_every_s))
        orders = leader_orders(names, plan.fills, plan.seed)
        asyncio.run(trade(local.endpoints, leaders, orders, pause_s=plan.pause_s))
        traded = time.monotonic()
    _await_quiet(local, names, plan.fills, plan.patience_s)
    settled = time.monotonic()
    faults = fired(local.exchange.faults())
    local.exchange.clear_faults()
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
    follows = [each for leader in leaders for each in follow(local, leader, followers, scales)]
    await_listening(local, leaders)
    return leaders, follows


def _await_quiet(local: LocalStack, leaders: Sequence[str], fills: int, patience_s: float) -> None:
    """Until all fills are written and decided and no order and no saga is under way."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        written = sum(_count_of(local, leader) for leader in leaders)
        if written >= fills and not _undone(local, leaders) and not _sagas(local):
            return
        time.sleep(LOOK_S)


def _count_of(local: LocalStack, leader: str) -> int:
    pages = (
        local.aws.client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=local.name("FillsTable"),
            Select="COUNT",
            KeyConditionExpression="pk = :leader",
            ExpressionAttributeValues={":leader": {"S": leader}},
        )
    )
    return sum(page["Count"] for page in pages)


def _undone(local: LocalStack, leaders: Sequence[str]) -> int:
    """Undecided fills and open orders of these leaders."""
    found = 0
    for table, index, leader in (
        ("FillsTable", "undecided", "pk"),
        ("CopyOrdersTable", "open", "leader_id"),
    ):
        pages = (
            local.aws.client("dynamodb")
            .get_paginator("query")
            .paginate(
                TableName=local.name(table),
                IndexName=index,
                KeyConditionExpression="#index = :one",
                ExpressionAttributeNames={"#index": index},
                ExpressionAttributeValues={":one": {"S": "1"}},
            )
        )
        found += sum(item[leader]["S"] in leaders for page in pages for item in page["Items"])
    return found


def _sagas(local: LocalStack) -> int:
    """Executions of the stack's state machines that go on."""
    client = local.aws.client("stepfunctions")
    machines = [arn for arn in local.stack.resources.values() if ":stateMachine:" in arn]
    return sum(
        len(client.list_executions(stateMachineArn=arn, statusFilter="RUNNING")["executions"])
        for arn in machines
    )
