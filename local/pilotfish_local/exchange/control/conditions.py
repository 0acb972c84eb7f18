"""Setting what the venues are like: prices, filters, clocks, lags, limits and bans."""

from dataclasses import replace

from pilotfish_local.exchange.control import models, views
from pilotfish_local.exchange.control.actions import Action, Query, read
from pilotfish_local.exchange.exchange import Exchange
from pilotfish_local.exchange.limits import Limits

FILTERS = ("tick", "step", "min_qty", "max_qty", "min_notional", "taker", "maker")


def markets(exchange: Exchange, body: bytes, query: Query) -> object:
    """GET markets."""
    return {"markets": [views.market_view(m) for m in exchange.engine.markets.values()]}


def change_market(exchange: Exchange, body: bytes, query: Query) -> object:
    """POST market: halt, open or delist it, or change its filters."""
    change = read(models.MarketChange, body)
    market = exchange.engine.market(change.venue, change.symbol)
    market.status = change.status or market.status
    market.spread = change.spread or market.spread
    given = change.model_dump(exclude_none=True)
    exchange.change_instrument(market, {name: given[name] for name in FILTERS if name in given})
    return views.market_view(market)


def set_price(exchange: Exchange, body: bytes, query: Query) -> object:
    """POST price: pin it, or let it walk on."""
    change = read(models.PriceChange, body)
    market = exchange.engine.market(change.venue, change.symbol)
    if change.price is not None:
        exchange.engine.pin(market, change.price)
    if change.release:
        market.pinned = False
    return views.market_view(market)


def tick(exchange: Exchange, body: bytes, query: Query) -> object:
    """POST tick: let all markets move on at once."""
    ticks = read(models.Ticks, body)
    for _ in range(ticks.count):
        exchange.engine.tick(ticks.seconds)
    return {"ticked": ticks.count}


def set_clock(exchange: Exchange, body: bytes, query: Query) -> object:
    """POST clock."""
    change = read(models.ClockChange, body)
    exchange.clock.set_offset(change.venue, change.offset_ms)
    return change.model_dump()


def set_lag(exchange: Exchange, body: bytes, query: Query) -> object:
    """POST lag."""
    change = read(models.LagChange, body)
    exchange.lag_ms[change.venue, change.kind] = change.ms
    return change.model_dump()


def set_limits(exchange: Exchange, body: bytes, query: Query) -> object:
    """POST limits."""
    change = read(models.LimitChange, body).model_dump(exclude_none=True)
    venue, meter = change.pop("venue"), exchange.meter
    limits: Limits = replace(meter.limits[venue], **change)
    meter.limits[venue] = limits
    return {"venue": venue, **{name: getattr(limits, name) for name in Limits.__slots__}}


def ban(exchange: Exchange, body: bytes, query: Query) -> object:
    """POST ban."""
    asked = read(models.Ban, body)
    exchange.meter.ban(asked.venue, asked.who, exchange.clock.now_ns() / 1e9 + asked.seconds)
    return asked.model_dump()


def forgive(exchange: Exchange, body: bytes, query: Query) -> object:
    """POST forgive: no usage, no bans."""
    exchange.meter.forgive()
    return {"forgiven": True}


def reset(exchange: Exchange, body: bytes, query: Query) -> object:
    """POST reset."""
    exchange.reset(keep_accounts=read(models.Reset, body).keep_accounts)
    return {"reset": True}


ACTIONS: dict[tuple[str, str], Action] = {
    ("GET", "markets"): markets,
    ("POST", "market"): change_market,
    ("POST", "price"): set_price,
    ("POST", "tick"): tick,
    ("POST", "clock"): set_clock,
    ("POST", "lag"): set_lag,
    ("POST", "limits"): set_limits,
    ("POST", "ban"): ban,
    ("POST", "forgive"): forgive,
    ("POST", "reset"): reset,
}
