"""Giving an account a past."""

from pilotfish_local.exchange.control import models
from pilotfish_local.exchange.control.actions import Action, NotFound, Query, read
from pilotfish_local.exchange.engine.past import trade_in_the_past
from pilotfish_local.exchange.exchange import Exchange


def trade(exchange: Exchange, body: bytes, query: Query) -> object:
    """POST past: trades from long ago, spread over a period and some symbols."""
    wanted = read(models.Past, body)
    engine = exchange.engine
    account = engine.accounts.get(wanted.account)
    if account is None:
        raise NotFound(f"no account {wanted.account}")
    markets = [engine.market(account.venue, symbol) for symbol in wanted.symbols]
    since_ms, until_ms = wanted.since_ms, wanted.until_ms
    trade_in_the_past(engine.book, account, markets, wanted.count, since_ms, until_ms)
    return {"fills": len(engine.book.fills_of(account.name))}


ACTIONS: dict[tuple[str, str], Action] = {("POST", "past"): trade}
