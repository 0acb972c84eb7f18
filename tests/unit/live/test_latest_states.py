"""Channels of states, for who asks again and again."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from pilotfish.domain.books import Book
from pilotfish.domain.channels import parse_channel
from pilotfish.domain.messages import MarketUpdate, RiskUpdate, State
from pilotfish.domain.quotes import STALE_MS, Quote
from pilotfish.domain.viewers import Viewer
from pilotfish.domain.wallets import Wallet
from pilotfish.usecases.latest_states import LatestStates
from pilotfish.usecases.value import Value
from tests.unit.live.test_books import MARKET, done
from tests.unit.live.twins import MemoryHighest, Time

ADA = Viewer("ada")
PRICES = "price_updates:BTCUSDT"
FOUND = {"BTCUSDT": MARKET, "ETHUSDT": ("okx", "ETH/USDT")}


class Books:
    """Ada bought one at 100."""

    def __init__(self) -> None:
        self.book = Book()
        self.book.add([done("1", "100")])

    def of_user(self, user: str) -> Book:
        return self.book if user == "ada" else Book()


class Purse:
    """Nobody has anything else."""

    def of_user(self, user: str) -> list[Wallet]:
        return []


class World:
    """The prices that are known, and who tells states by them."""

    def __init__(self) -> None:
        self.clock = Time()
        self.highest = MemoryHighest()
        self.known: dict[Any, Quote] = {}
        self.asked: list[set[Any]] = []
        self.latest = LatestStates(
            values=Value(
                books=Books(),
                wallets=Purse(),
                quotes=self,
                highest=self.highest,
                clock=self.clock,
            ),
            quotes=self,
            find_market=lambda symbol, _: FOUND.get(symbol),
            clock=self.clock,
        )

    def of(self, markets: Iterable[Any]) -> Mapping[Any, Quote]:
        self.asked.append(set(markets))
        return {market: quote for market, quote in self.known.items() if market in self.asked[-1]}

    def price(self, last: str) -> None:
        self.known[MARKET] = Quote(*MARKET, last=Decimal(last), at_ms=self.clock())

    def say(self, *names: str, viewer: Viewer = ADA) -> list[State]:
        return self.latest([parse_channel(name) for name in names], viewer)


def test_prices_are_those_that_are_known_under_the_symbol_that_was_asked_for() -> None:
    world = World()
    assert world.say(PRICES, "price_updates:ETHUSDT", "price_updates:GONE") == []
    world.price("101")
    world.asked.clear()
    (told,) = world.say(PRICES, "price_updates:ETHUSDT", "price_updates:GONE")
    assert isinstance(told, MarketUpdate)
    assert (told.channel, told.symbol, told.price) == (PRICES, "BTCUSDT", 101.0)
    assert (told.seq, told.stale) == (world.clock(), False)
    assert world.asked == [{MARKET, FOUND["ETHUSDT"]}], "all in one read"


def test_a_price_that_stopped_is_told_with_that() -> None:
    world = World()
    world.price("101")
    was_ms = world.clock.now_ms
    world.clock.now_ms += STALE_MS + 1
    (told,) = world.say(PRICES)
    assert isinstance(told, MarketUpdate)
    assert (told.stale, told.timestamp) == (True, was_ms)


def test_each_is_told_what_it_holds_and_has() -> None:
    world = World()
    world.price("110")
    names = ["positions", "portfolio_updates", "risk_metrics_updates"]
    positions, portfolio, risk = world.say(*names)
    assert (positions.channel, portfolio.channel, risk.channel) == tuple(names)
    assert isinstance(risk, RiskUpdate)
    assert (risk.risk.gross_exposure, risk.risk.total_pnl) == (110.0, 10.0)
    nothing = world.say("risk_metrics_updates", viewer=Viewer("bob"))[0]
    assert isinstance(nothing, RiskUpdate)
    assert nothing.risk.gross_exposure == 0


def test_drawdown_counts_from_the_highest_that_anybody_told() -> None:
    world = World()
    drawdowns = []
    for last in ("100", "130", "110"):
        world.price(last)
        (told,) = world.say("risk_metrics_updates")
        assert isinstance(told, RiskUpdate)
        drawdowns.append(told.risk.drawdown)
    assert drawdowns == [0.0, 0.0, 20.0]
    world.highest.raise_to("ada", Decimal(50), world.clock())
    (told,) = world.say("risk_metrics_updates")
    assert isinstance(told, RiskUpdate)
    assert told.risk.drawdown == 40.0
