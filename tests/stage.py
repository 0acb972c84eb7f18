"""One leader with followers on the running stack: what the slow suites play on."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count

import pytest

from pilotfish.domain.fills import Side
from pilotfish.domain.follows import Follow
from pilotfish.domain.orders import CopyOrder
from pilotfish.domain.rules import Rules
from pilotfish_local.demo.judge import Verdict, judge
from pilotfish_local.demo.records import await_settled, copy_orders
from pilotfish_local.demo.scenario import LeaderOrder
from pilotfish_local.demo.trading import trade
from pilotfish_local.local_stack import LocalStack
from pilotfish_local.onboarding import (
    Trader,
    await_listening,
    connect,
    connect_on_paper,
    follow,
)

USDM_BTC = "BTC/USDT:USDT"
_numbers = count(1)


@dataclass
class Scene:
    """One leader with followers on the running stack."""

    local: LocalStack
    leader: Trader
    follows: list[Follow] = field(default_factory=list)
    fills: int = 0

    def add_followers(
        self,
        rules: Sequence[Rules],
        venue: str | None = None,
        owners: Sequence[str] | None = None,
    ) -> list[Trader]:
        """Followers with a key each, one for each of the rules."""
        followers = [
            Trader(f"follower-{next(_numbers)}", venue or self.leader.venue, owner)
            for owner in owners or ["user"] * len(rules)
        ]
        connect(self.local, followers, leaders=False)
        self.follows += follow(self.local, self.leader, followers, rules)
        return followers

    def add_paper_followers(self, rules: Sequence[Rules], venue: str | None = None) -> list[Trader]:
        """Followers without a key or money, one for each of the rules."""
        # Of their own: nobody may have more than so many, and the stack lasts for many tests.
        owners = [f"follows-{self.leader.name}"] * len(rules)
        followers = connect_on_paper(self.local, venue or self.leader.venue, owners)
        self.follows += follow(self.local, self.leader, followers, rules)
        return followers

    def trade(self, *orders: tuple[str, str, str], pause_s: float = 0.05) -> None:
        """Leader orders: side, quantity, symbol."""
        wanted = [
            LeaderOrder(self.leader.name, symbol, Side(side), Decimal(quantity))
            for side, quantity, symbol in orders
        ]
        asyncio.run(trade(self.local.endpoints, [self.leader], wanted, pause_s=pause_s))
        self.fills += len(orders)

    @property
    def pairs(self) -> int:
        """How many copy orders there must be, at one for each fill and follow."""
        return self.fills * len(self.follows)

    def await_fills(self, timeout_s: float = 20) -> None:
        """Until the poller has written down all that the leader did."""
        client = self.local.aws.client("dynamodb")
        deadline = time.monotonic() + timeout_s
        while True:
            found = client.query(
                TableName=self.local.name("FillsTable"),
                KeyConditionExpression="pk = :leader",
                ExpressionAttributeValues={":leader": {"S": self.leader.name}},
            )
            if found["Count"] >= self.fills:
                return
            if time.monotonic() > deadline:
                pytest.fail(f"the poller wrote {found['Count']} of {self.fills} fills")
            time.sleep(0.05)

    def settle(self, timeout_s: float = 60) -> list[CopyOrder]:
        """All copy orders, once each fill has a finished one for each follow."""
        return await_settled(self.local, self.follows, self.pairs, timeout_s)

    def verdict(self, records: Sequence[CopyOrder] = ()) -> Verdict:
        """What the venue's book says."""
        return judge(self.local.exchange.orders(), self.follows, records)

    def records_of(self, follower: Trader) -> list[CopyOrder]:
        """One follower's copy orders, in the order of the fills."""
        return copy_orders(self.local, [f for f in self.follows if f.account_id == follower.name])

    def position(self, follower: Trader, native_symbol: str = "BTCUSDT") -> Decimal:
        """What the follower holds at the venue."""
        (account,) = self.local.exchange.accounts(account=follower.name)
        found = [p for p in account["positions"] if p["symbol"] == native_symbol]
        return Decimal(found[0]["amount"]) if found else Decimal(0)


def new_scene(local: LocalStack, venue: str) -> Scene:
    """A leader that the poller listens to."""
    leader = Trader(f"leader-{next(_numbers)}", venue, "leading-user")
    connect(local, [leader], leaders=True)
    await_listening(local, [leader])
    return Scene(local, leader)
