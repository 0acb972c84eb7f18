"""Kraken spot, translated to and from the engine."""
