"""Letting an account trade by hand, without its API: on a venue's page, or on a chain."""

from pilotfish_local.exchange.control import models, views
from pilotfish_local.exchange.control.actions import Action, NotFound, Query, read
from pilotfish_local.exchange.engine.orders import OrderRequest
from pilotfish_local.exchange.exchange import Exchange


def trade(exchange: Exchange, body: bytes, query: Query) -> object:
    """POST trade: a market order, or a limit order with a price."""
    asked = read(models.HandTrade, body)
    account = exchange.engine.accounts.get(asked.account)
    if account is None:
        raise NotFound(f"no account {asked.account}")
    request = OrderRequest(
        symbol=asked.symbol,
        side=asked.side,
        type="MARKET" if asked.price is None else "LIMIT",
        qty=asked.qty,
        price=asked.price,
        position_side=asked.position_side,
    )
    return views.order_view(exchange.engine.place(account, request))


ACTIONS: dict[tuple[str, str], Action] = {("POST", "trade"): trade}
