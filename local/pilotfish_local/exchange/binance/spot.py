"""Binance spot: orders, trades and balances as /api/v3 gives them."""

from decimal import Decimal

from pilotfish_local.exchange.api import READ, TRADE, Call, Endpoint
from pilotfish_local.exchange.binance import order_requests as shared
from pilotfish_local.exchange.binance.errors import missing, problem
from pilotfish_local.exchange.engine.decimals import fixed
from pilotfish_local.exchange.engine.instruments import BINANCE
from pilotfish_local.exchange.engine.orders import Fill, Order
from pilotfish_local.exchange.exchange import Exchange

DAY_MS = 86_400_000


def order_view(exchange: Exchange, order: Order) -> dict[str, object]:
    """An order as look-ups return it."""
    clock = exchange.clock
    return {
        **_common(order),
        "time": clock.to_ms(BINANCE, order.accepted_ns),
        "updateTime": clock.to_ms(BINANCE, order.updated_ns),
        "workingTime": clock.to_ms(BINANCE, order.accepted_ns),
        "isWorking": True,
        "stopPrice": "0.00000000",
        "icebergQty": "0.00000000",
    }


def _common(order: Order) -> dict[str, object]:
    return {
        "symbol": order.instrument.symbol,
        "orderId": order.id,
        "orderListId": -1,
        "clientOrderId": order.client_id,
        "price": fixed(order.price or Decimal(0)),
        "origQty": fixed(order.qty),
        "executedQty": fixed(order.filled),
        "origQuoteOrderQty": "0.00000000",
        "cummulativeQuoteQty": fixed(order.quote_filled),
        "status": order.status,
        "timeInForce": order.time_in_force,
        "type": order.type,
        "side": order.side,
        "selfTradePreventionMode": "NONE",
    }


def create(exchange: Exchange, call: Call) -> object:
    """POST /api/v3/order, answered as newOrderRespType=FULL."""
    order = shared.place(exchange, call)
    return {
        **_common(order),
        "transactTime": exchange.clock.to_ms(BINANCE, order.updated_ns),
        "workingTime": exchange.clock.to_ms(BINANCE, order.accepted_ns),
        "fills": [
            {
                "price": fixed(fill.price),
                "qty": fixed(fill.qty),
                "commission": fixed(fill.fee),
                "commissionAsset": fill.fee_asset,
                "tradeId": fill.trade_id,
            }
            for fill in order.fills
        ],
    }


def fetch(exchange: Exchange, call: Call) -> object:
    """GET /api/v3/order."""
    return order_view(exchange, shared.look_up(exchange, call))


def cancel(exchange: Exchange, call: Call) -> object:
    """DELETE /api/v3/order."""
    order = shared.cancel(exchange, call)
    return {
        **_common(order),
        "origClientOrderId": order.client_id,
        "transactTime": exchange.clock.to_ms(BINANCE, order.updated_ns),
    }


def cancel_all(exchange: Exchange, call: Call) -> object:
    """DELETE /api/v3/openOrders."""
    orders = shared.open_orders(exchange, call)
    for order in orders:
        exchange.engine.cancel(call.owner, order)
    return [order_view(exchange, order) for order in orders]


def open_orders(exchange: Exchange, call: Call) -> object:
    """GET /api/v3/openOrders."""
    return [order_view(exchange, order) for order in shared.open_orders(exchange, call)]


def all_orders(exchange: Exchange, call: Call) -> object:
    """GET /api/v3/allOrders."""
    if not call.params.get("symbol"):
        raise missing("symbol")
    return [order_view(exchange, order) for order in shared.all_orders(exchange, call)]


def trade_view(exchange: Exchange, fill: Fill) -> dict[str, object]:
    """A fill as /api/v3/myTrades returns it."""
    buys = fill.order.side == "BUY"
    return {
        "symbol": fill.order.instrument.symbol,
        "id": fill.trade_id,
        "orderId": fill.order.id,
        "orderListId": -1,
        "price": fixed(fill.price),
        "qty": fixed(fill.qty),
        "quoteQty": fixed(shared.quote_value(fill)),
        "commission": fixed(fill.fee),
        "commissionAsset": fill.fee_asset,
        "time": exchange.clock.to_ms(BINANCE, fill.at_ns),
        "isBuyer": buys,
        "isMaker": fill.maker,
        "isBestMatch": True,
    }


def my_trades(exchange: Exchange, call: Call) -> object:
    """GET /api/v3/myTrades: a window of at most a day, and fromId excludes times."""
    start, end = call.integer("startTime"), call.integer("endTime")
    if start is not None and end is not None and end - start > DAY_MS:
        raise problem(-1127)
    return [trade_view(exchange, fill) for fill in shared.my_fills(exchange, call)]


def account(exchange: Exchange, call: Call) -> object:
    """GET /api/v3/account."""
    owner = call.owner
    return {
        "makerCommission": 10,
        "takerCommission": 10,
        "buyerCommission": 0,
        "sellerCommission": 0,
        "canTrade": owner.can_trade,
        "canWithdraw": False,
        "canDeposit": True,
        "updateTime": exchange.clock.now_ms(BINANCE),
        "accountType": "SPOT",
        "balances": [
            {"asset": asset, "free": fixed(held.free), "locked": fixed(held.locked)}
            for asset, held in owner.balances.items()
        ],
        "permissions": ["SPOT"],
        "uid": owner.user_id,
    }


SPOT_ENDPOINTS: dict[tuple[str, str], Endpoint] = {
    ("POST", "/api/v3/order"): Endpoint(BINANCE, "order_create", TRADE, 1, create),
    ("GET", "/api/v3/order"): Endpoint(BINANCE, "order_lookup", READ, 4, fetch),
    ("DELETE", "/api/v3/order"): Endpoint(BINANCE, "order_cancel", TRADE, 1, cancel),
    ("GET", "/api/v3/openOrders"): Endpoint(BINANCE, "order_lookup", READ, 6, open_orders),
    ("DELETE", "/api/v3/openOrders"): Endpoint(BINANCE, "order_cancel", TRADE, 1, cancel_all),
    ("GET", "/api/v3/allOrders"): Endpoint(BINANCE, "order_lookup", READ, 20, all_orders),
    ("GET", "/api/v3/myTrades"): Endpoint(BINANCE, "fills", READ, 20, my_trades),
    ("GET", "/api/v3/account"): Endpoint(BINANCE, "balance", READ, 20, account),
}
