"""A model exchange that speaks Binance spot, Binance USD-M and Delta to unmodified ccxt."""

from .exchange import Options
from .launch import endpoints, launch
from .server import ModelExchange

__all__ = ["ModelExchange", "Options", "endpoints", "launch"]
