"""OKX's orders: place, cancel, look up, the pending ones and the history."""

from pilotfish_local.exchange.api import READ, TRADE, Call, Endpoint
from pilotfish_local.exchange.engine.instruments import OKX
from pilotfish_local.exchange.engine.orders import Order, Reason, Refused
from pilotfish_local.exchange.exchange import Exchange
from pilotfish_local.exchange.lookups import find_order, visible
from pilotfish_local.exchange.okx.errors import of_order, problem
from pilotfish_local.exchange.okx.ids import order_id, order_number
from pilotfish_local.exchange.okx.listing import TYPES
from pilotfish_local.exchange.okx.markets import market_of
from pilotfish_local.exchange.okx.order_requests import read_order
from pilotfish_local.exchange.okx.order_views import order_view
from pilotfish_local.exchange.okx.pages import page, since

Json = dict[str, object]
WEEK_DAYS = 7
QUARTER_DAYS = 90


def _acknowledged(exchange: Exchange, order: Order) -> list[Json]:
    now = str(exchange.clock.now_ms(OKX))
    ids = {"ordId": order_id(order), "clOrdId": order.given_client_id}
    return [{**ids, "tag": "", "ts": now, "sCode": "0", "sMsg": ""}]


def create(exchange: Exchange, call: Call) -> object:
    """POST /api/v5/trade/order, and batch-orders with a list of one."""
    try:
        request = read_order(call)
        order = exchange.engine.place(call.owner, request, call.slices, call.hidden_ns)
    except Refused as refused:
        raise of_order(refused, call.params.get("clOrdId", "")) from None
    return _acknowledged(exchange, order)


def _named(exchange: Exchange, call: Call) -> Order | None:
    """The order of an ordId, or else the latest of a clOrdId, of the instrument."""
    given, client_id = call.params.get("ordId"), call.params.get("clOrdId")
    if not given and not client_id:
        raise problem("51000", "ordId or clOrdId")
    order = find_order(exchange, call, order_number(given) if given else None, client_id)
    same = order is not None and order.instrument.symbol == call.params.get("instId")
    return order if same else None


def cancel(exchange: Exchange, call: Call) -> object:
    """POST /api/v5/trade/cancel-order, and cancel-batch-orders with a list of one."""
    market_of(exchange, call)
    order = _named(exchange, call)
    try:
        if order is None:
            raise Refused(Reason.UNKNOWN_ORDER)
        exchange.engine.cancel(call.owner, order)
    except Refused as refused:
        raise of_order(refused, call.params.get("clOrdId", "")) from None
    return _acknowledged(exchange, order)


def fetch(exchange: Exchange, call: Call) -> object:
    """GET /api/v5/trade/order: in any state."""
    market_of(exchange, call)
    order = _named(exchange, call)
    if order is None:
        raise problem("51603")
    return [order_view(exchange, call.owner, order)]


def _concerns(call: Call, order: Order) -> bool:
    i, params = order.instrument, call.params
    return (
        params.get("instType") in (None, "", "ANY", TYPES[i.kind])
        and params.get("instId") in (None, "", i.symbol)
        and params.get("ordType") in (None, "", order.type.lower())
    )


def pending(exchange: Exchange, call: Call) -> object:
    """GET /api/v5/trade/orders-pending."""
    orders = exchange.engine.book.open_of(call.owner.name)

    def wanted(order: Order) -> bool:
        return _concerns(call, order) and visible(exchange, call, order)

    found = page(call, orders, (0, len(orders)), wanted, lambda o: o.id, order_number)
    return [order_view(exchange, call.owner, order) for order in found]


def history(exchange: Exchange, call: Call) -> object:
    """GET /api/v5/trade/orders-history: completed orders of seven days."""
    return _completed(exchange, call, WEEK_DAYS)


def archive(exchange: Exchange, call: Call) -> object:
    """GET /api/v5/trade/orders-history-archive: those of three months."""
    return _completed(exchange, call, QUARTER_DAYS)


def _completed(exchange: Exchange, call: Call, days: int) -> list[Json]:
    if not call.params.get("instType"):
        raise problem("50014", "instType")
    orders = exchange.engine.book.of_account(call.owner.name)
    state = call.params.get("state")

    def wanted(order: Order) -> bool:
        ended = "filled" if order.status == "FILLED" else "canceled"
        return (
            not order.is_open
            and _concerns(call, order)
            and visible(exchange, call, order)
            and state in (None, "", ended)
        )

    span = since(exchange, call, orders, days, lambda order: order.accepted_ns)
    found = page(call, orders, span, wanted, lambda o: o.id, order_number)
    return [order_view(exchange, call.owner, order) for order in found]


V5 = "/api/v5/trade"
ORDER_ENDPOINTS: dict[tuple[str, str], Endpoint] = {
    ("POST", f"{V5}/order"): Endpoint(OKX, "order_create", TRADE, 1, create),
    ("POST", f"{V5}/batch-orders"): Endpoint(OKX, "order_create", TRADE, 1, create),
    ("POST", f"{V5}/cancel-order"): Endpoint(OKX, "order_cancel", TRADE, 1, cancel),
    ("POST", f"{V5}/cancel-batch-orders"): Endpoint(OKX, "order_cancel", TRADE, 1, cancel),
    ("GET", f"{V5}/order"): Endpoint(OKX, "order_lookup", READ, 1, fetch),
    ("GET", f"{V5}/orders-pending"): Endpoint(OKX, "order_lookup", READ, 1, pending),
    ("GET", f"{V5}/orders-history"): Endpoint(OKX, "order_lookup", READ, 1, history),
    ("GET", f"{V5}/orders-history-archive"): Endpoint(OKX, "order_lookup", READ, 1, archive),
}
