"""Whose wallet is read when, and what becomes of one that cannot be read."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.conditions import TriggerKind
from pilotfish.domain.errors import NotSent, OutcomeUnknown, Rejected, VenueError
from pilotfish.domain.fills import PositionSide, Side
from pilotfish.domain.levels import Level
from pilotfish.domain.tickers import Ticker
from pilotfish.usecases.read_wallets import MOST_LEVELLED, ReadWallets
from tests.fakes import ManualClock, ModelVenue
from tests.fakes.samples import PERPETUAL, a_follow, an_account
from tests.fakes.wallets import MemoryWallets

D = Decimal


class World:
    """A leader with one follower, and Zoe, whom nobody follows."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.accounts = {
            "leader": an_account("leader", listen_shard="0", owner="lea"),
            "follower-1": an_account("follower-1", owner="ada"),
            "zoes": an_account("zoes", owner="zoe"),
        }
        self.at_venue = {name: ModelVenue(self.clock, name) for name in self.accounts}
        for venue in self.at_venue.values():
            venue.coins = {"USDT": D(1000)}
        self.asked: list[str] = []
        self.rules: dict[str, Any] = {}
        self.topics: list[str] = []
        self.prices: dict[str, Ticker | None] = {}
        self.ticker_errors: list[Exception] = []
        self.wallets = MemoryWallets()
        self.read = ReadWallets(
            accounts=self,
            follows=self,
            own=self,
            demand=self,
            venues=self,  # type: ignore[arg-type]
            wallets=self.wallets,
            clock=self.clock,
        )

    async def get(self, account_id: str) -> Any:
        return self.accounts.get(account_id)

    def leaders(self, shard: str) -> list[Any]:
        assert shard == "0"
        return [self.accounts["leader"]]

    def of_leader(self, leader_id: str) -> list[Any]:
        return [a_follow(1, **self.rules)]

    def accounts_of(self, user: str) -> list[str]:
        return [a.account_id for a in self.accounts.values() if a.owner == user]

    def demanded(self) -> list[str]:
        return self.topics

    async def account(self, account: Any) -> ModelVenue:
        self.asked.append(account.account_id)
        return self.at_venue[account.account_id]

    async def tickers(self, venue: str, symbols: Iterable[str]) -> list[Ticker]:
        if self.ticker_errors:
            raise self.ticker_errors.pop()
        return [t for s in sorted(symbols) if (t := self.prices.get(s))]


class Owned:
    def __init__(self, world: World) -> None:
        self._world = world

    def accounts(self, user: str) -> list[str]:
        return self._world.accounts_of(user)


@pytest.fixture
def world() -> World:
    made = World()
    made.read._own = Owned(made)
    return made


def ticker(symbol: str, last: str, mark: str | None = None) -> Ticker:
    return Ticker(symbol, D(last), None, None, None if mark is None else D(mark), 1)


async def test_leaders_and_their_followers_are_read(world: World) -> None:
    looked = await world.read("0")
    assert sorted(world.asked) == ["follower-1", "leader"]
    assert (looked.read, looked.failed) == (2, 0)
    assert world.wallets.saved["leader"].equity == 1000
    assert world.wallets.saved["leader"].at_ms == world.clock()


async def test_not_sooner_than_after_five_minutes_unless_the_owner_looks(world: World) -> None:
    await world.read("0")
    world.asked.clear()
    world.topics = ["portfolio_updates|ada", "positions|lea", "price_updates:BTCUSDT"]
    world.clock.advance(45)
    await world.read("0")
    assert world.asked == []
    world.clock.advance(15)
    await world.read("0")
    assert world.asked == ["follower-1"]
    world.clock.advance(240)
    await world.read("0")
    assert sorted(world.asked) == ["follower-1", "follower-1", "leader"]


async def test_who_looks_has_accounts_read_that_nobody_copies(world: World) -> None:
    world.topics = ["portfolio_updates|zoe"]
    await world.read("0")
    assert "zoes" in world.asked


async def test_trouble_of_one_holds_up_no_other_and_is_told(world: World) -> None:
    world.at_venue["leader"].wallet_errors.append(Rejected("the key was deleted"))
    looked = await world.read("0")
    assert (looked.read, looked.failed) == (1, 1)
    failed = world.wallets.saved["leader"]
    assert (failed.error, failed.equity) == ("Rejected: the key was deleted", None)
    assert world.wallets.saved["follower-1"].equity == 1000


