"""Runs of the market function: one tells, another stands by; each venue is asked once."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

import pytest

from pilotfish.clock import utc_ms
from pilotfish.domain.posting import Posted
from pilotfish.domain.quotes import Quote
from pilotfish.usecases import market as market_module
from pilotfish.usecases import price_feed
from pilotfish.usecases.market import SHARD, Market
from pilotfish.usecases.price_feed import PriceFeed
from tests.fakes.listening import MemoryLeases
from tests.fakes.tables import Tables

BTC, ETH = ("binance", "BTC/USDT"), ("binance", "ETH/USDT")


class Venue:
    """Tells each symbol's price again and again; remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[set[str]] = []
        self.open = 0
        self.down = False

    async def quotes(self, venue: str, symbols: Iterable[str]) -> AsyncGenerator[list[Quote], None]:
        symbols = set(symbols)
        self.asked.append(symbols)
        if self.down:
            raise ConnectionError("down")
        self.open += 1
        price = Decimal(100)
        try:
            while True:
                yield [Quote(venue, symbol, price, utc_ms()) for symbol in sorted(symbols)]
                price += 1
                await asyncio.sleep(0.001)
        finally:
            self.open -= 1


class States:
    """Counts looks; hears the quotes; there are `left` looks until nobody listens."""

    def __init__(self, left: int = 1_000) -> None:
        self.markets = {BTC}
        self.left = left
        self.remembered = False
        self.told: list[set[tuple[str, str]]] = []

    @property
    def idle(self) -> bool:
        return self.left <= 0

    def look(self) -> None:
        self.left -= 1

    def remember(self) -> None:
        self.remembered = True

    def tell(self, quotes: Mapping[tuple[str, str], Quote]) -> Posted:
        self.told.append(set(quotes))
        return Posted(frames=1)


class Known:
    def __init__(self) -> None:
        self.saved: list[Quote] = []
        self.closed = False

    def save(self, quotes: Iterable[Quote], now_ms: int) -> None:
        self.saved = list(quotes)

    def close(self) -> None:
        self.closed = True


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(market_module, "TICK_S", 0.005)
    monkeypatch.setattr(market_module, "STANDBY_S", 0.005)
    monkeypatch.setattr(market_module, "LOOK_MS", 5)
    monkeypatch.setattr(market_module, "SAVE_MS", 5)
    monkeypatch.setattr(market_module, "RENEW_MS", 5)
    monkeypatch.setattr(price_feed, "RETRY_S", 0.005)


def run_of(tables: Tables, states: States, venue: Venue, known: Known | None = None) -> Market:
    return Market(
        leases=MemoryLeases(tables),
        states=states,  # type: ignore[arg-type]
        feed=PriceFeed(venue),
        known=known or Known(),
        clock=utc_ms,
    )


async def until(true: Callable[[], bool]) -> None:
    for _ in range(1_000):
        if true():
            return
        await asyncio.sleep(0.005)
    pytest.fail("never came true")


async def test_it_tells_until_nobody_listens_and_leaves_nothing_open() -> None:
    tables, states, venue, known = Tables(), States(left=20), Venue(), Known()

    posted = await run_of(tables, states, venue, known)("one", utc_ms() + 60_000)

    assert posted.frames == len(states.told) > 0
    assert states.told[-1] == {BTC}
    assert known.saved[0].symbol == "BTC/USDT"
    assert known.closed
    assert states.remembered
    assert venue.open == 0
    assert tables.leases[SHARD].expires_ms == 0


async def test_the_next_run_takes_over_when_this_one_ends() -> None:
    tables, venue = Tables(), Venue()
    first, second = States(left=10), States(left=10)
    one = asyncio.create_task(run_of(tables, first, venue)("one", utc_ms() + 60_000))
    await until(lambda: bool(first.told))
    two = asyncio.create_task(run_of(tables, second, venue)("two", utc_ms() + 60_000))
    await one
    assert not second.told
    await two
    assert second.told


async def test_a_run_whose_lease_was_taken_stops_telling() -> None:
    tables, states, venue = Tables(), States(), Venue()
    run = asyncio.create_task(run_of(tables, states, venue)("one", utc_ms() + 60_000))
    await until(lambda: bool(states.told))
    tables.leases[SHARD] = replace(tables.leases[SHARD], owner="two", fence=2)
    await run
    assert tables.leases[SHARD].owner == "two"
    assert venue.open == 0


async def test_nothing_is_told_under_a_lease_that_ran_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(market_module, "LEASE_TTL_MS", 30)
    monkeypatch.setattr(market_module, "RENEW_MS", 10_000)
    tables, states, venue = Tables(), States(), Venue()
    await run_of(tables, states, venue)("one", utc_ms() + 60_000)
    assert states.told
    assert venue.open == 0


async def test_who_stands_by_in_vain_ends_in_time() -> None:
    tables, states = Tables(), States()
    MemoryLeases(tables).acquire(SHARD, "other", utc_ms(), 60_000)
    assert await run_of(tables, states, Venue())("one", utc_ms() + 30) == Posted()
    assert not states.told


async def test_other_symbols_take_over_without_a_gap() -> None:
    venue = Venue()
    feed = PriceFeed(venue)
    feed.want([BTC])
    await until(lambda: BTC in feed.quotes)
    feed.want([BTC, ETH])
    assert BTC in feed.quotes
    feed.want([BTC, ETH])
    await until(lambda: ETH in feed.quotes and venue.open == 1)
    assert venue.asked == [{"BTC/USDT"}, {"BTC/USDT", "ETH/USDT"}]
    feed.want([ETH])
    assert BTC not in feed.quotes
    feed.want([])
    await until(lambda: venue.open == 0)
    await feed.close()


async def test_a_venue_that_is_down_is_asked_again() -> None:
    venue = Venue()
    venue.down = True
    feed = PriceFeed(venue)
    feed.want([BTC])
    await until(lambda: len(venue.asked) > 2)
    venue.down = False
    await until(lambda: BTC in feed.quotes)
    await feed.close()
    assert venue.open == 0
