"""Binance USD-M's conditional orders: its algo service, as far as it closes positions."""

from pilotfish_local.exchange.api import READ, TRADE, Call, Endpoint
from pilotfish_local.exchange.binance.errors import missing, problem
from pilotfish_local.exchange.binance.symbols import one_market
from pilotfish_local.exchange.engine.decimals import plain
from pilotfish_local.exchange.engine.instruments import BINANCEUSDM
from pilotfish_local.exchange.engine.stops import Stop
from pilotfish_local.exchange.exchange import Exchange

KINDS = ("STOP_MARKET", "TAKE_PROFIT_MARKET")


def create(exchange: Exchange, call: Call) -> object:
    """POST /fapi/v1/algoOrder; what could open a position is not modelled."""
    market, kind = one_market(exchange, BINANCEUSDM, call), call.params.get("type", "")
    if kind not in KINDS:
        raise problem(-1116)
    price, whole = call.decimal("triggerPrice"), call.flag("closePosition")
    if price is None:
        raise missing("triggerPrice")
    if not whole and call.decimal("quantity") is None:
        raise missing("quantity")
    held = call.params.get("positionSide", "BOTH")
    if not whole and held == "BOTH" and not call.flag("reduceOnly"):
        raise problem(-1116)
    stop = Stop(
        id=exchange.engine.book.next_order_id(),
        account=call.owner.name,
        instrument=market.instrument,
        side=call.params["side"],
        kind=kind,
        price=price,
        qty=None if whole else call.decimal("quantity"),
        position_side=held,
        client_id=call.params.get("clientAlgoId", ""),
        accepted_ns=exchange.clock.now_ns(),
    )
    exchange.engine.stops.add(stop)
    return stop_view(exchange, stop)


def open_orders(exchange: Exchange, call: Call) -> object:
    """GET /fapi/v1/openAlgoOrders: of one symbol or of all."""
    found = exchange.engine.stops.of(call.owner.name, call.params.get("symbol"))
    return [stop_view(exchange, stop) for stop in found]


def stop_view(exchange: Exchange, stop: Stop) -> dict[str, object]:
    """A conditional order that waits."""
    accepted = exchange.clock.to_ms(BINANCEUSDM, stop.accepted_ns)
    return {
        "algoId": stop.id,
        "clientAlgoId": stop.client_id,
        "algoType": "CONDITIONAL",
        "orderType": stop.kind,
        "symbol": stop.instrument.symbol,
        "side": stop.side,
        "positionSide": stop.position_side,
        "timeInForce": "GTC",
        "quantity": "0.000" if stop.qty is None else plain(stop.qty),
        "algoStatus": "NEW",
        "triggerPrice": plain(stop.price),
        "price": "0.00",
        "workingType": "CONTRACT_PRICE",
        "priceMatch": "NONE",
        "closePosition": stop.qty is None,
        "priceProtect": False,
        "reduceOnly": stop.qty is not None and stop.position_side == "BOTH",
        "createTime": accepted,
        "updateTime": accepted,
        "triggerTime": 0,
        "goodTillDate": 0,
    }


V1 = "/fapi/v1"
ALGO_ENDPOINTS: dict[tuple[str, str], Endpoint] = {
    ("POST", f"{V1}/algoOrder"): Endpoint(BINANCEUSDM, "order_create", TRADE, 0, create),
    ("GET", f"{V1}/openAlgoOrders"): Endpoint(BINANCEUSDM, "order_lookup", READ, 1, open_orders),
}
