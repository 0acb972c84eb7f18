"""Kraken's look-ups: objects under their ids, the newest first, fifty a page."""

from bisect import bisect_right
from collections.abc import Callable
from typing import TypeVar

from pilotfish_local.exchange.api import READ, Call, Endpoint
from pilotfish_local.exchange.engine.instruments import KRAKEN
from pilotfish_local.exchange.engine.orders import Order, Reason, Refused
from pilotfish_local.exchange.exchange import Exchange
from pilotfish_local.exchange.kraken.errors import bad_argument
from pilotfish_local.exchange.kraken.ids import order_id, order_txid, trade_txid
from pilotfish_local.exchange.kraken.views import order_view, trade_view
from pilotfish_local.exchange.lookups import find_order, seen_fills, seen_orders

PAGE = 50
MOST_TXIDS = 50
Row = TypeVar("Row")


def query_orders(exchange: Exchange, call: Call) -> object:
    """POST QueryOrders: of the ids asked for; one that is unknown fails them all."""
    txids = [txid for txid in call.params.get("txid", "").split(",") if txid]
    if not 0 < len(txids) <= MOST_TXIDS:
        raise bad_argument("txid")
    found = {}
    for txid in txids:
        number = order_id(txid)
        order = find_order(exchange, call, number, None) if number is not None else None
        if order is None:
            raise Refused(Reason.UNKNOWN_ORDER)
        found[txid] = order_view(exchange, order, trades=call.flag("trades"))
    return found


def open_orders(exchange: Exchange, call: Call) -> object:
    """POST OpenOrders: all of them, or those of a client id."""
    orders = seen_orders(exchange, call, only_open=True)
    return {"open": _views(exchange, call, _of_client_id(call, orders))}


def closed_orders(exchange: Exchange, call: Call) -> object:
    """POST ClosedOrders, by the time of closing."""
    orders = [order for order in seen_orders(exchange, call) if not order.is_open]
    ended = sorted(_of_client_id(call, orders), key=lambda order: order.updated_ns)
    page, count = _page(exchange, call, ended, lambda order: order.updated_ns)
    return {"closed": _views(exchange, call, page), "count": count}


def trades_history(exchange: Exchange, call: Call) -> object:
    """POST TradesHistory: the fills of all pairs."""
    page, count = _page(exchange, call, seen_fills(exchange, call), lambda fill: fill.at_ns)
    return {"trades": {trade_txid(f): trade_view(exchange, f) for f in page}, "count": count}


def _of_client_id(call: Call, orders: list[Order]) -> list[Order]:
    wanted = call.params.get("cl_ord_id")
    return [order for order in orders if wanted in (None, order.given_client_id)]


def _views(exchange: Exchange, call: Call, orders: list[Order]) -> dict[str, object]:
    trades = call.flag("trades")
    return {order_txid(o): order_view(exchange, o, trades=trades) for o in orders}


def _page(
    exchange: Exchange, call: Call, rows: list[Row], at_ns: Callable[[Row], int]
) -> tuple[list[Row], int]:
    """Newest first, `ofs` into them; `start` is left out itself, `end` is not.

    `rows` are in order of time.
    """
    start, end = call.decimal("start"), call.decimal("end")

    def micros(row: Row) -> int:
        return exchange.clock.to_us(KRAKEN, at_ns(row))

    first = 0 if start is None else bisect_right(rows, int(start * 1_000_000), key=micros)
    last = len(rows) if end is None else bisect_right(rows, int(end * 1_000_000), key=micros)
    upto = max(first, last - (call.integer("ofs", 0) or 0))
    return rows[max(first, upto - PAGE) : upto][::-1], max(0, last - first)


HISTORY_ENDPOINTS: dict[str, Endpoint] = {
    "QueryOrders": Endpoint(KRAKEN, "order_lookup", READ, 1, query_orders),
    "OpenOrders": Endpoint(KRAKEN, "order_lookup", READ, 1, open_orders),
    "ClosedOrders": Endpoint(KRAKEN, "order_lookup", READ, 1, closed_orders),
    "TradesHistory": Endpoint(KRAKEN, "fills", READ, 2, trades_history),
}