async def test_a_fault_of_ours_tells_no_more_than_its_kind(world: World) -> None:
    world.at_venue["leader"].wallet_errors.append(KeyError("secret-of-lea"))
    await world.read("0")
    assert world.wallets.saved["leader"].error == "KeyError"


async def test_what_could_not_be_read_waits_its_time_too(world: World) -> None:
    world.at_venue["leader"].wallet_errors.append(NotSent("no answer"))
    await world.read("0")
    world.clock.advance(60)
    world.asked.clear()
    await world.read("0")
    assert world.asked == []


async def test_a_disabled_account_is_not_asked_for(world: World) -> None:
    world.accounts["leader"] = an_account("leader", listen_shard="0", enabled=False)
    await world.read("0")
    assert world.asked == ["follower-1"]


async def test_coins_and_positions_count_at_the_venues_prices(world: World) -> None:
    follower = world.at_venue["follower-1"]
    follower.coins = {"USDT": D(1000), "BTC": D("0.5")}
    world.prices["BTC/USDT"] = ticker("BTC/USDT", "60000")
    world.prices["ETH/USDT"] = ticker("ETH/USDT", "3000")
    world.prices[PERPETUAL] = ticker(PERPETUAL, "61000", "60500")
    await world.read("0")
    saved = world.wallets.saved["follower-1"]
    assert saved.equity == 31_000
    assert saved.prices == {"BTC/USDT": 60_000, PERPETUAL: 60_500}


async def test_without_prices_coins_are_known_and_not_what_they_are_worth(world: World) -> None:
    world.at_venue["leader"].coins = {"USDT": D(7), "BTC": D(1)}
    world.ticker_errors.append(NotSent("no answer"))
    await world.read("0")
    worth = world.wallets.saved["leader"].worth(lambda symbol: None)
    assert (worth.balance, worth.unpriced) == (D(7), ("BTC",))


STOP = Level(PERPETUAL, PositionSide.NET, Side.SELL, TriggerKind.STOP_LOSS, D(90))


def levelled(world: World) -> ModelVenue:
    """The leader holds a position that it would leave at a price."""
    leader = world.at_venue["leader"]
    leader.held[f"{PERPETUAL}#net"] = D(1)
    leader.waiting_levels = [STOP, replace(STOP, symbol="ETH/USDT:USDT")]
    return leader


async def test_levels_are_read_each_minute_where_a_follow_goes_by_them(world: World) -> None:
    levelled(world)
    await world.read("0")
    assert world.wallets.saved["leader"].levels_ms == 0, "nobody goes by them"
    world.rules = {"copy_tp_sl": True}
    world.clock.advance(60)
    await world.read("0")
    found = world.wallets.saved["leader"]
    assert (found.levels, found.levels_ms) == ((STOP,), world.clock()), "of what it holds"
    assert world.wallets.saved["follower-1"].levels_ms == 0


@pytest.mark.parametrize("error", [NotSent("later"), Rejected("no"), OutcomeUnknown("?")])
async def test_levels_that_cannot_be_read_hold_up_no_wallet_and_grow_old(
    world: World, error: VenueError
) -> None:
    leader, world.rules = levelled(world), {"copy_tp_sl": True}
    await world.read("0")
    before = world.wallets.saved["leader"]
    leader.level_errors.append(error)
    world.clock.advance(60)
    looked = await world.read("0")
    found = world.wallets.saved["leader"]
    assert (looked.failed, found.at_ms) == (0, world.clock())
    assert (found.levels, found.levels_ms) == (before.levels, before.levels_ms)


async def test_no_more_symbols_are_asked_for_than_some(world: World) -> None:
    leader, world.rules = levelled(world), {"copy_tp_sl": True}
    names = [f"C{number:02}/USDT:USDT" for number in range(MOST_LEVELLED + 5)]
    leader.held = {f"{name}#net": D(1) for name in names}
    leader.waiting_levels = [replace(STOP, symbol=name) for name in names]
    await world.read("0")
    assert len(world.wallets.saved["leader"].levels) == MOST_LEVELLED


async def test_it_says_which_accounts_were_read_and_what_they_hold(world: World) -> None:
    leader = world.at_venue["leader"]
    leader.held[f"{PERPETUAL}#net"] = D(1)
    world.at_venue["follower-1"].wallet_errors.append(Rejected("no"))
    [seen] = (await world.read("0")).seen
    assert (seen.account_id, seen.venue) == ("leader", leader)
    assert [each.quantity for each in seen.positions] == [1]
