"""Delta's orders and fills: placed by product id in contracts, listed newest first in pages."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from pilotfish_local.exchange.api import READ, TRADE, Call, Endpoint
from pilotfish_local.exchange.delta.errors import bad_schema
from pilotfish_local.exchange.delta.products import Json, brief_product, ok, product
from pilotfish_local.exchange.engine.decimals import plain
from pilotfish_local.exchange.engine.instruments import DELTA
from pilotfish_local.exchange.engine.orders import Fill, Order, OrderRequest, Reason, Refused
from pilotfish_local.exchange.exchange import Exchange

Row = TypeVar("Row")
PAGE = 50
LARGEST_PAGE = 100
STATES = {"NEW": "open", "PARTIALLY_FILLED": "open", "FILLED": "closed"}
TYPES = {"market_order": "MARKET", "limit_order": "LIMIT"}
NOT_MODELLED = ("stop_order_type", "stop_price", "trail_amount", "bracket_stop_loss_price")


def read_order(exchange: Exchange, call: Call) -> OrderRequest:
    """The order that a body asks for; what is not modelled is refused, never ignored."""
    for name in NOT_MODELLED:
        if name in call.params:
            raise bad_schema("not modelled here", name)
    kind, size = TYPES.get(call.params.get("order_type", "")), call.decimal("size")
    if kind is None:
        raise bad_schema("order_type is market_order or limit_order", "order_type")
    if size is None:
        raise bad_schema("size is required", "size")
    price = call.decimal("limit_price") if kind == "LIMIT" else None
    if kind == "LIMIT" and price is None:
        raise bad_schema("limit_price is required", "limit_price")
    return OrderRequest(
        symbol=product(exchange, call).instrument.symbol,
        side=call.params.get("side", "").upper(),
        type=kind,
        qty=size,
        price=price,
        time_in_force=call.params.get("time_in_force", "gtc").upper(),
        reduce_only=call.flag("reduce_only"),
        client_id=call.params.get("client_order_id", ""),
        post_only=call.flag("post_only"),
    )


def iso(exchange: Exchange, at_ns: int) -> str:
    """A moment of the book in Delta's time, as ISO 8601 with microseconds."""
    seconds = exchange.clock.to_us(DELTA, at_ns) / 1e6
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")[:26] + "Z"


def order_view(exchange: Exchange, order: Order) -> Json:
    """An order as Delta returns it."""
    paid = sum((fill.fee for fill in order.fills), start=order.filled * 0)
    cancelled = order.status in ("CANCELED", "EXPIRED")
    return {
        "id": order.id,
        "client_order_id": order.client_id,
        "product_id": order.instrument.product_id,
        "product_symbol": order.instrument.symbol,
        "side": order.side.lower(),
        "order_type": f"{order.type.lower()}_order",
        "size": int(order.qty),
        "unfilled_size": int(order.remaining),
        "limit_price": plain(order.price) if order.price is not None else None,
        "average_fill_price": plain(round(order.average, 8)) if order.filled else None,
        "state": STATES.get(order.status, "cancelled"),
        "cancellation_reason": "cancelled_by_user" if cancelled else None,
        "reduce_only": order.reduce_only,
        "time_in_force": order.time_in_force.lower(),
        "commission": "0",
        "paid_commission": plain(paid),
        "stop_order_type": None,
        "stop_price": None,
        "bracket_order": None,
        "close_on_trigger": "false",
        "meta_data": {"source": "api"},
        "created_at": iso(exchange, order.accepted_ns),
        "updated_at": iso(exchange, order.updated_ns),
    }


def fill_id(fill: Fill) -> str:
    """A fill's id: text, and unique over all products."""
    return f"{fill.order.instrument.product_id:08x}{fill.trade_id:024x}"


def fill_view(exchange: Exchange, fill: Fill) -> Json:
    """A fill as /v2/fills returns it; its id is text."""
    order = fill.order
    return {
        "id": fill_id(fill),
        "order_id": str(order.id),
        "client_order_id": order.client_id,
        "product_id": order.instrument.product_id,
        "product_symbol": order.instrument.symbol,
        "product": brief_product(order.instrument),
        "side": order.side.lower(),
        "size": int(fill.qty),
        "price": plain(fill.price),
        "role": "maker" if fill.maker else "taker",
        "commission": plain(fill.fee),
        "fill_type": "normal",
        "meta_data": {
            "order_type": f"{order.type.lower()}_order",
            "order_size": int(order.qty),
            "order_unfilled_size": int(order.remaining),
        },
        "created_at": iso(exchange, fill.at_ns),
    }


def create(exchange: Exchange, call: Call) -> object:
    """POST /v2/orders."""
    request = read_order(exchange, call)
    order = exchange.engine.place(call.owner, request, call.slices, call.hidden_ns)
    return ok(order_view(exchange, order))


def _visible(exchange: Exchange, order: Order, call: Call) -> bool:
    seen_from = max(order.hidden_until_ns, order.accepted_ns + call.lag_ns)
    return exchange.clock.now_ns() >= seen_from


