"""What Kraken lists from the start, and its many names for one thing."""

from decimal import Decimal

from pilotfish_local.exchange.engine.instruments import KRAKEN, SPOT, Instrument

# Old assets have a letter before their name: X for coins, Z for money.
ASSETS = {
    "BTC": "XXBT",
    "ETH": "XETH",
    "SOL": "SOL",
    "USD": "ZUSD",
    "EUR": "ZEUR",
    "USDT": "USDT",
}
ALTNAMES = {"BTC": "XBT"}
DECIMALS = {"BTC": 10, "ETH": 10, "SOL": 10, "USD": 4, "EUR": 4, "USDT": 8}


def instruments() -> list[Instrument]:
    """Pairs against dollars and Tether, and one against euros."""
    return [
        _pair("BTC", "USD", "0.1", "0.00005", "61800", 1),
        _pair("ETH", "USD", "0.01", "0.001", "2680", 2),
        _pair("SOL", "USD", "0.01", "0.02", "155", 3),
        _pair("BTC", "USDT", "0.1", "0.00005", "61800", 4),
        _pair("ETH", "USDT", "0.01", "0.001", "2680", 5),
        _pair("ETH", "EUR", "0.01", "0.001", "2450", 6),
    ]


def _pair(base: str, quote: str, tick: str, least: str, price: str, number: int) -> Instrument:
    return Instrument(
        venue=KRAKEN,
        symbol=f"{altname(base)}{altname(quote)}",
        base=base,
        quote=quote,
        settle=quote,
        tick=Decimal(tick),
        step=Decimal("0.00000001"),
        min_qty=Decimal(least),
        max_qty=Decimal(10_000),
        min_notional=Decimal("0.5"),
        start_price=Decimal(price),
        taker=Decimal("0.004"),
        maker=Decimal("0.0025"),
        product_id=number,
        kind=SPOT,
    )


def altname(asset: str) -> str:
    """An asset as altnames and wsnames have it: BTC is XBT."""
    return ALTNAMES.get(asset, asset)


def pair_id(i: Instrument) -> str:
    """A pair's own id: XXBTZUSD where both assets are old, XBTUSDT otherwise."""
    old = ASSETS[i.base] != altname(i.base) and ASSETS[i.quote] != altname(i.quote)
    return f"{ASSETS[i.base]}{ASSETS[i.quote]}" if old else i.symbol


def socket_name(i: Instrument) -> str:
    """A pair on the second socket: BTC/USD, though REST says XBT/USD."""
    return f"{i.base}/{i.quote}"
