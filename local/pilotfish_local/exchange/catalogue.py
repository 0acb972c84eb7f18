"""What can be traded: the listings of all venues."""

from pilotfish_local.exchange.binance import listing as binance
from pilotfish_local.exchange.bybit import listing as bybit
from pilotfish_local.exchange.delta import listing as delta
from pilotfish_local.exchange.engine.instruments import Instrument
from pilotfish_local.exchange.kana import listing as kana
from pilotfish_local.exchange.kraken import listing as kraken
from pilotfish_local.exchange.okx import listing as okx


def catalogue() -> tuple[Instrument, ...]:
    """The symbols listed from the start."""
    return (
        *binance.instruments(),
        *delta.instruments(),
        *bybit.instruments(),
        *kraken.instruments(),
        *kana.instruments(),
        *okx.instruments(),
    )
