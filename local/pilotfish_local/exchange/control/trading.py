"""Letting an account trade by hand, without its API: on a venue's page, or on a chain."""

from pilotfish_local.exchange.control import models, views
from pilotfish_local.exchange.control.actions import Action, NotFound, Query, read
from pilotfish_local.exchange.engine.funding import fund
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


def funding(exchange: Exchange, body: bytes, query: Query) -> object:
    """POST funding: every account that holds the perpetual pays, or is paid, now."""
    asked = read(models.Funded, body)
    market, now_ns = exchange.engine.market(asked.venue, asked.symbol), exchange.clock.now_ns()
    accounts = [each for each in exchange.engine.accounts.values() if each.venue == asked.venue]
    paid = {each.name: fund(each, market, asked.rate, now_ns) for each in accounts}
    return {
        "paid": {name: [str(row.amount) for row in rows] for name, rows in paid.items() if rows}
    }


ACTIONS: dict[tuple[str, str], Action] = {("POST", "trade"): trade, ("POST", "funding"): funding}
