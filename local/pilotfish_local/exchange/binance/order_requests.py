"""What both Binance venues share: reading an order request, and finding orders and fills."""

from collections.abc import Callable
from decimal import Decimal
from typing import TypeVar

from pilotfish_local.exchange.api import Call
from pilotfish_local.exchange.binance.errors import missing, problem
from pilotfish_local.exchange.engine.decimals import ZERO
from pilotfish_local.exchange.engine.instruments import BINANCE, BINANCEUSDM
from pilotfish_local.exchange.engine.orders import Fill, Order, OrderRequest, Reason, Refused
from pilotfish_local.exchange.exchange import Exchange
from pilotfish_local.exchange.lookups import find_order as named_order
from pilotfish_local.exchange.lookups import seen_fills, seen_orders

PAGE = 500
LARGEST_PAGE = 1000
Row = TypeVar("Row")
TYPES = ("MARKET", "LIMIT", "LIMIT_MAKER")
IN_FORCE = {BINANCE: ("GTC", "IOC", "FOK"), BINANCEUSDM: ("GTC", "IOC", "FOK", "GTX")}


def read_order(call: Call) -> OrderRequest:
    """The order that a POST asks for; what is not modelled is refused, never ignored."""
    for name in ("symbol", "side", "type"):
        if not call.params.get(name):
            raise missing(name)
    kind = call.params["type"]
    if kind not in TYPES:
        raise problem(-1116)
    price = call.decimal("price") if kind != "MARKET" else None
    if kind != "MARKET" and price is None:
        raise missing("price")
    qty, quote_qty = call.decimal("quantity"), call.decimal("quoteOrderQty")
    if qty is None and quote_qty is None:
        raise missing("quantity")
    time_in_force = _time_in_force(call, kind)
    return OrderRequest(
        symbol=call.params["symbol"],
        side=call.params["side"],
        type=kind,
        qty=ZERO if qty is None else qty,
        price=price,
        time_in_force=time_in_force,
        reduce_only=call.flag("reduceOnly"),
        position_side=call.params.get("positionSide", "BOTH"),
        client_id=call.params.get("newClientOrderId", ""),
        post_only=kind == "LIMIT_MAKER" or time_in_force == "GTX",
        quote_qty=quote_qty if qty is None else None,
    )


def _time_in_force(call: Call, kind: str) -> str:
    """A limit order must say how long it stands, and no other order may."""
    given = call.params.get("timeInForce")
    if kind == "LIMIT":
        if not given:
            raise missing("timeInForce")
        if given not in IN_FORCE[call_venue(call)]:
            raise problem(-1115)
        return given
    if given:
        raise problem(-1106, "Parameter 'timeInForce' sent when not required.")
    return "GTC"


def place(exchange: Exchange, call: Call) -> Order:
    """Accept the order that a POST asks for."""
    request = read_order(call)
    return exchange.engine.place(call.owner, request, call.slices, call.hidden_ns)


def find_order(exchange: Exchange, call: Call) -> Order | None:
    """The order named by orderId or origClientOrderId, if it may be seen."""
    order_id, client_id = call.integer("orderId"), call.params.get("origClientOrderId")
    if order_id is None and not client_id:
        raise missing("orderId' or 'origClientOrderId")
    order = named_order(exchange, call, order_id, client_id)
    if order is None:
        return None
    return order if order.instrument.symbol == call.params.get("symbol") else None


def look_up(exchange: Exchange, call: Call) -> Order:
    """The order that a GET names, or -2013."""
    exchange.engine.market(call_venue(call), call.params.get("symbol", ""))
    order = find_order(exchange, call)
    if order is None:
        raise problem(-2013)
    return order


def cancel(exchange: Exchange, call: Call) -> Order:
    """Cancel the order that a DELETE names, or -2011."""
    order = find_order(exchange, call)
    if order is None:
        raise Refused(Reason.UNKNOWN_ORDER)
    exchange.engine.cancel(call.owner, order)
    return order


def call_venue(call: Call) -> str:
    """The venue of the account that calls."""
    return call.owner.venue


def open_orders(exchange: Exchange, call: Call) -> list[Order]:
    """Open orders, of one symbol or of all."""
    symbol = call.params.get("symbol")
    orders = seen_orders(exchange, call, only_open=True)
    return [order for order in orders if symbol in (None, order.instrument.symbol)]


def all_orders(exchange: Exchange, call: Call) -> list[Order]:
    """Orders of any state, by orderId onwards or by time, oldest first."""
    symbol, first = call.params.get("symbol"), call.integer("orderId")
    orders = [
        order for order in seen_orders(exchange, call) if symbol in (None, order.instrument.symbol)
    ]
    if first is not None:
        orders = [order for order in orders if order.id >= first]
    return paged(orders, call, lambda o: exchange.clock.to_ms(call_venue(call), o.accepted_ns))


def my_fills(exchange: Exchange, call: Call) -> list[Fill]:
    """Fills of one symbol: by fromId onwards, of one order, or by time; oldest first."""
    symbol = call.params.get("symbol")
    if not symbol:
        raise missing("symbol")
    venue = call_venue(call)
    exchange.engine.market(venue, symbol)
    order_id, first = call.integer("orderId"), call.integer("fromId")
    fills = [
        fill
        for fill in seen_fills(exchange, call)
        if fill.order.instrument.symbol == symbol
        and (order_id is None or fill.order.id == order_id)
        and (first is None or fill.trade_id >= first)
    ]
    return paged(fills, call, lambda f: exchange.clock.to_ms(venue, f.at_ns))


def paged(rows: list[Row], call: Call, at_ms: Callable[[Row], int]) -> list[Row]:
    """A page: the oldest rows when a start is given, else the newest."""
    start, end = call.integer("startTime"), call.integer("endTime")
    limit = min(call.integer("limit", PAGE) or PAGE, LARGEST_PAGE)
    if start is not None:
        rows = [row for row in rows if at_ms(row) >= start]
    if end is not None:
        rows = [row for row in rows if at_ms(row) <= end]
    anchored = start is not None or "fromId" in call.params or "orderId" in call.params
    return rows[:limit] if anchored else rows[-limit:]


def quote_value(fill: Fill) -> Decimal:
    """What a fill was worth in the quote currency."""
    return fill.qty * fill.price
