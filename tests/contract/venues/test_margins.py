"""Leverage is set through unmodified ccxt, at the model exchange, before an entry goes out."""

import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.accounts import Account, Credentials
from pilotfish.domain.margin_rules import MODES, TOGETHER
from pilotfish.domain.margining import Margin, MarginMode
from pilotfish.domain.orders import CopyOrder, Reason, State
from pilotfish.usecases.execute import Execute
from pilotfish.usecases.set_margin import SetMargin
from pilotfish_venues.pool import CcxtVenues
from pilotfish_venues.spec import Levering
from pilotfish_venues.table import VENUES
from tests.contract.venues.conftest import base_urls
from tests.fakes import ManualClock
from tests.fakes.margins import MemoryMargins
from tests.fakes.samples import PERPETUAL, a_follow, an_account
from tests.fakes.scene import Scene

LEADER, FOLLOWER = "leader", "follower-1"
IDS = {"binanceusdm": "BTCUSDT", "bybit": "BTCUSDT", "okx": "BTC-USDT-SWAP"}
Begin = Callable[..., Awaitable["Copying"]]
each_venue = pytest.mark.parametrize("venue", IDS)


async def keys(account: Account) -> Credentials:
    """OKX has a passphrase besides."""
    name = account.account_id
    return Credentials(f"key-{name}", f"secret-{name}", f"phrase-{name}")


class Copying:
    """A leader and a follower at the model exchange, and what sends between them."""

    def __init__(self, exchange: Any, venues: CcxtVenues, venue: str) -> None:
        self.exchange, self.venues, self.venue = exchange, venues, venue
        self.clock = ManualClock(int(time.time() * 1000))
        self.scene = Scene(self.clock)
        gate = SetMargin(
            accounts=self.scene.accounts,
            venues=venues,
            margins=MemoryMargins(self.scene.tables),
            clock=self.clock,
            within_s=20.0,
        )
        self.execute = Execute(
            orders=self.scene.orders,
            accounts=self.scene.accounts,
            venues=venues,
            halts=self.scene.halts,
            margins=gate,
            retries=self.scene.retries,
            clock=self.clock,
        )

    async def begin(self, **rules: Any) -> None:
        """The leader is at 7x and holds something; the follower is at 20x."""
        self.scene.instruments.publish(
            self.venue, await self.venues.instruments(self.venue), self.clock()
        )
        for name, leverage in ((LEADER, 7), (FOLLOWER, 20)):
            key = {"key": f"key-{name}", "secret": f"secret-{name}"}
            account = {"name": name, "venue": self.venue, "leverage": leverage, **key}
            await self.exchange.post("accounts", accounts=[account])
            shard = "0" if name == LEADER else ""
            self.scene.accounts.save(an_account(name, venue=self.venue, listen_shard=shard))
        trade = {"account": LEADER, "symbol": IDS[self.venue], "side": "BUY", "qty": "0.05"}
        await self.exchange.post("trade", **trade)
        self.scene.follows.save(a_follow(venue=self.venue, account_id=FOLLOWER, **rules))

    async def copy(self, quantity: str) -> CopyOrder:
        [order] = self.scene.decide(quantity, venue=self.venue, price=Decimal(60_000))
        self.clock.now_ms = int(time.time() * 1000)
        return await self.execute(order)

    async def again(self, order: CopyOrder) -> CopyOrder:
        self.clock.now_ms = max(int(time.time() * 1000), order.not_before_ms)
        return await self.execute(order)

    async def margin(self) -> Margin:
        """The follower's, as its venue tells."""
        account = await self.scene.accounts.get(FOLLOWER)
        assert account is not None
        return await (await self.venues.account(account)).margin_of(PERPETUAL)

    async def fault(self, **rule: Any) -> None:
        await self.exchange.fault(endpoint="settings", account=FOLLOWER, **rule)

    async def asked(self) -> int:
        """How often the venue was asked for a setting since the first fault was laid."""
        [rule] = (await self.exchange.call("GET", "faults"))["faults"]
        return int(rule["seen"])


@pytest.fixture
async def begin(stack: AsyncExitStack, exchange: Any) -> Begin:
    async def begun(venue: str, **rules: Any) -> Copying:
        pool = CcxtVenues(base_urls(exchange.base), keys)
        stack.push_async_callback(pool.close)
        copying = Copying(exchange, pool, venue)
        await copying.begin(**rules)
        return copying

    return begun


@each_venue
async def test_the_leaders_leverage_is_followed_and_asked_for_once(
    begin: Begin, venue: str
) -> None:
    copying = await begin(venue, leverage_mode="follow")
    await copying.fault(kind="delay_ms", ms=0)

    for quantity in ("0.01", "0.01", "-0.02", "0.01"):
        assert (await copying.copy(quantity)).state is State.COPIED

    assert (await copying.margin()).leverage == 7
    changes = 1
    reads = 1 if venue == "binanceusdm" else 0  # What this test itself has read.
    assert await copying.asked() == changes + reads


@each_venue
async def test_an_answer_that_was_lost_is_asked_for_again(begin: Begin, venue: str) -> None:
    copying = await begin(venue, leverage_mode="fixed", leverage=Decimal(5))
    await copying.fault(kind="status", status=503, when="after", times=1)

    order = await copying.copy("0.01")
    assert order.state is State.UNSENT
    assert await copying.exchange.orders(FOLLOWER) == []
    assert (await copying.again(order)).state is State.COPIED
    assert (await copying.margin()).leverage == 5


@each_venue
async def test_what_the_venue_refuses_ends_the_entry(begin: Begin, venue: str) -> None:
    copying = await begin(venue, leverage_mode="fixed", leverage=Decimal(500))

    order = await copying.copy("0.01")

    assert order.state is State.SKIPPED
    assert order.reason.startswith(f"{Reason.LEVERAGE_REFUSED}: ")
    assert "leverage" in order.reason.partition(": ")[2]
    assert await copying.exchange.orders(FOLLOWER) == []


async def test_a_margin_mode_is_set_and_one_of_an_open_position_stays(begin: Begin) -> None:
    copying = await begin("binanceusdm", margin_mode="isolated")
    assert (await copying.copy("0.01")).state is State.COPIED
    assert await copying.margin() == Margin(Decimal(20), MarginMode.ISOLATED)

    [follow] = copying.scene.tables.follows.values()
    rules = replace(follow.rules, margin_mode="cross")  # type: ignore[arg-type]
    copying.scene.follows.save(replace(follow, rules=rules))
    order = await copying.copy("0.01")
    assert order.state is State.SKIPPED
    assert order.reason.startswith(f"{Reason.LEVERAGE_REFUSED}: ")
    assert (await copying.copy("-0.01")).state is State.COPIED
    assert (await copying.margin()).mode is MarginMode.ISOLATED


async def test_bybits_margin_mode_is_the_accounts_and_is_never_sent(begin: Begin) -> None:
    copying = await begin("bybit", margin_mode="cross")
    await copying.fault(kind="delay_ms", ms=0)
    order = await copying.copy("0.01")
    assert order.state is State.SKIPPED
    assert "cannot be asked for" in order.reason
    assert await copying.asked() == 0


def test_rules_are_allowed_where_a_row_says_that_they_can_be_set() -> None:
    levered = {venue: spec for venue, spec in VENUES.items() if spec.leverage is not Levering.NONE}
    assert {venue: frozenset(spec.margin_modes) for venue, spec in levered.items()} == MODES
    together = {venue for venue, spec in levered.items() if spec.leverage is Levering.WITH_MODE}
    assert together == TOGETHER
