"""What both Binance venues list from the start."""

from decimal import Decimal

from pilotfish_local.exchange.engine.instruments import (
    BINANCE,
    BINANCEUSDM,
    LINEAR,
    SPOT,
    Instrument,
)


def instruments() -> list[Instrument]:
    """The spot pairs and the perpetuals."""
    return [*_spot(), *_usdm()]


def _spot() -> list[Instrument]:
    return [
        _binance(BINANCE, "BTC", "0.01", "0.00001", "9000", "5", "61800"),
        _binance(BINANCE, "ETH", "0.01", "0.0001", "9000", "5", "2680"),
        _binance(BINANCE, "SOL", "0.01", "0.001", "90000", "5", "155"),
        _binance(BINANCE, "DOGE", "0.00001", "1", "9000000", "1", "0.105"),
    ]


def _usdm() -> list[Instrument]:
    return [
        _binance(BINANCEUSDM, "BTC", "0.1", "0.001", "1000", "50", "61800"),
        _binance(BINANCEUSDM, "ETH", "0.01", "0.001", "10000", "20", "2680"),
        _binance(BINANCEUSDM, "SOL", "0.01", "0.01", "1000000", "5", "155"),
        _binance(BINANCEUSDM, "DOGE", "0.00001", "1", "50000000", "5", "0.105"),
    ]


def _binance(
    venue: str, base: str, tick: str, step: str, most: str, notional: str, price: str
) -> Instrument:
    spot = venue == BINANCE
    return Instrument(
        venue=venue,
        symbol=f"{base}USDT",
        base=base,
        quote="USDT",
        settle="USDT",
        tick=Decimal(tick),
        step=Decimal(step),
        min_qty=Decimal(step),
        max_qty=Decimal(most),
        min_notional=Decimal(notional),
        start_price=Decimal(price),
        taker=Decimal("0.001" if spot else "0.0005"),
        maker=Decimal("0.001" if spot else "0.0002"),
        kind=SPOT if spot else LINEAR,
    )
