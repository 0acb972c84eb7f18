"""What OKX lists from the start; the size of a swap's order is in contracts."""

from decimal import Decimal

from pilotfish_local.exchange.engine.instruments import LINEAR, OKX, SPOT, Instrument

TYPES = {SPOT: "SPOT", LINEAR: "SWAP"}


def instruments() -> list[Instrument]:
    """The spot pairs and the USDT swaps."""
    return [
        _swap("BTC", "0.01", "0.1", "10000", "61800"),
        _swap("ETH", "0.1", "0.01", "10000", "2680"),
        _swap("SOL", "1", "0.01", "20000", "155"),
        _swap("DOGE", "1000", "0.00001", "30000", "0.105"),
        _pair("BTC", "0.1", "0.00000001", "0.00001", "61800"),
        _pair("ETH", "0.01", "0.000001", "0.0001", "2680"),
        _pair("SOL", "0.01", "0.000001", "0.001", "155"),
        _pair("DOGE", "0.00001", "0.000001", "10", "0.105"),
    ]


def _swap(base: str, value: str, tick: str, most: str, price: str) -> Instrument:
    return Instrument(
        venue=OKX,
        symbol=f"{base}-USDT-SWAP",
        base=base,
        quote="USDT",
        settle="USDT",
        tick=Decimal(tick),
        step=Decimal("0.01"),
        min_qty=Decimal("0.01"),
        max_qty=Decimal(most),
        min_notional=Decimal(0),
        start_price=Decimal(price),
        taker=Decimal("0.0005"),
        maker=Decimal("0.0002"),
        contract_value=Decimal(value),
        max_leverage=100,
        kind=LINEAR,
    )


def _pair(base: str, tick: str, step: str, least: str, price: str) -> Instrument:
    return Instrument(
        venue=OKX,
        symbol=f"{base}-USDT",
        base=base,
        quote="USDT",
        settle="USDT",
        tick=Decimal(tick),
        step=Decimal(step),
        min_qty=Decimal(least),
        max_qty=Decimal(1_000_000_000),
        min_notional=Decimal(0),
        start_price=Decimal(price),
        taker=Decimal("0.001"),
        maker=Decimal("0.0008"),
        kind=SPOT,
    )
