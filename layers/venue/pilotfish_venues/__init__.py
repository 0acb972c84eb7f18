"""Exchanges behind the `Venue` port, through ccxt; what differs between them is data in `table`."""
