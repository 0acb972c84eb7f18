"""Binance USD-M futures: orders and trades as /fapi/v1 gives them."""

from decimal import Decimal

from pilotfish_local.exchange.api import READ, TRADE, Call, Endpoint
from pilotfish_local.exchange.binance import order_requests as shared
from pilotfish_local.exchange.binance.errors import problem
from pilotfish_local.exchange.binance.usdm_algo import ALGO_ENDPOINTS
from pilotfish_local.exchange.binance.usdm_positions import POSITION_ENDPOINTS
from pilotfish_local.exchange.binance.usdm_settings import SETTINGS_ENDPOINTS
from pilotfish_local.exchange.binance.usdm_wallet import WALLET_ENDPOINTS
from pilotfish_local.exchange.engine.decimals import plain
from pilotfish_local.exchange.engine.funding import Funding
from pilotfish_local.exchange.engine.instruments import BINANCEUSDM
from pilotfish_local.exchange.engine.orders import Fill, Order
from pilotfish_local.exchange.exchange import Exchange

WEEK_MS = 7 * 86_400_000


def order_view(exchange: Exchange, order: Order) -> dict[str, object]:
    """An order as /fapi/v1/order returns it."""
    clock = exchange.clock
    return {
        "orderId": order.id,
        "symbol": order.instrument.symbol,
        "status": order.status,
        "clientOrderId": order.client_id,
        "price": plain(order.price or Decimal(0)),
        "avgPrice": plain(order.average.quantize(Decimal("0.00001"))),
        "origQty": plain(order.qty),
        "executedQty": plain(order.filled),
        "cumQuote": plain(order.quote_filled),
        "timeInForce": order.time_in_force,
        "type": order.type,
        "origType": order.type,
        "reduceOnly": order.reduce_only,
        "closePosition": False,
        "side": order.side,
        "positionSide": order.position_side,
        "stopPrice": "0",
        "workingType": "CONTRACT_PRICE",
        "priceProtect": False,
        "priceMatch": "NONE",
        "selfTradePreventionMode": "EXPIRE_MAKER",
        "goodTillDate": 0,
        "time": clock.to_ms(BINANCEUSDM, order.accepted_ns),
        "updateTime": clock.to_ms(BINANCEUSDM, order.updated_ns),
    }


def create(exchange: Exchange, call: Call) -> object:
    """POST /fapi/v1/order, answered as newOrderRespType=RESULT."""
    view = order_view(exchange, shared.place(exchange, call))
    del view["time"]
    return view


def fetch(exchange: Exchange, call: Call) -> object:
    """GET /fapi/v1/order."""
    return order_view(exchange, shared.look_up(exchange, call))


def open_order(exchange: Exchange, call: Call) -> object:
    """GET /fapi/v1/openOrder: an open order, or as if there were none."""
    order = shared.look_up(exchange, call)
    if not order.is_open:
        raise problem(-2013)
    return order_view(exchange, order)


def cancel(exchange: Exchange, call: Call) -> object:
    """DELETE /fapi/v1/order."""
    return order_view(exchange, shared.cancel(exchange, call))


def cancel_all(exchange: Exchange, call: Call) -> object:
    """DELETE /fapi/v1/allOpenOrders."""
    for order in shared.open_orders(exchange, call):
        exchange.engine.cancel(call.owner, order)
    return {"code": 200, "msg": "The operation of cancel all open order is done."}


def open_orders(exchange: Exchange, call: Call) -> object:
    """GET /fapi/v1/openOrders."""
    return [order_view(exchange, order) for order in shared.open_orders(exchange, call)]


def all_orders(exchange: Exchange, call: Call) -> object:
    """GET /fapi/v1/allOrders."""
    return [order_view(exchange, order) for order in shared.all_orders(exchange, call)]


def trade_view(exchange: Exchange, fill: Fill) -> dict[str, object]:
    """A fill as /fapi/v1/userTrades returns it."""
    return {
        "symbol": fill.order.instrument.symbol,
        "id": fill.trade_id,
        "orderId": fill.order.id,
        "side": fill.order.side,
        "price": plain(fill.price),
        "qty": plain(fill.qty),
        "realizedPnl": plain(fill.realized),
        "quoteQty": plain(shared.quote_value(fill)),
        "commission": plain(fill.fee),
        "commissionAsset": fill.fee_asset,
        "time": exchange.clock.to_ms(BINANCEUSDM, fill.at_ns),
        "positionSide": fill.order.position_side,
        "buyer": fill.order.side == "BUY",
        "maker": fill.maker,
    }


