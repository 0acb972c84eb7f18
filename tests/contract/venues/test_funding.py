"""What perpetuals pay is read from the model exchange as the venues tell it, in windows."""

import asyncio
import time
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from pilotfish.domain.errors import OutcomeUnknown, Rejected
from pilotfish.domain.fills import Side
from pilotfish_venues import funding
from pilotfish_venues.dialects import bitgetuta
from pilotfish_venues.spec import FundingList, FundingPage

D = Decimal
PAGE = FundingPage({"category": "X"}, most=2, start_ms=1, end_ms=2)
MARKETS = {
    "binanceusdm": ("BTCUSDT", "BTC/USDT:USDT"),
    "bybit": ("BTCUSDT", "BTC/USDT:USDT"),
    "okx": ("BTC-USDT-SWAP", "BTC/USDT:USDT"),
}


@pytest.mark.parametrize("venue", list(MARKETS))
@pytest.mark.parametrize("side", list(Side))
async def test_who_holds_a_perpetual_pays_or_is_paid(
    venue: str, side: Side, exchange: Any, opened: Any, order: Any
) -> None:
    name, symbol = MARKETS[venue]
    account = await opened(venue)
    await account.create_order(order(venue, "0.02", side, symbol=symbol))
    before = (await account.wallet()).coins["USDT"]

    paid = await exchange.post("funding", venue=venue, symbol=name, rate="0.001")

    [amount] = paid["paid"]["ann"]
    await asyncio.sleep(0.2)  # What our clocks may be apart.
    found = await account.funding(int(time.time() * 1000) - 60_000)
    [told] = found.payments
    assert (told.symbol, told.amount, told.currency) == (symbol, D(amount), "USDT")
    assert (told.amount < 0) is (side is Side.BUY)
    assert told.size == (None if venue == "binanceusdm" else D("0.02"))
    assert (await account.wallet()).coins["USDT"] - before == D(amount)


class Host:
    """Tells rows of a list whose pages are full at two."""

    def __init__(self, times: list[int]) -> None:
        self.times = times
        self.asked: list[tuple[int, int]] = []
        self.markets: dict[str, Any] = {}
        self.id = "host"
        self.shared = self
        self.spec = SimpleNamespace(venue="host", funding=FundingList(page=2, window_ms=1_000_000))
        self.clock = SimpleNamespace(now_ms=lambda: 10_000_000)
        self.dialect = self

    async def funding_rows(self, exchange: Any, page: FundingPage) -> list[Any]:
        self.asked.append((page.start_ms, page.end_ms))
        rows = [{"timestamp": at, "amount": "1", "id": str(at), "info": {}} for at in self.times]
        return [row for row in rows if page.start_ms <= row["timestamp"] <= page.end_ms][:2]


async def test_what_does_not_fit_a_page_is_asked_for_in_shorter_times() -> None:
    times = [9_000_000, 9_004_000, 9_300_000, 9_700_000, 10_000_000]
    host = Host(times)
    found = await funding.read(host, 8_500_000)
    assert [each.at_ms for each in found.payments] == times
    assert (found.whole, found.through_ms) == (True, 10_000_000)


async def test_a_long_past_is_read_as_far_as_some_requests_go() -> None:
    host = Host([1_500_000])
    host.clock.now_ms = lambda: 100_000_000
    found = await funding.read(host, 1_000_000)
    assert len(host.asked) == funding.MOST_REQUESTS
    assert (found.whole, found.through_ms) == (False, host.asked[-1][1])
    assert [each.at_ms for each in found.payments] == [1_500_000]


async def test_what_two_windows_tell_is_one_payment() -> None:
    """A list that does not keep to the times asked for; and nothing from before them."""
    host = Host([8_000_000, 9_000_000, 9_500_000])

    async def rows(*asked: Any) -> list[Any]:
        return [{"timestamp": at, "amount": "1", "id": "1", "info": {}} for at in host.times]

    host.funding_rows = rows  # type: ignore[method-assign]
    host.spec.funding = FundingList(page=9, window_ms=1_000_000)
    found = await funding.read(host, 8_500_000)
    assert [each.at_ms for each in found.payments] == [9_000_000, 9_500_000]


async def test_what_no_page_shows_is_not_taken_for_none() -> None:
    host = Host([9_000_000] * 3)
    with pytest.raises(OutcomeUnknown, match="behind a full page"):
        await funding.read(host, 8_999_000)


class Records:
    """Bitget's list of all that moved a unified account, in pages of two."""

    def __init__(self, kinds: list[str]) -> None:
        self._kinds = kinds

    async def privateUtaGetV3AccountFinancialRecords(self, params: Any) -> Any:
        begin = int(params.get("cursor") or 0)
        told = [
            {"type": kind, "symbol": "BTCUSDT", "amount": "0.5"}
            for kind in self._kinds[begin : begin + 2]
        ]
        return {"data": {"list": told, "cursor": str(begin + 2)}}

    def safe_market(self, *named: Any) -> Any:
        return {"symbol": "BTC/USDT:USDT"}

    def parse_funding_history(self, record: Any, market: Any) -> Any:
        return {"info": record}


@pytest.mark.parametrize("trades", [1, 4])
async def test_funding_is_found_behind_pages_of_trades(trades: int) -> None:
    records = Records(["OPEN_LONG"] * trades + ["CONTRACT_MAIN_SETTLE_FEE_USER_IN"])
    rows = await bitgetuta.DIALECT.funding_rows(records, PAGE)
    assert [row["amount"] for row in rows] == [D("0.5")]


async def test_more_trades_than_some_pages_are_not_taken_for_no_funding() -> None:
    records = Records(["OPEN_LONG"] * 99)
    rows = await bitgetuta.DIALECT.funding_rows(records, PAGE)
    assert len(rows) >= PAGE.most


@pytest.mark.parametrize("missing", ["amount", "timestamp"])
async def test_a_payment_without_an_amount_or_a_time_is_none_of_nothing(missing: str) -> None:
    host = Host([9_000_000])

    async def rows(*asked: Any) -> list[Any]:
        return [{"timestamp": 9_000_000, "amount": "1", "id": "1", "info": {}} | {missing: None}]

    host.funding_rows = rows  # type: ignore[method-assign]
    with pytest.raises(OutcomeUnknown):
        await funding.read(host, 9_500_000)


async def test_a_venue_without_a_list_is_not_asked(opened: Any) -> None:
    account = await opened("delta")
    with pytest.raises(Rejected, match="tells no funding"):
        await account.funding(0)