def _found(exchange: Exchange, call: Call) -> Order:
    book, owner = exchange.engine.book, call.owner
    client_id = call.params.get("client_oid") or call.params.get("client_order_id")
    order_id = call.integer("order_id") or call.integer("id")
    order = book.by_id(owner.name, order_id) if order_id is not None else None
    if order is None and client_id:
        order = book.by_client_id(owner.name, client_id)
    if order is None or not _visible(exchange, order, call):
        raise Refused(Reason.UNKNOWN_ORDER)
    return order


def fetch(exchange: Exchange, call: Call) -> object:
    """GET /v2/orders/{order_id} and /v2/orders/client_order_id/{client_oid}."""
    return ok(order_view(exchange, _found(exchange, call)))


def cancel(exchange: Exchange, call: Call) -> object:
    """DELETE /v2/orders."""
    order = _found(exchange, call)
    exchange.engine.cancel(call.owner, order)
    return ok(order_view(exchange, order))


def cancel_all(exchange: Exchange, call: Call) -> object:
    """DELETE /v2/orders/all."""
    wanted = call.params.get("product_id")
    for order in exchange.engine.book.open_of(call.owner.name):
        if wanted in (None, str(order.instrument.product_id)):
            exchange.engine.cancel(call.owner, order)
    return ok({})


def open_orders(exchange: Exchange, call: Call) -> object:
    """GET /v2/orders."""
    orders = exchange.engine.book.open_of(call.owner.name)
    return _order_page(exchange, call, orders)


def closed_orders(exchange: Exchange, call: Call) -> object:
    """GET /v2/orders/history."""
    orders = exchange.engine.book.of_account(call.owner.name)
    return _order_page(exchange, call, [order for order in orders if not order.is_open])


def _order_page(exchange: Exchange, call: Call, orders: list[Order]) -> Json:
    seen = [order for order in orders if _visible(exchange, order, call)]
    rows, meta = page(
        exchange, call, seen, lambda o: o.accepted_ns, lambda o: o.instrument.product_id
    )
    return ok([order_view(exchange, order) for order in rows], meta=meta)


def fills(exchange: Exchange, call: Call) -> object:
    """GET /v2/fills: of all products, or of product_ids."""
    until = exchange.clock.now_ns() - call.lag_ns
    found = exchange.engine.book.fills_of(call.owner.name)
    seen = [fill for fill in found if fill.at_ns <= until]
    rows, meta = page(
        exchange, call, seen, lambda f: f.at_ns, lambda f: f.order.instrument.product_id
    )
    return ok([fill_view(exchange, fill) for fill in rows], meta=meta)


def page(
    exchange: Exchange,
    call: Call,
    rows: Sequence[Row],
    at_ns: Callable[[Row], int],
    product_of: Callable[[Row], int],
) -> tuple[list[Row], Json]:
    """Newest first; `after` leads to older rows and is null on the last page."""
    products = {part for part in call.params.get("product_ids", "").split(",") if part}
    start, end = call.integer("start_time"), call.integer("end_time")
    clock = exchange.clock
    wanted = [
        (index, row)
        for index, row in enumerate(rows)
        if (not products or str(product_of(row)) in products)
        and (start is None or clock.to_us(DELTA, at_ns(row)) >= start)
        and (end is None or clock.to_us(DELTA, at_ns(row)) <= end)
    ]
    after, before = call.integer("after"), call.integer("before")
    older = [pair for pair in wanted if after is None or pair[0] < after]
    newest = [pair for pair in older if before is None or pair[0] > before][::-1]
    size = min(call.integer("page_size", PAGE) or PAGE, LARGEST_PAGE)
    chosen = newest[:size]
    meta: Json = {
        "after": str(chosen[-1][0]) if len(newest) > size else None,
        "before": str(chosen[0][0]) if chosen and (after or before) is not None else None,
        "limit": size,
        "total_count": len(wanted),
    }
    return [row for _, row in chosen], meta


TRADING_ENDPOINTS: dict[tuple[str, str], Endpoint] = {
    ("POST", "/v2/orders"): Endpoint(DELTA, "order_create", TRADE, 5, create),
    ("DELETE", "/v2/orders"): Endpoint(DELTA, "order_cancel", TRADE, 5, cancel),
    ("DELETE", "/v2/orders/all"): Endpoint(DELTA, "order_cancel", TRADE, 5, cancel_all),
    ("GET", "/v2/orders"): Endpoint(DELTA, "order_lookup", READ, 3, open_orders),
    ("GET", "/v2/orders/history"): Endpoint(DELTA, "order_lookup", READ, 10, closed_orders),
    ("GET", "/v2/orders/{order_id}"): Endpoint(DELTA, "order_lookup", READ, 1, fetch),
    ("GET", "/v2/orders/client_order_id/{client_oid}"): Endpoint(
        DELTA, "order_lookup", READ, 1, fetch
    ),
    ("GET", "/v2/fills"): Endpoint(DELTA, "fills", READ, 10, fills),
}
