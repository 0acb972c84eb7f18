"""Prices out of what is known, each with its age; what is not known is asked for."""

from collections.abc import Mapping
from decimal import Decimal

import pytest

from pilotfish.domain.movers import movers
from pilotfish.domain.quotes import STALE_MS, Quote
from pilotfish.usecases.look_up_prices import KEPT_MS, RANKED_MS, LookUpPrices
from tests.unit.live.twins import MemoryConnections, Time

T0 = 1_763_726_400_000
VENUES = ("okx", "gate")
LISTED = {
    ("okx", "币安人生/USDT"),
    ("okx", "BTC/USDT"),
    ("okx", "ETH/USDT"),
    ("gate", "BTC/USDT"),
    ("gate", "KAS/USDT"),
}


def quote(symbol: str, venue: str = "okx", age_ms: int = 0, percent: str | None = None) -> Quote:
    change = None if percent is None else Decimal(percent)
    return Quote(venue, symbol, Decimal(100), T0 - age_ms, change_percent=change)


class Known:
    def __init__(self, *quotes: Quote) -> None:
        self.quotes = {(each.venue, each.symbol): each for each in quotes}
        self.reads = 0

    def at(self, venue: str) -> Mapping[str, Quote]:
        self.reads += 1
        return {s: q for (v, s), q in self.quotes.items() if v == venue}


class Scene:
    def __init__(self, *quotes: Quote) -> None:
        self.clock = Time(T0)
        self.known = Known(*quotes)
        self.demand = MemoryConnections(self.clock)
        self.woken = 0
        self.look_up = LookUpPrices(
            known=self.known,
            demand=self.demand,
            find_market=self.find,
            wake=self.wake,
            venues=VENUES,
            clock=self.clock,
        )

    def wake(self) -> None:
        self.woken += 1

    def find(self, symbol: str, venue: str) -> tuple[str, str] | None:
        wanted = ((each, symbol) for each in ([venue] if venue else VENUES))
        return next((market for market in wanted if market in LISTED), None)


def test_a_fresh_price_asks_for_nothing() -> None:
    scene = Scene(quote("BTC/USDT", age_ms=1_200))
    [priced] = scene.look_up.prices(["BTC/USDT"]).markets
    assert (priced.venue, priced.symbol, priced.age_ms, priced.asked) == (
        "okx",
        "BTC/USDT",
        1_200,
        False,
    )
    assert priced.quote == quote("BTC/USDT", age_ms=1_200)
    assert (scene.demand.demanded(), scene.woken) == ([], 0)


def test_a_price_that_is_old_or_not_known_is_asked_for_once() -> None:
    scene = Scene(quote("BTC/USDT", age_ms=STALE_MS + 1))
    for _ in range(2):
        old, new = scene.look_up.prices(["BTC/USDT", "KAS/USDT@gate"]).markets
        assert (old.age_ms, old.asked) == (STALE_MS + 1, True)
        assert (new.quote, new.age_ms, new.asked) == (None, 0, True)
    assert scene.demand.demanded() == [
        "price_updates:BTC/USDT@okx",
        "price_updates:KAS/USDT@gate",
    ]
    assert scene.woken == 1


def test_what_was_asked_for_is_there_a_little_later() -> None:
    scene = Scene()
    [before] = scene.look_up.prices(["ETH/USDT"]).markets
    assert before.quote is None
    scene.known.quotes["okx", "ETH/USDT"] = quote("ETH/USDT")
    scene.clock.now_ms += KEPT_MS
    [after] = scene.look_up.prices(["ETH/USDT"]).markets
    assert (after.quote, after.age_ms, after.asked) == (quote("ETH/USDT"), KEPT_MS, False)


def test_what_nobody_lists_is_named() -> None:
    prices = Scene().look_up.prices(["BTC/USDT", "NO/SUCH", "BTC/USDT@kraken", "BTC/USDT"])
    assert [priced.spelling for priced in prices.markets] == ["BTC/USDT"]
    assert list(prices.unknown) == ["NO/SUCH", "BTC/USDT@kraken"]


def test_a_second_is_answered_out_of_one_read() -> None:
    scene = Scene(quote("BTC/USDT"))
    for _ in range(5):
        scene.look_up.prices(["BTC/USDT", "ETH/USDT@okx"])
    assert scene.known.reads == 1
    scene.clock.now_ms += KEPT_MS
    scene.look_up.prices(["BTC/USDT"])
    assert scene.known.reads == 2


def test_the_ticker_is_all_that_is_known() -> None:
    scene = Scene(quote("ETH/USDT"), quote("BTC/USDT", age_ms=5), quote("BTC/USDT", "gate"))
    shown = [(each.symbol, each.venue, each.age_ms) for each in scene.look_up.ticker()]
    assert shown == [("BTC/USDT", "gate", 0), ("BTC/USDT", "okx", 5), ("ETH/USDT", "okx", 0)]
    assert [each.venue for each in scene.look_up.ticker("gate")] == ["gate"]
    assert scene.look_up.ticker("kraken") == []
    assert scene.woken == 0


def test_gainers_and_losers() -> None:
    scene = Scene(
        quote("BTC/USDT", percent="2"),
        quote("ETH/USDT", percent="-3"),
        quote("KAS/USDT", "gate", percent="5"),
        quote("A/USDT", percent="0"),
        quote("B/USDT"),
        quote("OLD/USDT", percent="900", age_ms=RANKED_MS + 1),
    )
    found = scene.look_up.movers()
    assert [each.symbol for each in found.gainers] == ["KAS/USDT", "BTC/USDT"]
    assert [each.symbol for each in found.losers] == ["ETH/USDT"]
    assert found.ranked == 4
    assert [each.symbol for each in scene.look_up.movers("okx", 1).gainers] == ["BTC/USDT"]


@pytest.mark.parametrize("most", [0, 1, 2])
def test_no_more_movers_than_asked_for(most: int) -> None:
    some = [quote(f"{n}/USDT", percent=str(n)) for n in (-2, -1, 1, 2)]
    found = movers(some, T0, 1, most)
    assert (len(found.gainers), len(found.losers)) == (most, most)


def test_what_no_channel_can_name_is_not_asked_for() -> None:
    """Whoever tells prices could not read it, and would tell nobody anything."""
    scene = Scene()
    odd, even = scene.look_up.prices(["币安人生/USDT", "BTC/USDT"]).markets
    assert (odd.symbol, odd.quote, odd.asked, even.asked) == ("币安人生/USDT", None, False, True)
    assert scene.demand.demanded() == ["price_updates:BTC/USDT@okx"]