def user_trades(exchange: Exchange, call: Call) -> object:
    """GET /fapi/v1/userTrades: at most seven days from startTime."""
    start, end = call.integer("startTime"), call.integer("endTime")
    if start is not None:
        if end is not None and end - start > WEEK_MS:
            raise problem(-1127, "More than 7 days between startTime and endTime.")
        call.params["endTime"] = str(end if end is not None else start + WEEK_MS)
    return [trade_view(exchange, fill) for fill in shared.my_fills(exchange, call)]


def income(exchange: Exchange, call: Call) -> object:
    """GET /fapi/v1/income: the fee of each fill, and what it realised; or one of them.

    Funding is told to who asks for it.
    """
    if call.params.get("incomeType") == "FUNDING_FEE":
        clock, paid = exchange.clock, call.owner.funding
        told = shared.paged(paid, call, lambda row: clock.to_ms(BINANCEUSDM, row.at_ns))
        return [_funding_row(exchange, each) for each in told]
    kind, fills = call.params.get("incomeType"), exchange.engine.book.fills_of(call.owner.name)
    if kind == "REALIZED_PNL":
        fills = [fill for fill in fills if fill.realized]
    paged = shared.paged(fills, call, lambda fill: exchange.clock.to_ms(BINANCEUSDM, fill.at_ns))
    rows = [row for fill in paged for row in _income_rows(exchange, fill)]
    return [row for row in rows if kind in (None, row["incomeType"])]


def _funding_row(exchange: Exchange, paid: Funding) -> dict[str, object]:
    return {
        "symbol": paid.instrument.symbol,
        "incomeType": "FUNDING_FEE",
        "income": plain(paid.amount),
        "asset": paid.instrument.settle,
        "info": "FUNDING_FEE",
        "time": exchange.clock.to_ms(BINANCEUSDM, paid.at_ns),
        "tranId": 9_000_000_000 + paid.number,
        "tradeId": "",
    }


def _income_rows(exchange: Exchange, fill: Fill) -> list[dict[str, object]]:
    rows = [("COMMISSION", -fill.fee), ("REALIZED_PNL", fill.realized)]
    return [
        {
            "symbol": fill.order.instrument.symbol,
            "incomeType": kind,
            "income": plain(amount),
            "asset": fill.fee_asset,
            "info": kind,
            "time": exchange.clock.to_ms(BINANCEUSDM, fill.at_ns),
            "tranId": fill.trade_id,
            "tradeId": str(fill.trade_id),
        }
        for kind, amount in rows
        if amount
    ]


V1 = "/fapi/v1"
USDM_ENDPOINTS: dict[tuple[str, str], Endpoint] = {
    ("POST", f"{V1}/order"): Endpoint(BINANCEUSDM, "order_create", TRADE, 0, create),
    ("GET", f"{V1}/order"): Endpoint(BINANCEUSDM, "order_lookup", READ, 1, fetch),
    ("GET", f"{V1}/openOrder"): Endpoint(BINANCEUSDM, "order_lookup", READ, 1, open_order),
    ("DELETE", f"{V1}/order"): Endpoint(BINANCEUSDM, "order_cancel", TRADE, 1, cancel),
    ("GET", f"{V1}/openOrders"): Endpoint(BINANCEUSDM, "order_lookup", READ, 1, open_orders),
    ("DELETE", f"{V1}/allOpenOrders"): Endpoint(BINANCEUSDM, "order_cancel", TRADE, 1, cancel_all),
    ("GET", f"{V1}/allOrders"): Endpoint(BINANCEUSDM, "order_lookup", READ, 5, all_orders),
    ("GET", f"{V1}/userTrades"): Endpoint(BINANCEUSDM, "fills", READ, 5, user_trades),
    ("GET", f"{V1}/income"): Endpoint(BINANCEUSDM, "fills", READ, 30, income),
    **ALGO_ENDPOINTS,
    **POSITION_ENDPOINTS,
    **SETTINGS_ENDPOINTS,
    **WALLET_ENDPOINTS,
}
