"""What can be traded: each symbol with the filters that its venue enforces."""

from dataclasses import dataclass
from decimal import Decimal

BINANCE = "binance"
BINANCEUSDM = "binanceusdm"
DELTA = "delta"
VENUES = (BINANCE, BINANCEUSDM, DELTA)


@dataclass(frozen=True, slots=True)
class Instrument:
    """One symbol of one venue; quantities are in base units, on Delta in contracts."""

    venue: str
    symbol: str
    base: str
    quote: str
    settle: str
    tick: Decimal
    step: Decimal
    min_qty: Decimal
    max_qty: Decimal
    min_notional: Decimal
    start_price: Decimal
    taker: Decimal
    maker: Decimal
    contract_value: Decimal = Decimal(1)
    product_id: int = 0
    max_leverage: int = 125

    @property
    def is_spot(self) -> bool:
        """Spot moves balances; everything else moves positions."""
        return self.venue == BINANCE

    def notional(self, qty: Decimal, price: Decimal) -> Decimal:
        """The value of a quantity in the quote currency."""
        return qty * price * self.contract_value


def catalogue() -> tuple[Instrument, ...]:
    """The symbols listed from the start."""
    return (*_spot(), *_usdm(), *_delta())


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
    )


def _delta() -> list[Instrument]:
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
