"""What Delta lists from the start."""

from decimal import Decimal

from pilotfish_local.exchange.engine.instruments import DELTA, Instrument


def instruments() -> list[Instrument]:
    """The perpetual contracts."""
    return [
        _contract("BTC", 27, "0.001", "0.5", "61800"),
        _contract("ETH", 3136, "0.01", "0.05", "2680"),
        _contract("SOL", 14823, "1", "0.0001", "155"),
    ]


def _contract(base: str, product_id: int, value: str, tick: str, price: str) -> Instrument:
    return Instrument(
        venue=DELTA,
        symbol=f"{base}USD",
        base=base,
        quote="USD",
        settle="USD",
        tick=Decimal(tick),
        step=Decimal(1),
        min_qty=Decimal(1),
        max_qty=Decimal(1_000_000),
        min_notional=Decimal(0),
        start_price=Decimal(price),
        taker=Decimal("0.0005"),
        maker=Decimal("0.0002"),
        contract_value=Decimal(value),
        product_id=product_id,
        max_leverage=100,
    )
