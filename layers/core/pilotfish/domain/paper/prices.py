"""The price at which a paper order fills, and at which a paper position is valued."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from pilotfish.domain.fills import Side
from pilotfish.domain.instruments import Instrument
from pilotfish.domain.tickers import Ticker

# A price without an offer beside it is a trade, and says nothing after a while.
LAST_TRADE_MS = 60_000


@dataclass(frozen=True, slots=True)
class PublicMarket:
    """What anybody can see of a market: `taker_fee` is a fraction of the notional.

    `hedged`: an account of the venue may hold a long and a short position of it side by side.
    """

    instrument: Instrument
    ticker: Ticker
    taker_fee: Decimal
    hedged: bool


def touch(ticker: Ticker, side: Side, now_ms: int) -> Decimal | None:
    """What is asked, or bid, or was paid at last; None where nobody can say."""
    offered = ticker.ask if side is Side.BUY else ticker.bid
    if offered:
        return offered
    return ticker.last if ticker.last and now_ms - ticker.at_ms <= LAST_TRADE_MS else None


def mark_of(ticker: Ticker, now_ms: int) -> Decimal | None:
    """What a position is valued at; None where nobody can say."""
    fresh = now_ms - ticker.at_ms <= LAST_TRADE_MS
    return ticker.mark or (ticker.last if ticker.last and fresh else None)


def fill_price(market: PublicMarket, touched: Decimal, side: Side, slippage: Decimal) -> Decimal:
    """The price touched, worse by the slippage, at the next worse tick."""
    worse = touched * (1 + side.sign * slippage)
    tick = market.instrument.tick
    if not tick:
        return worse
    return (worse / tick).to_integral_value(
        ROUND_CEILING if side is Side.BUY else ROUND_FLOOR
    ) * tick
