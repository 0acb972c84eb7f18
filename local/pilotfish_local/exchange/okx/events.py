"""OKX's private channels: what an order did, and what it did to position and account."""

from dataclasses import dataclass

from pilotfish_local.exchange.engine.accounts import Account
from pilotfish_local.exchange.engine.filling import OrderEvent
from pilotfish_local.exchange.engine.instruments import OKX
from pilotfish_local.exchange.exchange import Exchange
from pilotfish_local.exchange.okx.account import balance_view
from pilotfish_local.exchange.okx.listing import TYPES
from pilotfish_local.exchange.okx.order_views import order_push
from pilotfish_local.exchange.okx.positions import position_view

Json = dict[str, object]
CHANNELS = ("orders", "account", "positions")


@dataclass(frozen=True, slots=True)
class Push:
    """A row of a channel, before it is addressed to a subscription that it fits."""

    channel: str
    inst_type: str
    inst_id: str
    row: Json

    def fits(self, argument: Json) -> bool:
        """Whether a subscription asks for it; ANY type is all of them."""
        return (
            argument.get("channel") == self.channel
            and argument.get("instType", "ANY") in ("ANY", self.inst_type)
            and argument.get("instId", self.inst_id) == self.inst_id
        )


class OkxEvents:
    """Turns engine events into pushes; the sockets address them."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def of(self, event: OrderEvent, channels: set[object]) -> list[Push]:
        """What an event says on some channels, in the order in which OKX says it."""
        exchange, account, order = self._exchange, event.account, event.order
        symbol, pushes = order.instrument.symbol, []
        if "orders" in channels:
            row = order_push(exchange, account, order, event.fill)
            pushes.append(Push("orders", TYPES[order.instrument.kind], symbol, row))
        if "positions" in channels and event.fill is not None and not order.instrument.is_spot:
            pushes.append(self.position(account, symbol, order.position_side))
        if "account" in channels:
            pushes.append(self.balance(account))
        return pushes

    def position(self, account: Account, symbol: str, side: str) -> Push:
        """A position as it stands; a closed one is told once, with nothing in it."""
        position = account.position(symbol, side)
        amount, entry = position.amount, position.entry
        row = position_view(self._exchange, account, position, amount, entry)
        return Push("positions", "SWAP", symbol, row)

    def balance(self, account: Account) -> Push:
        """The account as it stands."""
        return Push("account", "", "", balance_view(self._exchange, account, set()))

    def snapshot(self, account: Account, argument: Json) -> list[Push]:
        """What a new subscription is told at once: the account, or the positions."""
        if argument.get("channel") == "account":
            return [self.balance(account)]
        if argument.get("channel") != "positions":
            return []
        held = [p for p in account.positions.values() if p.amount]
        pushes = [self.position(account, p.symbol, p.side) for p in held]
        return [push for push in pushes if push.fits(argument)]


def is_okx(event: OrderEvent) -> bool:
    """Whether an event is of an account of OKX's."""
    return event.account.venue == OKX
