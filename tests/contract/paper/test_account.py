"""A paper account is a venue: what every venue owes the executor, the saga and the reconciler."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from pilotfish.domain.errors import NotSent, OutcomeUnknown, Rejected
from pilotfish.domain.fills import OrderKind, PositionSide
from pilotfish.domain.margining import Margin, MarginMode
from pilotfish.domain.paper.wallet import moved_on
from pilotfish.domain.venues import OrderStatus, Position, VenueOrder
from tests.contract.paper.conftest import PERPETUAL, SPOT, Desk, Through

D = Decimal


async def test_an_order_is_filled_and_told_as_a_venue_does(desk: Desk) -> None:
    account, request = desk.worker(), desk.request("buy", "2")
    answer = await account.create_order(request)
    told = VenueOrder(
        "paper-1",
        request.client_order_id,
        OrderStatus.FILLED,
        D(2),
        D(100),
        fee=D("0.200"),
        fee_currency="USDT",
    )
    assert answer == told
    assert await account.find_order(request) == told
    assert await account.positions() == [Position(PERPETUAL, PositionSide.NET, D(2), D(100))]
    assert desk.wallet.cash == {"USDT": D("9999.8")}  # the fee of 0.1 %


async def test_its_trades_say_what_kind_of_order_they_came_from(desk: Desk) -> None:
    account = desk.worker()
    await account.create_order(desk.request("buy", "1"))
    await account.create_order(replace(desk.request("buy", "1"), limit_price=D(101)))
    assert [trade.order_kind for trade in desk.trades()] == [OrderKind.MARKET, OrderKind.LIMIT]


async def test_a_market_has_the_leverage_that_was_set_for_it(desk: Desk) -> None:
    account = desk.worker()
    assert await account.margin_of(PERPETUAL) == Margin(D(10), MarginMode.CROSS)
    with pytest.raises(Rejected, match="insufficient margin"):
        await account.create_order(desk.request("buy", "1500"))
    await account.set_margin(PERPETUAL, Margin(D(20), MarginMode.ISOLATED))
    await desk.worker().set_margin("ETH/USDT:USDT", Margin(D(2)))

    await account.create_order(desk.request("buy", "1500"))

    assert desk.wallet.margin("USDT") == D(1500) * 100 / 20
    assert await account.margin_of(PERPETUAL) == Margin(D(20), MarginMode.CROSS)
    assert (await account.margin_of("ETH/USDT:USDT")).leverage == 2
    assert await account.margin_of(SPOT) == Margin()


async def test_to_set_what_is_set_writes_nothing_and_too_much_is_refused(desk: Desk) -> None:
    account = desk.worker()
    await account.set_margin(PERPETUAL, Margin(D(20)))
    before = desk.wallet
    await account.set_margin(PERPETUAL, Margin(D(20), MarginMode.CROSS))
    await account.set_margin(PERPETUAL, Margin(mode=MarginMode.CROSS))
    for wrong in ("0.5", "126"):
        with pytest.raises(Rejected, match="1 to 125"):
            await account.set_margin(PERPETUAL, Margin(D(wrong)))
    assert desk.wallet == before
    assert account.most_leverage(PERPETUAL) == 125


async def test_two_workers_set_two_markets_and_both_are_set(desk: Desk) -> None:
    one = desk.worker()

    def other() -> None:
        wallet = desk.wallet
        if not wallet.leverages:
            after = moved_on(wallet, leverages={"ETH/USDT:USDT": D(3)})
            assert desk.books.advance(wallet, after)

    await desk.worker(Through(desk.books, before=other)).set_margin(PERPETUAL, Margin(D(5)))

    assert (await one.margin_of(PERPETUAL)).leverage == 5
    assert (await one.margin_of("ETH/USDT:USDT")).leverage == 3


async def test_the_same_id_is_the_same_order_for_whoever_sends_it(desk: Desk) -> None:
    request = desk.request("buy", "90", SPOT)
    first = await desk.worker().create_order(request)
    desk.markets.prices[SPOT] = "120"  # where it could not be paid a second time
    assert await desk.worker().create_order(request) == first
    assert len(desk.trades()) == 1
    assert desk.wallet.of("BTC") == 90


async def test_an_order_older_than_its_window_is_not_taken(desk: Desk) -> None:
    request = desk.request("buy", "1")
    desk.clock.advance(5.001)
    with pytest.raises(NotSent):
        await desk.worker().create_order(request)
    assert desk.trades() == []


async def test_a_worker_that_dies_after_the_write_left_evidence(desk: Desk) -> None:
    def die() -> None:
        raise OutcomeUnknown("the connection broke")

    request = desk.request("buy", "1")
    with pytest.raises(OutcomeUnknown):
        await desk.worker(Through(desk.books, after=die)).create_order(request)
    found = await desk.worker().find_order(request)
    assert found is not None
    assert found.filled == 1
    assert await desk.worker().create_order(request) == found
    assert len(desk.trades()) == 1


async def test_once_an_order_was_not_found_it_never_arrives(desk: Desk) -> None:
    """The worker read the wallet, is held up, and writes after somebody looked for its order."""
    request, looks = desk.request("buy", "1"), []

    def look() -> None:
        if not looks:
            looks.append(asyncio.run(desk.worker().find_order(request)))
            desk.clock.advance(6)

    held_up = desk.worker(Through(desk.books, before=look))
    with pytest.raises(NotSent):
        await held_up.create_order(request)
    assert looks == [None]
    assert desk.trades() == []
    assert await desk.worker().find_order(request) is None


async def test_nor_does_one_that_had_not_even_read_the_wallet_then(desk: Desk) -> None:
    """The worker is held up before it reads: it would find the wallet that the look left."""
    request, looks = desk.request("buy", "1"), []

    def look() -> None:
        if not looks:
            desk.clock.advance(8)
            looks.append(asyncio.run(desk.worker().find_order(request)))

    held_up = desk.worker(Through(desk.books, before_load=look))
    with pytest.raises(NotSent):
        await held_up.create_order(request)
    assert looks == [None]
    assert desk.trades() == []


async def test_an_order_that_landed_while_it_was_looked_for_is_found(desk: Desk) -> None:
    request = desk.request("buy", "1")

    def land() -> None:
        if not desk.trades():
            asyncio.run(desk.worker().create_order(request))

    found = await desk.worker(Through(desk.books, before=land)).find_order(request)
    assert found is not None
    assert len(desk.trades()) == 1


async def test_orders_of_several_workers_add_up(desk: Desk) -> None:
    workers = [desk.worker() for _ in range(4)]
    requests = [desk.request("buy", "1") for _ in range(24)]
    answers = await asyncio.gather(
        *(workers[n % 4].create_order(request) for n, request in enumerate(requests))
    )
    assert {answer.status for answer in answers} == {OrderStatus.FILLED}
    assert len({answer.order_id for answer in answers}) == 24
    assert desk.wallet.positions[f"{PERPETUAL}#net"].quantity == 24
    assert desk.wallet.of("USDT") == D(10_000) - D("2.4")
    assert [int(trade.trade_id) for trade in desk.trades()] == list(range(1, 25))


async def test_together_they_never_spend_more_than_there_is(desk: Desk) -> None:
    requests = [desk.request("buy", "30", SPOT) for _ in range(6)]
    answers = await asyncio.gather(
        *(desk.worker().create_order(request) for request in requests), return_exceptions=True
    )
    assert sum(isinstance(answer, VenueOrder) for answer in answers) == 3
    assert sum(isinstance(answer, Rejected) for answer in answers) == 3
    assert desk.wallet.of("USDT") == D(10_000) - 9_009


async def test_a_limit_that_is_not_reached_ends_with_nothing_and_leaves_nothing(
    desk: Desk,
) -> None:
    request = desk.request("buy", "1", limit_price=D("99.99"))
    before = desk.wallet
    answer = await desk.worker().create_order(request)
    assert (answer.status, answer.filled) == (OrderStatus.CANCELED, 0)
    assert desk.wallet == before


async def test_without_a_price_nothing_is_sent(desk: Desk) -> None:
    account, request = desk.worker(), desk.request("buy", "1")
    desk.markets.trouble = OutcomeUnknown("timed out")
    with pytest.raises(NotSent):
        await account.create_order(request)
    desk.markets.trouble = NotSent("429", wait_s=3.0)
    with pytest.raises(NotSent) as told:
        await account.create_order(request)
    assert told.value.wait_s == 3.0
    desk.markets.trouble, desk.markets.silent = None, True
    with pytest.raises(NotSent, match="tells no price"):
        await account.create_order(request)
    assert desk.trades() == []


async def test_what_the_venue_does_not_have_is_refused(desk: Desk) -> None:
    with pytest.raises(Rejected, match="no market NO/USDT"):
        await desk.worker().create_order(desk.request("buy", "1", "NO/USDT"))


async def test_what_the_money_does_not_allow_is_refused_in_words(desk: Desk) -> None:
    with pytest.raises(Rejected, match="insufficient margin"):
        await desk.worker().create_order(desk.request("buy", "1001"))
    with pytest.raises(Rejected, match="insufficient balance"):
        await desk.worker().create_order(desk.request("buy", "100", SPOT))


async def test_an_account_without_a_wallet_is_refused(desk: Desk) -> None:
    desk.account_id = "nobody"
    with pytest.raises(Rejected, match="no wallet"):
        await desk.worker().create_order(desk.request("buy", "1"))


async def test_prices_are_asked_for_once_a_second_however_many_want_them(desk: Desk) -> None:
    account = desk.worker()
    await asyncio.gather(*(account.create_order(desk.request("buy", "1")) for _ in range(5)))
    assert desk.markets.asked == [PERPETUAL]
    desk.clock.advance(1.1)
    desk.markets.prices[PERPETUAL] = "101"
    answer = await account.create_order(desk.request("buy", "1"))
    assert answer.average_price == 101


async def test_other_positions_count_at_their_marks(desk: Desk) -> None:
    desk.markets.prices["ETH/USDT:USDT"] = "100"
    await desk.worker().create_order(desk.request("buy", "500", "ETH/USDT:USDT"))
    desk.markets.prices["ETH/USDT:USDT"] = "90"  # 4,950 left, and 4,500 are margin
    with pytest.raises(Rejected, match="insufficient margin"):
        await desk.worker().create_order(desk.request("buy", "46"))
    assert await desk.worker().create_order(desk.request("buy", "44"))


async def test_ruin_is_a_liquidation_that_the_positions_show(desk: Desk) -> None:
    account = desk.worker()
    await account.create_order(desk.request("buy", "990"))
    desk.clock.advance(31)
    desk.markets.prices[PERPETUAL] = "90.1"
    assert len(await account.positions()) == 1
    desk.clock.advance(31)
    desk.markets.prices[PERPETUAL] = "89.9"
    assert await account.positions() == []
    [_, gone] = desk.trades()
    assert (gone.order_id, gone.price, gone.quantity) == ("liquidation-2", D("89.9"), 990)
    assert desk.wallet.cash == {"USDT": 0}
    assert desk.wallet.liquidated_ms == desk.clock()
    with pytest.raises(Rejected, match="insufficient margin"):
        await account.create_order(desk.request("buy", "1"))
    with pytest.raises(Rejected, match="holds nothing"):
        await account.create_order(desk.request("sell", "990", reduce_only=True))


async def test_nobody_is_liquidated_at_a_price_that_nobody_tells(desk: Desk) -> None:
    account = desk.worker()
    await account.create_order(desk.request("buy", "990"))
    desk.markets.prices[PERPETUAL] = "50"
    desk.markets.trouble = NotSent("down")
    desk.clock.advance(31)
    assert len(await account.positions()) == 1


async def test_an_exit_goes_through_whatever_the_margin(desk: Desk) -> None:
    account = desk.worker()
    await account.create_order(desk.request("buy", "990"))
    desk.clock.advance(31)
    desk.markets.prices[PERPETUAL] = "91"
    closed = await account.create_order(desk.request("sell", "990", reduce_only=True))
    assert closed.filled == 990
    assert desk.wallet.positions == {}


async def test_past_trades_are_told_in_pages(desk: Desk) -> None:
    account = desk.worker()
    for _ in range(3):
        await account.create_order(desk.request("buy", "1"))
        desk.clock.advance(1)
    await account.create_order(desk.request("buy", "1", SPOT))
    trades = [replace(trade, seen_ms=desk.clock()) for trade in desk.trades()]
    assert await account.fills_since(trades[1].traded_ms, ()) == trades[1:]
    assert await account.symbols_traded(trades[3].traded_ms) == {SPOT, PERPETUAL}
    page = await account.history(trades[0].traded_ms, trades[2].traded_ms, (), None)
    assert (list(page.fills), page.next_token) == (trades[:3], None)
    assert {trade.venue for trade in trades} == {"paper:okx"}


async def test_its_balances_are_told_and_it_may_trade_and_not_withdraw(desk: Desk) -> None:
    await desk.worker().create_order(desk.request("buy", "1", SPOT))
    report = await desk.worker().key_report()
    assert report.balances == {"USDT": D("9899.9"), "BTC": D(1)}
    may = report.permissions
    assert (may.read, may.trade, may.withdraw) == (True, True, False)


async def test_its_wallet_is_told_as_a_venue_tells_one(desk: Desk) -> None:
    await desk.worker().create_order(desk.request("buy", "1", SPOT))
    await desk.worker().create_order(desk.request("sell", "2"))
    told = await desk.worker().wallet()
    assert told.coins == {"USDT": D("9899.7"), "BTC": D(1)}
    assert told.positions == (Position(PERPETUAL, PositionSide.NET, D(-2), D(100)),)


async def test_it_streams_nothing(desk: Desk) -> None:
    account = desk.worker()
    assert not account.streams_fills
    with pytest.raises(Rejected):
        account.watch_fills(asyncio.Event())


async def test_a_claim_that_is_old_does_not_hide_its_order(desk: Desk) -> None:
    request = desk.request("buy", "1")
    await desk.worker().create_order(request)
    later = replace(request, claimed_ms=request.claimed_ms + 60_000)
    assert await desk.worker().find_order(later) is not None
