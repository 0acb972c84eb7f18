"""Bybit's stop-loss and take-profit of a position: set with it, and told among the orders."""

from pilotfish_local.exchange.api import TRADE, Call, Endpoint
from pilotfish_local.exchange.bybit.errors import bad
from pilotfish_local.exchange.bybit.ids import order_id
from pilotfish_local.exchange.bybit.markets import market_of
from pilotfish_local.exchange.bybit.order_views import POSITION_INDEX, SIDES
from pilotfish_local.exchange.engine.decimals import plain
from pilotfish_local.exchange.engine.instruments import BYBIT
from pilotfish_local.exchange.engine.orders import BUY, SELL
from pilotfish_local.exchange.engine.stops import Stop
from pilotfish_local.exchange.exchange import Exchange

Json = dict[str, object]
KINDS = {"stopLoss": "StopLoss", "takeProfit": "TakeProfit"}
POSITIONS = {"0": "BOTH", "1": "LONG", "2": "SHORT"}


def trading_stop(exchange: Exchange, call: Call) -> object:
    """POST /v5/position/trading-stop: of the whole position; "0" takes one away."""
    i, owner = market_of(exchange, call).instrument, call.owner
    held = POSITIONS.get(call.params.get("positionIdx", "0"))
    amount = owner.held(i.symbol, held) if held else 0
    if held is None or not amount or call.params.get("tpslMode", "Full") != "Full":
        raise bad("can not set tp/sl/ts for zero position")
    for name, kind in KINDS.items():
        price = call.decimal(name)
        if price is None:
            continue
        for old in exchange.engine.stops.of(owner.name, i.symbol):
            if (old.kind, old.position_side) == (kind, held):
                exchange.engine.stops.remove(old)
        if price:
            number = exchange.engine.book.next_order_id()
            side, now = SELL if amount > 0 else BUY, exchange.clock.now_ns()
            stop = Stop(number, owner.name, i, side, kind, price, None, held, "", now)
            exchange.engine.stops.add(stop)
    return {}


def stop_views(exchange: Exchange, call: Call) -> list[Json]:
    """What waits in a symbol, as /v5/order/realtime tells it for `StopOrder`."""
    symbol = market_of(exchange, call).instrument.symbol
    found = exchange.engine.stops.of(call.owner.name, symbol)
    return [_view(exchange, call, stop) for stop in found]


def _view(exchange: Exchange, call: Call, stop: Stop) -> Json:
    accepted = str(exchange.clock.to_ms(BYBIT, stop.accepted_ns))
    held = abs(call.owner.held(stop.instrument.symbol, stop.position_side))
    return {
        "orderId": order_id(stop),
        "orderLinkId": "",
        "symbol": stop.instrument.wire_name,
        "price": "0",
        "qty": plain(held),
        "side": SIDES[stop.side],
        "positionIdx": POSITION_INDEX[stop.position_side],
        "orderStatus": "Untriggered",
        "orderType": "Market",
        "timeInForce": "IOC",
        "stopOrderType": stop.kind,
        "triggerPrice": plain(stop.price),
        "triggerDirection": 2 if stop.falls else 1,
        "triggerBy": "LastPrice",
        "tpslMode": "Full",
        "reduceOnly": True,
        "closeOnTrigger": True,
        "createType": f"CreateBy{stop.kind}",
        "createdTime": accepted,
        "updatedTime": accepted,
    }


STOP_ENDPOINTS: dict[tuple[str, str], Endpoint] = {
    ("POST", "/v5/position/trading-stop"): Endpoint(BYBIT, "settings", TRADE, 1, trading_stop),
}
