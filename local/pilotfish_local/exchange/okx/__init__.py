"""OKX's version 5: spot and USDT swaps of one account, to and from the engine."""
