"""Making trouble: rules of faults, and user streams that are cut or ended."""

import json

from pilotfish_local.exchange.control import models
from pilotfish_local.exchange.control.actions import Action, NotFound, Query, read
from pilotfish_local.exchange.engine.instruments import BINANCE, BINANCEUSDM, OKX
from pilotfish_local.exchange.exchange import Exchange

OKX_NOTICE = {
    "event": "notice",
    "code": "64008",
    "msg": "The connection will soon be closed for a service upgrade. Please reconnect.",
}


def faults(exchange: Exchange, body: bytes, query: Query) -> object:
    """GET faults: the rules in force, and how often each fired."""
    return {"faults": [rule.view() for rule in exchange.faults.rules]}


def add_faults(exchange: Exchange, body: bytes, query: Query) -> object:
    """POST faults: one rule, or a list of them."""
    given = json.loads(body)
    specs = given if isinstance(given, list) else [given]
    return {"faults": [exchange.faults.add(spec).view() for spec in specs]}


def clear_faults(exchange: Exchange, body: bytes, query: Query) -> object:
    """DELETE faults."""
    exchange.faults.clear()
    return {"cleared": True}


def remove_fault(exchange: Exchange, rule_id: int) -> object:
    """DELETE faults/{id}."""
    if not exchange.faults.remove(rule_id):
        raise NotFound(f"no rule {rule_id}")
    return {"removed": rule_id}


def streams(exchange: Exchange, body: bytes, query: Query) -> object:
    """GET streams: how many connections listen to each account."""
    return exchange.hub.counts()


def drop_streams(exchange: Exchange, body: bytes, query: Query) -> object:
    """POST streams/drop: cut the connections."""
    return {"dropped": exchange.hub.drop_users(read(models.Streams, body).accounts)}


def end_streams(exchange: Exchange, body: bytes, query: Query) -> object:
    """POST streams/end: Binance and OKX say that it is over, and leave the connection open."""
    wanted = read(models.Streams, body).accounts
    ended = 0
    for name in list(exchange.hub.counts()) if wanted is None else wanted:
        account = exchange.engine.accounts.get(name)
        if account is None or not exchange.hub.listens(name):
            continue
        now = exchange.clock.now_ms(account.venue)
        if account.venue == BINANCEUSDM:
            exchange.forget_listen_key(account)
            exchange.hub.publish(account.venue, name, {"e": "listenKeyExpired", "E": now})
        elif account.venue == BINANCE:
            exchange.hub.publish(account.venue, name, {"e": "eventStreamTerminated", "E": now})
        elif account.venue == OKX:
            exchange.hub.publish(account.venue, name, OKX_NOTICE)
        exchange.hub.forget_user(name)
        ended += 1
    return {"ended": ended}


ACTIONS: dict[tuple[str, str], Action] = {
    ("GET", "faults"): faults,
    ("POST", "faults"): add_faults,
    ("DELETE", "faults"): clear_faults,
    ("GET", "streams"): streams,
    ("POST", "streams/drop"): drop_streams,
    ("POST", "streams/end"): end_streams,
}
