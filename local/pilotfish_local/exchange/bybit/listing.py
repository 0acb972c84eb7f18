"""What Bybit lists from the start; a spot pair and a perpetual share one name on the wire."""

from decimal import Decimal

from pilotfish_local.exchange.engine.instruments import BYBIT, LINEAR, SPOT, Instrument


def instruments() -> list[Instrument]:
    """The spot pairs and the USDT perpetuals."""
    return [
        _perpetual("BTC", "0.1", "0.001", "1190", "61800"),
        _perpetual("ETH", "0.01", "0.01", "7240", "2680"),
        _perpetual("SOL", "0.01", "0.1", "79770", "155"),
        _perpetual("DOGE", "0.00001", "1", "13979000", "0.105"),
        _pair("BTC", "0.1", "0.000001", "83", "61800"),
        _pair("ETH", "0.01", "0.00001", "2100", "2680"),
        _pair("SOL", "0.01", "0.001", "40000", "155"),
        _pair("DOGE", "0.00001", "0.1", "9000000", "0.105"),
    ]


def book_symbol(category: str, name: str) -> str:
    """The book's symbol: a perpetual's own name, and `spot:` before a pair's."""
    return name if category in (LINEAR, "") else f"{category}:{name}"


def _perpetual(base: str, tick: str, step: str, most: str, price: str) -> Instrument:
    return _instrument(LINEAR, base, tick, step, most, price, "0.00055", "0.0002")


def _pair(base: str, tick: str, step: str, most: str, price: str) -> Instrument:
    return _instrument(SPOT, base, tick, step, most, price, "0.001", "0.001")


def _instrument(
    kind: str, base: str, tick: str, step: str, most: str, price: str, taker: str, maker: str
) -> Instrument:
    name = f"{base}USDT"
    return Instrument(
        venue=BYBIT,
        symbol=book_symbol(kind, name),
        base=base,
        quote="USDT",
        settle="USDT",
        tick=Decimal(tick),
        step=Decimal(step),
        min_qty=Decimal(step),
        max_qty=Decimal(most),
        min_notional=Decimal(5),
        start_price=Decimal(price),
        taker=Decimal(taker),
        maker=Decimal(maker),
        max_leverage=100,
        kind=kind,
        name=name,
    )
