"""Kraken's AddOrder and CancelOrder."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from pilotfish_local.exchange.api import TRADE, Call, Endpoint
from pilotfish_local.exchange.engine.decimals import ZERO
from pilotfish_local.exchange.engine.instruments import KRAKEN
from pilotfish_local.exchange.engine.orders import BUY, Order, OrderRequest, Reason, Refused
from pilotfish_local.exchange.exchange import Exchange
from pilotfish_local.exchange.kraken.errors import DEADLINE, bad_argument, problem
from pilotfish_local.exchange.kraken.ids import order_id, order_txid
from pilotfish_local.exchange.kraken.markets import market_named
from pilotfish_local.exchange.kraken.views import description
from pilotfish_local.exchange.lookups import find_order

TYPES = {"market": "MARKET", "limit": "LIMIT"}
IN_FORCE = ("GTC", "IOC", "FOK")
FLAGS = frozenset({"post", "fciq", "viqc", "nompp"})
NOT_MODELLED = ("price2", "leverage", "trigger", "displayvol", "starttm", "expiretm", "validate")
LONGEST_DEADLINE_S = 60


def read_order(exchange: Exchange, call: Call) -> OrderRequest:
    """The order that a form asks for; what is not modelled is refused, never ignored."""
    params = call.params
    for name in params:
        if name in NOT_MODELLED or name.startswith("close["):
            raise bad_argument(name)
    market = market_named(exchange, params.get("pair", ""))
    if market is None:
        raise Refused(Reason.UNKNOWN_SYMBOL)
    kind, volume = TYPES.get(params.get("ordertype", "")), call.decimal("volume")
    flags = {flag for flag in params.get("oflags", "").split(",") if flag}
    if kind is None:
        raise bad_argument("ordertype")
    if volume is None:
        raise bad_argument("volume")
    price = call.decimal("price") if kind == "LIMIT" else None
    if kind == "LIMIT" and price is None:
        raise bad_argument("price")
    by_cost = "viqc" in flags
    if flags - FLAGS or (by_cost and kind == "LIMIT"):
        raise bad_argument("oflags")
    time_in_force = params.get("timeinforce", "GTC").upper()
    if time_in_force not in IN_FORCE or (kind == "MARKET" and time_in_force == "FOK"):
        raise bad_argument("timeinforce")
    return OrderRequest(
        symbol=market.instrument.symbol,
        side=params.get("type", "").upper(),
        type=kind,
        qty=ZERO if by_cost else volume,
        price=price,
        time_in_force=time_in_force,
        reduce_only=call.flag("reduce_only"),
        client_id=params.get("cl_ord_id", ""),
        post_only="post" in flags,
        quote_qty=volume if by_cost else None,
    )


def add(exchange: Exchange, call: Call) -> object:
    """POST AddOrder: answered with the order's id and nothing about its fills."""
    request = read_order(exchange, call)
    _check_deadline(exchange, call.params.get("deadline"))
    _check_fee(exchange, call, request)
    order = exchange.engine.place(call.owner, request, call.slices, call.hidden_ns)
    answer: dict[str, object] = {
        "descr": {"order": description(order)},
        "txid": [order_txid(order)],
    }
    if order.given_client_id:
        answer["cl_ord_id"] = order.given_client_id
    return answer


def _check_deadline(exchange: Exchange, deadline: str | None) -> None:
    """A deadline is a moment of the next minute; after it the order is not taken."""
    if deadline is None:
        return
    now = datetime.fromtimestamp(exchange.clock.now_ms(KRAKEN) / 1000, UTC)
    try:
        until = datetime.fromisoformat(deadline)
    except ValueError:
        raise bad_argument("deadline") from None
    if until.tzinfo is None or until > now + timedelta(seconds=LONGEST_DEADLINE_S):
        raise bad_argument("deadline")
    if until <= now:
        raise problem(DEADLINE)


def _check_fee(exchange: Exchange, call: Call, request: OrderRequest) -> None:
    """A purchase must leave enough for its fee, which is taken in the quote currency."""
    market = exchange.engine.market(KRAKEN, request.symbol)
    if request.side != BUY or request.quote_qty is not None:
        return
    price = request.price if request.price is not None else market.ask
    cost = request.qty * price * (Decimal(1) + market.instrument.taker)
    if cost > call.owner.balance(market.instrument.quote).free:
        raise Refused(Reason.INSUFFICIENT)


def cancel(exchange: Exchange, call: Call) -> object:
    """POST CancelOrder, by txid or cl_ord_id."""
    order = _named(exchange, call)
    if order is None:
        raise Refused(Reason.UNKNOWN_ORDER)
    exchange.engine.cancel(call.owner, order)
    return {"count": 1}


def _named(exchange: Exchange, call: Call) -> Order | None:
    txid, client_id = call.params.get("txid"), call.params.get("cl_ord_id")
    if not txid and not client_id:
        raise bad_argument("txid")
    number = order_id(txid) if txid else None
    return find_order(exchange, call, number, None if txid else client_id)


def cancel_all(exchange: Exchange, call: Call) -> object:
    """POST CancelAll."""
    orders = exchange.engine.book.open_of(call.owner.name)
    for order in orders:
        exchange.engine.cancel(call.owner, order)
    return {"count": len(orders)}


# Orders have limits of their own at Kraken, and do not count as calls.
TRADING_ENDPOINTS: dict[str, Endpoint] = {
    "AddOrder": Endpoint(KRAKEN, "order_create", TRADE, 0, add),
    "CancelOrder": Endpoint(KRAKEN, "order_cancel", TRADE, 0, cancel),
    "CancelAll": Endpoint(KRAKEN, "order_cancel", TRADE, 0, cancel_all),
}
