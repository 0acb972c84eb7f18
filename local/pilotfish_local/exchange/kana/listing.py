"""What Kana lists, under the ids of its main network; sizes are in base units."""

from decimal import Decimal

from pilotfish_local.exchange.engine.instruments import KANA, LINEAR, Instrument


def instruments() -> list[Instrument]:
    """The perpetuals against the dollar."""
    return [
        _perpetual("APT", 14, "0.001", "0.001", "0.5", "4.5"),
        _perpetual("BTC", 15, "0.1", "0.00001", "0.00001", "61800"),
        _perpetual("ETH", 16, "0.01", "0.0001", "0.001", "2680"),
        _perpetual("SOL", 31, "0.01", "0.01", "0.01", "155"),
    ]


def _perpetual(base: str, number: int, tick: str, step: str, least: str, price: str) -> Instrument:
    return Instrument(
        venue=KANA,
        symbol=f"{base}-USD",
        base=base,
        quote="USD",
        settle="USD",
        tick=Decimal(tick),
        step=Decimal(step),
        min_qty=Decimal(least),
        max_qty=Decimal(1_000_000),
        min_notional=Decimal(0),
        start_price=Decimal(price),
        taker=Decimal("0.0005"),
        maker=Decimal("0.0002"),
        product_id=number,
        max_leverage=20,
        kind=LINEAR,
    )
