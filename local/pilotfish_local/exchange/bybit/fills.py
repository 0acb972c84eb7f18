"""Bybit's executions: GET /v5/execution/list, and as the `execution` topic tells them."""

from decimal import Decimal

from pilotfish_local.exchange.api import READ, Call, Endpoint
from pilotfish_local.exchange.bybit.ids import fill_id, order_id, order_number
from pilotfish_local.exchange.bybit.markets import category_of
from pilotfish_local.exchange.bybit.order_views import SIDES
from pilotfish_local.exchange.bybit.pages import page, window
from pilotfish_local.exchange.engine.decimals import ZERO, plain
from pilotfish_local.exchange.engine.funding import Funding
from pilotfish_local.exchange.engine.instruments import BYBIT
from pilotfish_local.exchange.engine.orders import Fill
from pilotfish_local.exchange.exchange import Exchange
from pilotfish_local.exchange.paging import between

Json = dict[str, object]
SIZES = (50, 100)


def fill_view(exchange: Exchange, fill: Fill) -> Json:
    """An execution; what it does not say is the position that it belongs to in hedge mode."""
    order, i = fill.order, fill.order.instrument
    view: Json = {
        "symbol": i.wire_name,
        "orderId": order_id(order),
        "orderLinkId": order.given_client_id,
        "side": SIDES[order.side],
        "orderPrice": plain(order.price or ZERO),
        "orderQty": plain(order.qty),
        "leavesQty": plain(_left_after(fill)),
        "orderType": "Market" if order.type == "MARKET" else "Limit",
        "stopOrderType": order.waited_as or ("" if i.is_spot else "UNKNOWN"),
        "execFee": plain(fill.fee),
        "execId": fill_id(fill),
        "execPrice": plain(fill.price),
        "execQty": plain(fill.qty),
        "execType": "Trade",
        "execValue": plain(i.notional(fill.qty, fill.price)),
        "execTime": str(exchange.clock.to_ms(BYBIT, fill.at_ns)),
        "feeCurrency": fill.fee_asset,
        "isMaker": fill.maker,
        "feeRate": plain(i.maker if fill.maker else i.taker),
        "tradeIv": "",
        "markIv": "",
        "markPrice": "" if i.is_spot else plain(fill.price),
        "indexPrice": "",
        "underlyingPrice": "",
        "blockTradeId": "",
        "closedSize": "" if i.is_spot else plain(fill.closed),
        "seq": fill.trade_id,
        "extraFees": "",
    }
    return view if i.is_spot else {**view, "createType": "CreateByUser"}


def _left_after(fill: Fill) -> Decimal:
    """What of its order was still to fill right after a fill."""
    left = fill.order.qty
    for earlier in fill.order.fills:
        left -= earlier.qty
        if earlier is fill:
            break
    return left


def executions(exchange: Exchange, call: Call) -> object:
    """GET /v5/execution/list: of an order, or of a category within seven days; newest first."""
    category, params = category_of(call), call.params
    if params.get("execType") == "Funding":
        return _funding(exchange, call, category)
    until = exchange.clock.now_ns() - call.lag_ns
    given = params.get("orderId")
    number, link = order_number(given) if given else None, params.get("orderLinkId")
    start, end = window(exchange, call)

    def wanted(fill: Fill) -> bool:
        order, i = fill.order, fill.order.instrument
        if i.kind != category or fill.at_ns > until:
            return False
        if number is not None or link:
            return order.id == number if number is not None else order.client_id == link
        return (
            params.get("symbol") in (None, i.wire_name)
            and params.get("settleCoin") in (None, i.settle)
            and params.get("baseCoin") in (None, i.base)
            and params.get("execType", "Trade") == "Trade"
        )

    fills, clock = exchange.engine.book.fills_of(call.owner.name), exchange.clock
    span = None
    if number is None and not link:
        span = between(fills, start, end, lambda fill: clock.to_ms(BYBIT, fill.at_ns))
    chosen, cursor = page(call, fills, wanted, SIZES, span)
    views = [fill_view(exchange, fill) for fill in chosen]
    return {"category": category, "list": views, "nextPageCursor": cursor}


def _funding(exchange: Exchange, call: Call, category: str) -> Json:
    """What was paid for holding perpetuals; a fee that is paid is positive."""
    start, end = window(exchange, call)
    clock, paid = exchange.clock, call.owner.funding
    span = between(paid, start, end, lambda row: clock.to_ms(BYBIT, row.at_ns))
    chosen, cursor = page(call, paid, lambda row: row.instrument.kind == category, SIZES, span)
    views = [_funding_view(exchange, row) for row in chosen]
    return {"category": category, "list": views, "nextPageCursor": cursor}


def _funding_view(exchange: Exchange, paid: Funding) -> Json:
    value = paid.instrument.notional(abs(paid.qty), paid.price)
    return {
        "symbol": paid.instrument.wire_name,
        "orderId": "",
        "orderLinkId": "",
        "side": "Buy" if paid.qty > 0 else "Sell",
        "orderPrice": "0",
        "orderQty": "0",
        "leavesQty": "0",
        "orderType": "UNKNOWN",
        "stopOrderType": "UNKNOWN",
        "execFee": plain(-paid.amount),
        "execId": f"funding-{paid.number}",
        "execPrice": plain(paid.price),
        "execQty": plain(abs(paid.qty)),
        "execType": "Funding",
        "execValue": plain(value),
        "execTime": str(exchange.clock.to_ms(BYBIT, paid.at_ns)),
        "feeCurrency": "",
        "isMaker": False,
        "feeRate": plain(paid.rate),
        "markPrice": plain(paid.price),
        "closedSize": "0",
        "seq": paid.number,
    }


FILL_ENDPOINTS: dict[tuple[str, str], Endpoint] = {
    ("GET", "/v5/execution/list"): Endpoint(BYBIT, "fills", READ, 1, executions),
}
