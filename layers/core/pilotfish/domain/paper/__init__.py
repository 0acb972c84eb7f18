"""Paper accounts: play money at a real venue's prices, fees, lots and minimums.

An order fills whole and at once, at the best price that the venue shows on the other side (where
it shows none, at its last trade), made worse by the wallet's slippage and rounded to the tick, or
with a limit price that does not reach so far not at all. Fees are the venue's list price for
takers, in the quote currency. Funding is not paid. Derivatives are on cross margin: an order that
makes a position larger needs equity for the initial margin of all positions in its currency, and
where equity falls to zero or below all of them are closed at their marks and the rest is gone.
"""
