"""Binance's market streams: what is sent of a market at each move of its price."""

from pilotfish_local.exchange.binance.market_data import ticker_view
from pilotfish_local.exchange.engine.decimals import plain
from pilotfish_local.exchange.engine.market import Market
from pilotfish_local.exchange.exchange import Exchange

Message = dict[str, object]


def _book_ticker(exchange: Exchange, market: Market) -> Message:
    now = exchange.clock.now_ms(market.instrument.venue)
    size = plain(market.instrument.step * 1000)
    message: Message = {
        "u": market.ticks,
        "s": market.instrument.symbol,
        "b": plain(market.bid),
        "B": size,
        "a": plain(market.ask),
        "A": size,
    }
    futures = {"e": "bookTicker", "E": now, "T": now}
    return message if market.instrument.is_spot else {**futures, **message}


def _mini_ticker(exchange: Exchange, market: Market) -> Message:
    return {
        "e": "24hrMiniTicker",
        "E": exchange.clock.now_ms(market.instrument.venue),
        "s": market.instrument.symbol,
        "c": plain(market.last),
        "o": plain(market.open_24h),
        "h": plain(market.high_24h),
        "l": plain(market.low_24h),
        "v": "1000",
        "q": plain(market.last * 1000),
    }


def _ticker(exchange: Exchange, market: Market) -> Message:
    view = ticker_view(exchange, market)
    return {
        **_mini_ticker(exchange, market),
        "e": "24hrTicker",
        "p": view["priceChange"],
        "P": view["priceChangePercent"],
        "w": view["weightedAvgPrice"],
        "Q": view["lastQty"],
        "b": view["bidPrice"],
        "B": view["bidQty"],
        "a": view["askPrice"],
        "A": view["askQty"],
        "O": view["openTime"],
        "C": view["closeTime"],
        "F": 1,
        "L": market.ticks,
        "n": market.ticks,
    }


def _mark_price(exchange: Exchange, market: Market) -> Message:
    now = exchange.clock.now_ms(market.instrument.venue)
    price = plain(market.last)
    return {
        "e": "markPriceUpdate",
        "E": now,
        "s": market.instrument.symbol,
        "p": price,
        "i": price,
        "P": price,
        "r": "0.0001",
        "T": now + 3_600_000,
    }


def _trade(exchange: Exchange, market: Market) -> Message:
    now = exchange.clock.now_ms(market.instrument.venue)
    return {
        "e": "trade",
        "E": now,
        "T": now,
        "s": market.instrument.symbol,
        "t": market.ticks,
        "p": plain(market.last),
        "q": plain(market.instrument.step),
        "X": "MARKET",
        "m": False,
    }


CHANNELS = {
    "bookTicker": _book_ticker,
    "miniTicker": _mini_ticker,
    "ticker": _ticker,
    "markPrice": _mark_price,
    "markPrice@1s": _mark_price,
    "trade": _trade,
}
