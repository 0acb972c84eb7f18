"""What a paper account makes of an order: price, fee, money, margin."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.fills import Liquidity, PositionSide, Side
from pilotfish.domain.instruments import Instrument, kind_of
from pilotfish.domain.paper.liquidation import liquidated, ruined
from pilotfish.domain.paper.matching import Filled, Refused, Unfilled, place
from pilotfish.domain.paper.prices import PublicMarket, mark_of, touch
from pilotfish.domain.paper.wallet import (
    BadPaperTerms,
    Held,
    PaperWallet,
    holdings_of,
    opened,
    reset,
)
from pilotfish.domain.tickers import Ticker
from pilotfish.domain.venues import OrderRequest, Position

NOW_MS = 1_700_000_000_000
PERPETUAL, SPOT = "BTC/USDT:USDT", "BTC/USDT"


def d(value: str) -> Decimal:
    return Decimal(value)


def a_market(symbol: str = PERPETUAL, price: str = "100", **more: Any) -> PublicMarket:
    instrument = Instrument(
        symbol=symbol,
        kind=kind_of(symbol),
        lot=d("0.001"),
        tick=d("0.1"),
        min_quantity=d("0.002"),
        min_notional=d("5"),
        open=more.pop("open", True),
    )
    at = d(price)
    ticker = Ticker(symbol, at, at - d("0.1"), at + d("0.1"), at, NOW_MS)
    return PublicMarket(instrument, ticker, d("0.001"), more.pop("hedged", True))


def a_request(side: str, quantity: str, symbol: str = PERPETUAL, **more: Any) -> OrderRequest:
    named: dict[str, Any] = {
        "client_order_id": "pf1",
        "symbol": symbol,
        "side": Side(side),
        "position_side": PositionSide.NET,
        "quantity": d(quantity),
        "reduce_only": False,
        "claimed_ms": NOW_MS,
    }
    return OrderRequest(**(named | more))


def a_wallet(**more: Any) -> PaperWallet:
    return replace(opened("pam", "okx", d("1000"), NOW_MS, slippage=d("0.01")), **more)


def placed(wallet: PaperWallet, request: OrderRequest, market: PublicMarket) -> Any:
    touched = touch(market.ticker, request.side, NOW_MS)
    assert touched is not None
    return place(wallet, request, market, touched, NOW_MS)


def filled(wallet: PaperWallet, request: OrderRequest, market: PublicMarket) -> Filled:
    done = placed(wallet, request, market)
    assert isinstance(done, Filled), done
    return done


def test_a_buy_pays_what_is_asked_and_the_slippage_at_the_next_worse_tick() -> None:
    done = filled(a_wallet(), a_request("buy", "1"), a_market())
    assert done.fill.price == d("101.2")  # 100.1 and 1 % is 101.101
    assert done.fill.fee == d("0.1012")
    assert (done.fill.fee_currency, done.fill.liquidity) == ("USDT", Liquidity.TAKER)
    assert (done.fill.venue, done.fill.order_id) == ("paper:okx", "paper-1")


def test_a_sell_gets_what_is_bid_less_the_slippage_at_the_next_worse_tick() -> None:
    done = filled(a_wallet(), a_request("sell", "1"), a_market())
    assert done.fill.price == d("98.9")  # 99.9 less 1 % is 98.901


@pytest.mark.parametrize(
    ("side", "reached", "missed"), [("buy", "101.2", "101.1"), ("sell", "98.9", "99")]
)
def test_a_limit_is_kept_with_the_slippage_in_it(side: str, reached: str, missed: str) -> None:
    at = a_request(side, "1", limit_price=d(reached))
    assert isinstance(placed(a_wallet(), at, a_market()), Filled)
    beyond = a_request(side, "1", limit_price=d(missed))
    assert placed(a_wallet(), beyond, a_market()) == Unfilled()


def test_spot_pays_in_the_quote_and_holds_coins() -> None:
    done = filled(a_wallet(), a_request("buy", "2", SPOT), a_market(SPOT))
    assert done.wallet.cash == {"USDT": d("1000") - d("202.4") - d("0.2024"), "BTC": d("2")}
    assert holdings_of(done.wallet) == [Position(SPOT, PositionSide.NET, d("2"))]
    sold = filled(done.wallet, a_request("sell", "2", SPOT), a_market(SPOT))
    assert sold.wallet.cash == {"USDT": done.wallet.of("USDT") + d("197.8") - d("0.1978")}
    assert holdings_of(sold.wallet) == []
    assert sold.fill.trade_id == "2"


@pytest.mark.parametrize(("side", "quantity"), [("buy", "9.9"), ("sell", "0.1")])
def test_spot_neither_borrows_nor_sells_short(side: str, quantity: str) -> None:
    refused = placed(a_wallet(), a_request(side, quantity, SPOT), a_market(SPOT))
    assert isinstance(refused, Refused)
    assert "insufficient balance" in refused.why


def test_spot_does_not_spend_the_margin_of_positions() -> None:
    held = {f"{PERPETUAL}#net": Held(d("50"), d("100"), d("100"))}  # needs 500
    wallet = a_wallet(positions=held)
    assert isinstance(placed(wallet, a_request("buy", "4", SPOT), a_market(SPOT)), Filled)
    assert isinstance(placed(wallet, a_request("buy", "5", SPOT), a_market(SPOT)), Refused)


def test_a_position_is_entered_enlarged_reduced_and_turned() -> None:
    wallet = a_wallet(slippage=d("0"))
    first = filled(wallet, a_request("buy", "1"), a_market(price="99.9")).wallet
    more = filled(first, a_request("buy", "1"), a_market(price="109.9")).wallet
    assert more.positions[f"{PERPETUAL}#net"].entry_price == 105
    less = filled(more, a_request("sell", "1"), a_market(price="120.1")).wallet
    assert less.positions[f"{PERPETUAL}#net"].entry_price == 105
    fees = (d("100") + d("110") + d("120")) * d("0.001")
    assert less.of("USDT") == 1000 + 15 - fees
    turned = filled(less, a_request("sell", "3"), a_market(price="90.1")).wallet
    assert turned.positions[f"{PERPETUAL}#net"].quantity == -2
    assert turned.positions[f"{PERPETUAL}#net"].entry_price == 90
    assert turned.of("USDT") == 1000 + 15 - 15 - fees - d("0.27")


def test_reduce_only_closes_what_is_held_and_no_more() -> None:
    wallet = filled(a_wallet(), a_request("buy", "1"), a_market()).wallet
    closing = a_request("sell", "5", reduce_only=True)
    closed = filled(wallet, closing, a_market())
    assert (closed.fill.quantity, closed.wallet.positions) == (1, {})
    assert isinstance(placed(closed.wallet, closing, a_market()), Refused)
    same_way = a_request("buy", "1", reduce_only=True)
    assert isinstance(placed(wallet, same_way, a_market()), Refused)


def test_the_sides_of_a_hedged_account_are_apart() -> None:
    long = a_request("buy", "1", position_side=PositionSide.LONG)
    short = a_request("sell", "2", position_side=PositionSide.SHORT)
    both = filled(filled(a_wallet(), long, a_market()).wallet, short, a_market()).wallet
    assert {key: held.quantity for key, held in both.positions.items()} == {
        f"{PERPETUAL}#long": d("1"),
        f"{PERPETUAL}#short": d("-2"),
    }
    assert isinstance(placed(a_wallet(), long, a_market(hedged=False)), Refused)
    assert isinstance(placed(a_wallet(), replace(long, side=Side.SELL), a_market()), Refused)


@pytest.mark.parametrize(
    ("request_", "market", "words"),
    [
        (a_request("buy", "0"), a_market(), "multiple"),
        (a_request("buy", "0.0015"), a_market(), "multiple"),
        (a_request("buy", "0.001"), a_market(), "minimum of 0.002"),
        (a_request("buy", "0.04"), a_market(), "minimum notional"),
        (a_request("buy", "1"), a_market(open=False), "not traded now"),
    ],
)
def test_what_the_real_venue_refuses(
    request_: OrderRequest, market: PublicMarket, words: str
) -> None:
    refused = placed(a_wallet(), request_, market)
    assert isinstance(refused, Refused)
    assert words in refused.why


def test_a_small_rest_may_be_closed() -> None:
    wallet = a_wallet(positions={f"{PERPETUAL}#net": Held(d("0.04"), d("100"), d("100"))})
    assert filled(wallet, a_request("sell", "0.04", reduce_only=True), a_market())


def test_an_order_beyond_the_margin_is_refused_and_one_that_closes_is_not() -> None:
    wallet = a_wallet(slippage=d("0"))
    assert isinstance(placed(wallet, a_request("buy", "101"), a_market()), Refused)
    big = filled(wallet, a_request("buy", "90"), a_market()).wallet
    assert isinstance(placed(big, a_request("buy", "20"), a_market()), Refused)
    fallen = a_market(price="91")
    poor = big.marked({PERPETUAL: d("91")})
    assert poor.margin("USDT") > poor.equity("USDT")
    assert filled(poor, a_request("sell", "10"), fallen)
    assert isinstance(placed(poor, a_request("buy", "1"), fallen), Refused)


def test_the_margin_of_all_positions_in_a_currency_counts() -> None:
    other = {"ETH/USDT:USDT#net": Held(d("-90"), d("100"), d("100"))}
    assert isinstance(
        placed(a_wallet(positions=other), a_request("buy", "20"), a_market()), Refused
    )
    elsewhere = {"ETH/USDC:USDC#net": Held(d("-90"), d("100"), d("100"))}
    wallet = a_wallet(positions=elsewhere, cash={"USDT": d("1000"), "USDC": d("1000")})
    assert filled(wallet, a_request("buy", "20"), a_market())


def test_equity_at_zero_closes_everything_in_its_currency() -> None:
    wallet = a_wallet(
        cash={"USDT": d("100"), "USDC": d("100"), "ETH": d("3")},
        positions={
            f"{PERPETUAL}#net": Held(d("10"), d("100"), d("91")),
            "ETH/USDT:USDT#short": Held(d("-1"), d("50"), d("60")),
            "BTC/USDC:USDC#net": Held(d("10"), d("100"), d("91")),
        },
    )
    tethers = {PERPETUAL, "ETH/USDT:USDT"}
    assert ruined(wallet, tethers) == "USDT"  # 100 less 90 less 10
    assert ruined(wallet, {PERPETUAL, "BTC/USDC:USDC"}) is None  # nobody knows of the other
    after, fills = liquidated(wallet, "USDT", NOW_MS)
    assert [(f.symbol, f.side, f.quantity, f.price, f.fee) for f in fills] == [
        (PERPETUAL, Side.SELL, d("10"), d("91"), 0),
        ("ETH/USDT:USDT", Side.BUY, d("1"), d("60"), 0),
    ]
    assert [f.trade_id for f in fills] == ["1", "2"]
    assert {f.order_id for f in fills} == {"liquidation-1", "liquidation-2"}
    assert after.cash == {"USDT": 0, "USDC": d("100"), "ETH": d("3")}
    assert set(after.positions) == {"BTC/USDC:USDC#net"}
    assert (after.liquidated_ms, after.executed) == (NOW_MS, 2)
    assert after.version == wallet.version + 1


def test_a_position_that_still_has_equity_is_left_alone() -> None:
    held = {f"{PERPETUAL}#net": Held(d("10"), d("100"), d("90.1"))}
    assert ruined(a_wallet(cash={"USDT": d("100")}, positions=held), {PERPETUAL}) is None


def test_a_price_that_is_no_offer_grows_old() -> None:
    alone = Ticker(SPOT, d("100"), None, None, None, NOW_MS)
    assert touch(alone, Side.BUY, NOW_MS + 60_000) == 100
    assert touch(alone, Side.BUY, NOW_MS + 60_001) is None
    assert mark_of(alone, NOW_MS + 60_001) is None
    offered = replace(alone, ask=d("101"), mark=d("100.5"))
    assert touch(offered, Side.BUY, NOW_MS + 60_001) == 101
    assert mark_of(offered, NOW_MS + 60_001) == d("100.5")


def test_where_markets_are_in_dollars_the_balance_is() -> None:
    assert opened("pam", "kraken", d("1"), NOW_MS).cash == {"USD": d("1")}
    assert opened("pam", "okx", d("1"), NOW_MS).cash == {"USDT": d("1")}
    assert opened("pam", "okx", d("1"), NOW_MS, currency="USDC").cash == {"USDC": d("1")}


@pytest.mark.parametrize(
    ("terms", "named"),
    [
        ({"balance": d("0")}, "balance"),
        ({"balance": d("NaN")}, "balance"),
        ({"balance": d("1e10")}, "balance"),
        ({"slippage": d("0.1")}, "slippage"),
        ({"slippage": d("-1")}, "slippage"),
        ({"leverage": d("0.5")}, "leverage"),
        ({"leverage": d("126")}, "leverage"),
    ],
)
def test_terms_that_make_no_sense_are_named(terms: dict[str, Decimal], named: str) -> None:
    with pytest.raises(BadPaperTerms, match=named):
        opened("pam", "okx", now_ms=NOW_MS, **({"balance": d("1")} | terms))  # type: ignore[arg-type]


def test_a_reset_gives_the_money_back_and_keeps_the_numbers() -> None:
    wallet = filled(a_wallet(), a_request("buy", "1"), a_market()).wallet
    again = reset(wallet, d("500"), NOW_MS + 1)
    assert (again.cash, again.positions, again.epoch) == ({"USDT": d("500")}, {}, 2)
    assert (again.executed, again.version) == (1, wallet.version + 1)
    assert (again.slippage, again.opened_ms) == (wallet.slippage, NOW_MS + 1)
