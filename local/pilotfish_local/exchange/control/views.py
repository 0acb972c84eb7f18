"""The book, the accounts and the markets as the control plane shows them."""

from pilotfish_local.exchange.engine.accounts import Account
from pilotfish_local.exchange.engine.decimals import plain
from pilotfish_local.exchange.engine.market import Market
from pilotfish_local.exchange.engine.orders import Order, Rejection
from pilotfish_local.exchange.exchange import Exchange
from pilotfish_local.exchange.ids import public_fill_id, public_order_id

Json = dict[str, object]


def order_view(order: Order) -> Json:
    """An order of the book; times are integer nanoseconds, quantities decimal text."""
    return {
        "order_id": public_order_id(order),
        "client_id": order.client_id,
        "account": order.account,
        "venue": order.instrument.venue,
        "symbol": order.instrument.symbol,
        "unified": order.instrument.unified,
        "side": order.side,
        "type": order.type,
        "qty": plain(order.qty),
        "price": plain(order.price) if order.price is not None else None,
        "reduce_only": order.reduce_only,
        "position_side": order.position_side,
        "accepted_at": order.accepted_ns,
        "status": order.status,
        "filled": plain(order.filled),
        "fills": [
            {
                "trade_id": public_fill_id(fill),
                "qty": plain(fill.qty),
                "price": plain(fill.price),
                "at_ns": fill.at_ns,
                "maker": fill.maker,
                "fee": plain(fill.fee),
                "fee_asset": fill.fee_asset,
                "realized": plain(fill.realized),
            }
            for fill in order.fills
        ],
    }


def rejection_view(rejection: Rejection) -> Json:
    """An attempt that the venue refused."""
    return {name: getattr(rejection, name) for name in Rejection.__slots__}


def account_view(exchange: Exchange, account: Account) -> Json:
    """An account's balances and the positions that are not flat."""
    return {
        "name": account.name,
        "venue": account.venue,
        "key": account.key,
        "enabled": account.enabled,
        "expired": account.expired,
        "can_trade": account.can_trade,
        "can_withdraw": account.can_withdraw,
        "hedge": account.hedge,
        "balances": {
            asset: {"total": plain(held.total), "locked": plain(held.locked)}
            for asset, held in account.balances.items()
        },
        "positions": [
            {
                "symbol": position.symbol,
                "side": position.side,
                "amount": plain(position.amount),
                "entry": plain(position.entry),
                "realized": plain(position.realized),
                "commission": plain(position.commission),
            }
            for position in account.positions.values()
            if position.amount or position.realized
        ],
        "open_orders": len(exchange.engine.book.open_of(account.name)),
    }


def market_view(market: Market) -> Json:
    """A market with its filters."""
    i = market.instrument
    grid = {name: plain(getattr(i, name)) for name in ("tick", "step", "min_qty", "max_qty")}
    return {
        "venue": i.venue,
        "symbol": i.symbol,
        "status": market.status,
        "bid": plain(market.bid),
        "ask": plain(market.ask),
        "last": plain(market.last),
        "pinned": market.pinned,
        "ticks": market.ticks,
        **grid,
        "min_notional": plain(i.min_notional),
        "contract_value": plain(i.contract_value),
        "taker": plain(i.taker),
        "maker": plain(i.maker),
    }


def summary(exchange: Exchange) -> Json:
    """How much is in the book, in numbers alone."""
    book = exchange.engine.book
    states: dict[str, int] = {}
    accounts: dict[str, int] = {}
    for order in book.orders:
        states[order.status] = states.get(order.status, 0) + 1
        accounts[order.account] = accounts.get(order.account, 0) + 1
    return {
        "orders": len(book.orders),
        "fills": sum(len(order.fills) for order in book.orders),
        "rejected": len(book.rejections),
        "by_status": states,
        "by_account": accounts,
    }
