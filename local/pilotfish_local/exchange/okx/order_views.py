"""An order as OKX's look-ups tell it, and as its `orders` channel does with the last fill."""

from decimal import Decimal

from pilotfish_local.exchange.engine.accounts import Account
from pilotfish_local.exchange.engine.decimals import ZERO, plain
from pilotfish_local.exchange.engine.instruments import OKX
from pilotfish_local.exchange.engine.orders import Fill, Order
from pilotfish_local.exchange.exchange import Exchange
from pilotfish_local.exchange.okx.ids import order_id
from pilotfish_local.exchange.okx.listing import TYPES

Json = dict[str, object]
STATES = {"NEW": "live", "PARTIALLY_FILLED": "partially_filled", "FILLED": "filled"}
SIDES = {"BOTH": "net", "LONG": "long", "SHORT": "short"}
ORDER_TYPES = {"GTC": "limit", "PostOnly": "post_only", "IOC": "ioc", "FOK": "fok"}


def order_view(exchange: Exchange, account: Account, order: Order) -> Json:
    """An order with its last fill; fees are negative, for they are paid."""
    i, clock = order.instrument, exchange.clock
    last = order.fills[-1] if order.fills else None
    market = order.type == "MARKET"
    return {
        "instType": TYPES[i.kind],
        "instId": i.symbol,
        "ordId": order_id(order),
        "clOrdId": order.given_client_id,
        "tag": "",
        "category": "normal",
        "ordType": "market" if market else ORDER_TYPES[order.time_in_force],
        "side": order.side.lower(),
        "posSide": SIDES[order.position_side],
        "tdMode": "cash" if i.is_spot else "cross",
        "tgtCcy": _size_unit(order),
        "ccy": "",
        "lever": "" if i.is_spot else str(account.leverage_of(i.symbol)),
        "px": "" if order.price is None else plain(order.price),
        "sz": plain(order.qty if order.quote_qty is None else order.quote_qty),
        "accFillSz": plain(order.filled),
        "avgPx": plain(round(order.average, 8)) if order.filled else "",
        "state": STATES.get(order.status, "canceled"),
        "reduceOnly": str(order.reduce_only).lower(),
        "fee": plain(-_fee(order)),
        "feeCcy": last.fee_asset if last else _fee_asset(order),
        "rebate": "0",
        "rebateCcy": i.quote,
        "pnl": plain(sum((fill.realized for fill in order.fills), start=ZERO)),
        "fillPx": plain(last.price) if last else "",
        "fillSz": plain(last.qty) if last else "0",
        "fillTime": str(clock.to_ms(OKX, last.at_ns)) if last else "",
        "tradeId": str(last.trade_id) if last else "",
        "cancelSource": _cancel_source(order),
        "attachAlgoOrds": [],
        "slOrdPx": "",
        "slTriggerPx": "",
        "tpOrdPx": "",
        "tpTriggerPx": "",
        "cTime": str(clock.to_ms(OKX, order.accepted_ns)),
        "uTime": str(clock.to_ms(OKX, order.updated_ns)),
    }


def _size_unit(order: Order) -> str:
    if not order.instrument.is_spot or order.type != "MARKET":
        return ""
    return "base_ccy" if order.quote_qty is None else "quote_ccy"


def _fee(order: Order) -> Decimal:
    return sum((fill.fee for fill in order.fills), start=ZERO)


def _fee_asset(order: Order) -> str:
    i = order.instrument
    return i.base if i.is_spot and order.side == "BUY" else i.quote


def _cancel_source(order: Order) -> str:
    """1: by its owner; 14: an IOC that found nothing more; 31: a post-only that would take."""
    if order.status == "CANCELED":
        return "1"
    if order.status == "EXPIRED":
        return "31" if order.time_in_force == "PostOnly" else "14"
    return ""


def order_push(exchange: Exchange, account: Account, order: Order, fill: Fill | None) -> Json:
    """What the `orders` channel adds, and the fill that it tells of, if it tells of one."""
    view = order_view(exchange, account, order)
    if fill is None:
        nothing = {"fillPx": "", "fillSz": "0", "fillTime": "", "tradeId": ""}
        view.update(nothing, fillFee="0", fillFeeCcy="", fillPnl="0", execType="")
    else:
        view.update(
            fillPx=plain(fill.price),
            fillSz=plain(fill.qty),
            fillTime=str(exchange.clock.to_ms(OKX, fill.at_ns)),
            tradeId=str(fill.trade_id),
            fillFee=plain(-fill.fee),
            fillFeeCcy=fill.fee_asset,
            fillPnl=plain(fill.realized),
            execType="M" if fill.maker else "T",
        )
    return {
        **view,
        "amendResult": "",
        "reqId": "",
        "code": "0",
        "msg": "",
        "lastPx": view["fillPx"],
    }
