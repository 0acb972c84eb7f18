"""Bybit's version 5: spot and USDT perpetuals of one unified account, to and from the engine."""
