"""Kraken's orders and fills as JSON: amounts as text, times as seconds with a fraction."""

from pilotfish_local.exchange.engine.decimals import ZERO
from pilotfish_local.exchange.engine.instruments import KRAKEN
from pilotfish_local.exchange.engine.orders import Fill, Order
from pilotfish_local.exchange.exchange import Exchange
from pilotfish_local.exchange.kraken.ids import order_txid, trade_txid
from pilotfish_local.exchange.kraken.listing import pair_id
from pilotfish_local.exchange.kraken.markets import Json, money

# A market or IOC order that finds nothing more ends as canceled; expired is for good-till-date.
STATES = {"NEW": "open", "PARTIALLY_FILLED": "open", "FILLED": "closed"}
REASONS = {"CANCELED": "User requested", "EXPIRED": "Unfilled"}


def seconds(exchange: Exchange, at_ns: int) -> float:
    """A moment of the book in Kraken's time, with microseconds."""
    return exchange.clock.to_us(KRAKEN, at_ns) / 1_000_000


def description(order: Order) -> str:
    """An order in a sentence."""
    i = order.instrument
    price = f"limit {money(i, order.price)}" if order.price is not None else "market"
    return f"{order.side.lower()} {order.qty:.8f} {i.symbol} @ {price}"


def order_view(exchange: Exchange, order: Order, *, trades: bool = False) -> Json:
    """An order as the lists have it, under its id."""
    i = order.instrument
    fee = sum((fill.fee for fill in order.fills), ZERO)
    view: Json = {
        "refid": None,
        "userref": None,
        "status": STATES.get(order.status, "canceled"),
        "opentm": seconds(exchange, order.accepted_ns),
        "starttm": 0,
        "expiretm": 0,
        "descr": {
            "pair": i.symbol,
            "type": order.side.lower(),
            "ordertype": order.type.lower(),
            "price": money(i, order.price) if order.price is not None else "0",
            "price2": "0",
            "leverage": "none",
            "order": description(order),
            "close": "",
        },
        "vol": f"{order.qty:.8f}",
        "vol_exec": f"{order.filled:.8f}",
        "cost": f"{order.quote_filled:.5f}",
        "fee": f"{fee:.5f}",
        "price": money(i, order.average),
        "stopprice": "0.00000",
        "limitprice": "0.00000",
        "misc": "",
        "oflags": "fciq",
    }
    if order.given_client_id:
        view["cl_ord_id"] = order.given_client_id
    if not order.is_open:
        view["closetm"] = seconds(exchange, order.updated_ns)
        view["reason"] = REASONS.get(order.status)
    if trades and order.fills:
        view["trades"] = [trade_txid(fill) for fill in order.fills]
    return view


def trade_view(exchange: Exchange, fill: Fill) -> Json:
    """A fill as TradesHistory has it, under its id; the fee is in the quote currency."""
    order = fill.order
    return {
        "ordertxid": order_txid(order),
        "postxid": "TKH2SE-M7IF5-CFI7LT",
        "pair": pair_id(order.instrument),
        "time": seconds(exchange, fill.at_ns),
        "type": order.side.lower(),
        "ordertype": order.type.lower(),
        "price": money(order.instrument, fill.price),
        "cost": f"{fill.qty * fill.price:.5f}",
        "fee": f"{fill.fee:.5f}",
        "vol": f"{fill.qty:.8f}",
        "margin": "0.00000",
        "misc": "",
        "trade_id": fill.trade_id,
        "maker": fill.maker,
    }
