"""Trades that an account made before the exchange was started, for whoever reads its history."""

from collections.abc import Sequence

from pilotfish_local.exchange.engine.accounts import Account
from pilotfish_local.exchange.engine.book import Book
from pilotfish_local.exchange.engine.decimals import ZERO
from pilotfish_local.exchange.engine.market import Market
from pilotfish_local.exchange.engine.orders import BUY, SELL, Fill, Order, auto_client_id

NS_PER_MS = 1_000_000
AT_ONCE = 3  # Trades that share a millisecond.


def trade_in_the_past(
    book: Book,
    account: Account,
    markets: Sequence[Market],
    count: int,
    since_ms: int,
    until_ms: int,
) -> None:
    """Write `count` trades, one market after the other, over a period (the venue's time).

    Buys and sells take turns and leave no position; balances stay as they are.
    """
    for number in range(count):
        passed = number - number % AT_ONCE
        at_ms = since_ms + (until_ms - since_ms) * passed // count
        market = markets[number % len(markets)]
        side = SELL if number // len(markets) % 2 else BUY
        book.add_past(_filled(book, account, market, side, at_ms * NS_PER_MS))
    book.put_fills_in_order(account.name)


def _filled(book: Book, account: Account, market: Market, side: str, at_ns: int) -> Order:
    instrument, trade_id = market.instrument, market.next_past_trade_id()
    order_id = book.next_order_id()
    order = Order(
        id=order_id,
        client_id=auto_client_id(order_id),
        account=account.name,
        instrument=instrument,
        side=side,
        type="MARKET",
        qty=instrument.step * (1 + trade_id % 7),
        price=None,
        time_in_force="GTC",
        reduce_only=False,
        position_side="BOTH",
        accepted_ns=at_ns,
    )
    price = instrument.start_price + instrument.tick * (trade_id % 100)
    fee = instrument.notional(order.qty, price) * instrument.taker
    asset = instrument.quote if instrument.is_spot else instrument.settle
    realized = fee if side == SELL and not instrument.is_spot else ZERO
    order.apply(
        Fill(
            trade_id=trade_id,
            order=order,
            qty=order.qty,
            price=price,
            at_ns=at_ns,
            maker=False,
            fee=fee,
            fee_asset=asset,
            realized=realized,
            number=book.next_past_fill_number(),
        )
    )
    return order
