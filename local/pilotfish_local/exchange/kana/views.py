"""Kana's markets, positions and fills as JSON: numbers as text, times in whole seconds."""

from hashlib import sha256

from pilotfish_local.exchange.engine.accounts import Account, Position
from pilotfish_local.exchange.engine.decimals import ZERO, places, plain
from pilotfish_local.exchange.engine.instruments import KANA, Instrument
from pilotfish_local.exchange.engine.orders import BUY, Fill
from pilotfish_local.exchange.exchange import Exchange

Json = dict[str, object]
BASE_DECIMALS = 8
OPENS = {BUY: 1, "SELL": 4}
CLOSES = {BUY: 10, "SELL": 7}


def profile_of(account: Account) -> str:
    """The address under which a wallet trades on chain."""
    return "0x" + sha256(account.secret).hexdigest()


def position_id(account: Account, i: Instrument) -> str:
    """The `trade_id` of a wallet's position in a market; its fills carry it."""
    return f"{account.user_id}{i.product_id:06d}0000000000"


def market_view(i: Instrument) -> Json:
    """A market in units of the chain: lots count the base's smallest unit."""
    lot = i.step * 10**BASE_DECIMALS
    precision = places(i.tick)
    return {
        "__variant__": "V1",
        "base_decimals": BASE_DECIMALS,
        "base_name": i.symbol,
        "counter": "17",
        "lot_size": plain(lot),
        "maintenance_margin": "250",
        "market_id": str(i.product_id),
        "max_leverage": str(i.max_leverage),
        "max_lots": plain(i.max_qty / i.step),
        "min_lots": plain(i.min_qty / i.step),
        "quote_decimals": 6,
        "quote_precision": precision,
        "tick_size": plain(i.tick * 10**precision),
    }


def position_view(exchange: Exchange, account: Account, position: Position, side: str) -> Json:
    """A position; REST calls its side `trade_side`, the socket `is_long`."""
    i = exchange.engine.markets[KANA, position.symbol].instrument
    size, leverage = abs(position.amount), account.leverage_of(position.symbol)
    return {
        "address": profile_of(account),
        "market_id": str(i.product_id),
        side: position.amount > ZERO,
        "size": plain(size),
        "entry_price": plain(round(position.entry, 8)),
        "leverage": leverage,
        "liq_price": plain(round(position.entry / 2, 8)),
        "margin": plain(round(size * position.entry / leverage, 6)),
        "value": plain(round(size * position.entry, 6)),
        "sl": None,
        "tp": None,
        "trade_id": position_id(account, i),
        "last_updated": str(exchange.clock.to_ms(KANA, position.updated_ns) // 1000),
    }


def fill_views(exchange: Exchange, account: Account, fill: Fill) -> list[Json]:
    """What a fill closed and what it opened, each for itself; it has no id of its own."""
    i, side = fill.order.instrument, fill.order.side
    parts = ((fill.closed, CLOSES[side]), (fill.qty - fill.closed, OPENS[side]))
    at = str(exchange.clock.to_ms(KANA, fill.at_ns) // 1000)
    return [
        {
            "address": profile_of(account),
            "market_id": str(i.product_id),
            "order_type": kind,
            "size": plain(size),
            "price": f"{fill.price:.8f}",
            "fee": plain(round(fill.fee * size / fill.qty, 6)),
            "pnl": plain(fill.realized) if size == fill.closed else "0",
            "trade_id": position_id(account, i),
            "timestamp": at,
            "last_updated": at,
        }
        for size, kind in parts
        if size
    ]
