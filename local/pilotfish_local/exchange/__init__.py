"""A model exchange that speaks its venues' own protocols to unmodified ccxt."""

from pilotfish_local.exchange.exchange import Options
from pilotfish_local.exchange.launch import endpoints, launch
from pilotfish_local.exchange.server import ModelExchange

__all__ = ["ModelExchange", "Options", "endpoints", "launch"]
