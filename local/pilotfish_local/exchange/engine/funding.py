"""What perpetuals pay for being held: longs pay shorts where the rate is above zero."""

from dataclasses import dataclass
from decimal import Decimal

from pilotfish_local.exchange.engine.accounts import Account
from pilotfish_local.exchange.engine.instruments import Instrument
from pilotfish_local.exchange.engine.market import Market


@dataclass(frozen=True, slots=True)
class Funding:
    """A payment of an account: `amount` is what it got; `qty` was held, negative when short."""

    number: int
    instrument: Instrument
    side: str
    qty: Decimal
    price: Decimal
    rate: Decimal
    amount: Decimal
    at_ns: int


def fund(account: Account, market: Market, rate: Decimal, at_ns: int) -> list[Funding]:
    """Pay for each position that the account has in a market, at its last price."""
    paid, instrument = [], market.instrument
    for position in account.positions.values():
        if position.symbol != instrument.symbol or not position.amount:
            continue
        amount = -instrument.notional(position.amount, market.last) * rate
        account.balance(instrument.settle).total += amount
        row = Funding(
            len(account.funding) + 1,
            *(instrument, position.side, position.amount, market.last, rate, amount, at_ns),
        )
        account.funding.append(row)
        paid.append(row)
    return paid
