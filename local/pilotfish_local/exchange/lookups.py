"""What a look-up may see: listed markets, and orders and fills that the venue no longer lags on."""

from pilotfish_local.exchange.api import Call
from pilotfish_local.exchange.engine.market import DELISTED, Market
from pilotfish_local.exchange.engine.orders import Fill, Order
from pilotfish_local.exchange.exchange import Exchange


def listed(exchange: Exchange, venue: str, kind: str | None = None) -> list[Market]:
    """The markets of a venue, or of one kind, that are not delisted."""
    return [
        market
        for (name, _), market in exchange.engine.markets.items()
        if name == venue and kind in (None, market.instrument.kind) and market.status != DELISTED
    ]


def visible(exchange: Exchange, call: Call, order: Order) -> bool:
    """Whether a look-up sees an order yet."""
    seen_from = max(order.hidden_until_ns, order.accepted_ns + call.lag_ns)
    return exchange.clock.now_ns() >= seen_from


def seen_orders(exchange: Exchange, call: Call, *, only_open: bool = False) -> list[Order]:
    """The caller's orders that a look-up sees, oldest first."""
    book, name = exchange.engine.book, call.owner.name
    orders = book.open_of(name) if only_open else book.of_account(name)
    return [order for order in orders if visible(exchange, call, order)]


def seen_fills(exchange: Exchange, call: Call) -> list[Fill]:
    """The caller's fills that a look-up sees, oldest first."""
    until = exchange.clock.now_ns() - call.lag_ns
    fills = exchange.engine.book.fills_of(call.owner.name)
    return [fill for fill in fills if fill.at_ns <= until]


def find_order(
    exchange: Exchange, call: Call, order_id: int | None, client_id: str | None
) -> Order | None:
    """The order of an id, or the latest of a client id, if it may be seen."""
    book, name = exchange.engine.book, call.owner.name
    if order_id is not None:
        order = book.by_id(name, order_id)
    else:
        order = book.by_client_id(name, client_id) if client_id else None
    return order if order is not None and visible(exchange, call, order) else None
