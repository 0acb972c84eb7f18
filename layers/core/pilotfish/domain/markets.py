"""Which market a client means."""

from collections.abc import Container

# Shorter ones would be parts of words.
_LEAST = 2


def market_of(spelling: str, symbols: Container[str]) -> str | None:
    """The unified symbol that is meant: `BTC/USDT`, `BTC/USDT:USDT`, `BTCUSDT`, `btc-usdt`.

    What is not spelled out is spot first, then the perpetual that settles in its quote.
    """
    if spelling in symbols:
        return spelling
    flat = "".join(part for part in spelling.upper() if part.isalnum())
    pairs = [(flat[:cut], flat[cut:]) for cut in range(_LEAST, len(flat) - _LEAST + 1)]
    spot = [f"{base}/{quote}" for base, quote in pairs]
    linear = [f"{base}/{quote}:{quote}" for base, quote in pairs]
    return next((symbol for symbol in spot + linear if symbol in symbols), None)
