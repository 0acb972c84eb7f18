"""OKX's fills: those of three days, and those of three months."""

from pilotfish_local.exchange.api import READ, Call, Endpoint
from pilotfish_local.exchange.engine.decimals import plain
from pilotfish_local.exchange.engine.funding import Funding
from pilotfish_local.exchange.engine.instruments import OKX
from pilotfish_local.exchange.engine.orders import Fill
from pilotfish_local.exchange.exchange import Exchange
from pilotfish_local.exchange.okx.errors import problem
from pilotfish_local.exchange.okx.ids import bill_id, bill_number, order_id, order_number
from pilotfish_local.exchange.okx.listing import TYPES
from pilotfish_local.exchange.okx.order_views import SIDES
from pilotfish_local.exchange.okx.pages import page, since

Json = dict[str, object]
RECENT_DAYS = 3
QUARTER_DAYS = 90


def fill_view(exchange: Exchange, fill: Fill) -> Json:
    """A fill; its size is in contracts on swaps, and a fee that is paid is negative."""
    order, i = fill.order, fill.order.instrument
    at = str(exchange.clock.to_ms(OKX, fill.at_ns))
    return {
        "instType": TYPES[i.kind],
        "instId": i.symbol,
        "tradeId": str(fill.trade_id),
        "ordId": order_id(order),
        "clOrdId": order.given_client_id,
        "billId": bill_id(fill),
        "subType": "1",
        "tag": "",
        "fillPx": plain(fill.price),
        "fillSz": plain(fill.qty),
        "fillIdxPx": plain(fill.price),
        "fillPnl": plain(fill.realized),
        "fillMarkPx": "" if i.is_spot else plain(fill.price),
        "side": order.side.lower(),
        "posSide": SIDES[order.position_side],
        "execType": "M" if fill.maker else "T",
        "feeCcy": fill.fee_asset,
        "fee": plain(-fill.fee),
        "feeRate": plain(-(i.maker if fill.maker else i.taker)),
        "ts": at,
        "fillTime": at,
    }


def recent(exchange: Exchange, call: Call) -> object:
    """GET /api/v5/trade/fills."""
    return _fills(exchange, call, RECENT_DAYS)


def history(exchange: Exchange, call: Call) -> object:
    """GET /api/v5/trade/fills-history."""
    if not call.params.get("instType"):
        raise problem("50014", "instType")
    return _fills(exchange, call, QUARTER_DAYS)


def _fills(exchange: Exchange, call: Call, days: int) -> list[Json]:
    params, given = call.params, call.params.get("ordId")
    until = exchange.clock.now_ns() - call.lag_ns
    number = order_number(given) if given else None

    def wanted(fill: Fill) -> bool:
        i = fill.order.instrument
        return (
            fill.at_ns <= until
            and params.get("instType") in (None, "", TYPES[i.kind])
            and params.get("instId") in (None, "", i.symbol)
            and number in (None, fill.order.id)
        )

    fills = exchange.engine.book.fills_of(call.owner.name)
    span = since(exchange, call, fills, days, lambda fill: fill.at_ns)
    found = page(call, fills, span, wanted, lambda fill: fill.number, bill_number)
    return [fill_view(exchange, fill) for fill in found]


def bills(exchange: Exchange, call: Call) -> object:
    """GET /api/v5/account/bills-archive, of funding alone; sizes are in contracts."""
    if call.params.get("type") != "8":
        raise problem("51000", "type, bills of funding alone are modelled here,")
    paid = call.owner.funding
    span = since(exchange, call, paid, QUARTER_DAYS, lambda row: row.at_ns)
    rows = page(call, paid, span, lambda row: True, lambda row: row.number, int)
    return [_bill(exchange, row) for row in rows]


def _bill(exchange: Exchange, paid: Funding) -> Json:
    return {
        "billId": str(paid.number),
        "type": "8",
        "subType": "174" if paid.amount > 0 else "173",
        "instType": TYPES[paid.instrument.kind],
        "instId": paid.instrument.symbol,
        "ccy": paid.instrument.settle,
        "balChg": plain(paid.amount),
        "pnl": plain(paid.amount),
        "posBalChg": "0",
        "sz": plain(abs(paid.qty)),
        "px": plain(paid.price),
        "fee": "0",
        "mgnMode": "cross",
        "ordId": "",
        "ts": str(exchange.clock.to_ms(OKX, paid.at_ns)),
    }


V5 = "/api/v5/trade"
FILL_ENDPOINTS: dict[tuple[str, str], Endpoint] = {
    ("GET", f"{V5}/fills"): Endpoint(OKX, "fills", READ, 1, recent),
    ("GET", "/api/v5/account/bills-archive"): Endpoint(OKX, "fills", READ, 1, bills),
    ("GET", f"{V5}/fills-history"): Endpoint(OKX, "fills", READ, 1, history),
}
