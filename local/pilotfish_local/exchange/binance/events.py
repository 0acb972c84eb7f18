"""Binance's user-stream events: what an order did, and what it did to the account."""

from pilotfish_local.exchange.engine.accounts import Account
from pilotfish_local.exchange.engine.clock import Clock
from pilotfish_local.exchange.engine.decimals import ZERO, fixed, plain
from pilotfish_local.exchange.engine.filling import OrderEvent
from pilotfish_local.exchange.engine.instruments import BINANCE, BINANCEUSDM
from pilotfish_local.exchange.engine.market import Market
from pilotfish_local.exchange.engine.orders import Order
from pilotfish_local.exchange.exchange import Exchange


class BinanceEvents:
    """Turns engine events into the messages of both Binance venues."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        exchange.engine.on_order.append(self._tell)

    def _tell(self, event: OrderEvent) -> None:
        hub, account = self._exchange.hub, event.account
        if not hub.listens(account.name):
            return
        clock = self._exchange.clock
        if account.venue == BINANCE:
            hub.publish(BINANCE, account.name, execution_report(clock, event))
            position = account_position(clock, event)
            hub.publish(BINANCE, account.name, position)
        elif account.venue == BINANCEUSDM:
            if event.fill is not None:
                market = self._exchange.engine.markets[BINANCEUSDM, _symbol(event.order)]
                hub.publish(BINANCEUSDM, account.name, account_update(clock, event, market))
            hub.publish(BINANCEUSDM, account.name, order_trade_update(clock, event))


def _symbol(order: Order) -> str:
    return order.instrument.symbol


def execution_report(clock: Clock, event: OrderEvent) -> dict[str, object]:
    """Spot: what happened to an order."""
    order, fill = event.order, event.fill
    now = clock.to_ms(BINANCE, order.updated_ns)
    cancelled = event.execution == "CANCELED"
    return {
        "e": "executionReport",
        "E": now,
        "s": _symbol(order),
        "c": order.client_id,
        "S": order.side,
        "o": order.type,
        "f": order.time_in_force,
        "q": fixed(order.qty),
        "p": fixed(order.price or ZERO),
        "P": "0.00000000",
        "F": "0.00000000",
        "g": -1,
        "C": order.client_id if cancelled else "",
        "x": event.execution,
        "X": order.status,
        "r": "NONE",
        "i": order.id,
        "l": fixed(fill.qty if fill else ZERO),
        "z": fixed(order.filled),
        "L": fixed(fill.price if fill else ZERO),
        "n": fixed(fill.fee) if fill else "0",
        "N": fill.fee_asset if fill else None,
        "T": now,
        "t": fill.trade_id if fill else -1,
        "w": order.is_open,
        "m": bool(fill and fill.maker),
        "M": False,
        "O": clock.to_ms(BINANCE, order.accepted_ns),
        "Z": fixed(order.quote_filled),
        "Y": fixed(fill.qty * fill.price if fill else ZERO),
        "Q": "0.00000000",
        "W": clock.to_ms(BINANCE, order.accepted_ns),
        "V": "NONE",
    }


def account_position(clock: Clock, event: OrderEvent) -> dict[str, object]:
    """Spot: the balances that the order may have moved."""
    i, account = event.order.instrument, event.account
    now = clock.to_ms(BINANCE, event.order.updated_ns)
    balances = [(asset, account.balance(asset)) for asset in (i.base, i.quote)]
    return {
        "e": "outboundAccountPosition",
        "E": now,
        "u": now,
        "B": [
            {"a": asset, "f": fixed(held.free), "l": fixed(held.locked)} for asset, held in balances
        ],
    }


def order_trade_update(clock: Clock, event: OrderEvent) -> dict[str, object]:
    """USD-M: what happened to an order."""
    order, fill = event.order, event.fill
    now = clock.to_ms(BINANCEUSDM, order.updated_ns)
    detail: dict[str, object] = {
        "s": _symbol(order),
        "c": order.client_id,
        "S": order.side,
        "o": order.type,
        "f": order.time_in_force,
        "q": plain(order.qty),
        "p": plain(order.price or ZERO),
        "ap": plain(round(order.average, 8)),
        "sp": "0",
        "x": event.execution,
        "X": order.status,
        "i": order.id,
        "l": plain(fill.qty if fill else ZERO),
        "z": plain(order.filled),
        "L": plain(fill.price if fill else ZERO),
        "T": now,
        "t": fill.trade_id if fill else 0,
        "b": "0",
        "a": "0",
        "m": bool(fill and fill.maker),
        "R": order.reduce_only,
        "wt": "CONTRACT_PRICE",
        "ot": order.waited_as or order.type,
        "ps": order.position_side,
        "cp": False,
        "rp": plain(fill.realized if fill else ZERO),
        "pP": False,
        "si": 0,
        "ss": 0,
        "V": "EXPIRE_MAKER",
        "pm": "NONE",
        "gtd": 0,
    }
    if fill is not None:
        detail["n"], detail["N"] = plain(fill.fee), fill.fee_asset
    return {"e": "ORDER_TRADE_UPDATE", "E": now, "T": now, "o": detail}


def account_update(clock: Clock, event: OrderEvent, market: Market) -> dict[str, object]:
    """USD-M: the wallet and the position that a fill moved."""
    order, account = event.order, event.account
    now = clock.to_ms(BINANCEUSDM, order.updated_ns)
    return {
        "e": "ACCOUNT_UPDATE",
        "E": now,
        "T": now,
        "a": {
            "m": "ORDER",
            "B": [_wallet(account, order.instrument.settle)],
            "P": [_moved_position(account, order, market)],
        },
    }


def _wallet(account: Account, asset: str) -> dict[str, object]:
    total = fixed(account.balance(asset).total)
    return {"a": asset, "wb": total, "cw": total, "bc": "0"}


def _moved_position(account: Account, order: Order, market: Market) -> dict[str, object]:
    position = account.position(_symbol(order), order.position_side)
    isolated = position.symbol in account.isolated
    gain = (market.last - position.entry) * position.amount
    return {
        "s": position.symbol,
        "pa": plain(position.amount),
        "ep": plain(round(position.entry, 8)),
        "bep": plain(round(position.entry, 8)),
        "cr": plain(position.realized),
        "up": fixed(gain),
        "mt": "isolated" if isolated else "cross",
        "iw": "0",
        "ps": position.side,
    }
