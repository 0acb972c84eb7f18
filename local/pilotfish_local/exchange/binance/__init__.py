"""Binance spot and USD-M futures, translated to and from the engine."""
