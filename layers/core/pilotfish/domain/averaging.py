"""What a position costs on average and what closing it earns, as venues reckon it.

Quantities are signed base units. A contract that settles in its own coin (inverse) is a number of
quote units, which is another quantity of coin at every price: such a position's quantity is what
its contracts were worth at the entry price, so that its cost, `quantity * entry_price`, is what it
is a number of.
"""

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from pilotfish.domain.instruments import Kind, kind_of, settle_of

ZERO = Decimal(0)
# Contracts are whole; what division leaves of them is nothing.
_NOTHING = Decimal("1e-15")


@dataclass(frozen=True, slots=True)
class Averaged:
    """`entry_price` is None where nobody knows what a part of it cost; `realized` in quote units.

    Profit in a coin counts at the price at which it was made.
    """

    quantity: Decimal = ZERO
    entry_price: Decimal | None = None
    realized: Decimal = ZERO

    def after(self, symbol: str, change: Decimal, price: Decimal | None) -> "Averaged":
        """The position after a change of so much (base units at `price`)."""
        if self._turns_inverse(symbol, change, price):
            return self._inverse(change, price)
        quantity = self.quantity + change
        return Averaged(quantity, self._entry(quantity, price), self._realized(quantity, price))

    def _turns_inverse(self, symbol: str, change: Decimal, price: Decimal | None) -> bool:
        """What opens one adds coin to coin, as anywhere; what closes one takes contracts off."""
        closes = self.quantity * change < ZERO
        return closes and bool(self.entry_price) and bool(price) and inverse(symbol)

    def _inverse(self, change: Decimal, price: Decimal | None) -> "Averaged":
        entry, price = self.entry_price or ZERO, price or ZERO
        before, contracts = self.quantity * entry, self.quantity * entry + change * price
        if abs(contracts) <= abs(before) * _NOTHING:
            contracts = ZERO
        if before * contracts > ZERO:
            quantity = contracts / entry
            won = (self.quantity - quantity) * (price - entry)
            return Averaged(quantity, entry, self.realized + won)
        realized = self.realized + self.quantity * (price - entry)
        return Averaged(contracts / price, price if contracts else None, realized)

    def _entry(self, after: Decimal, price: Decimal | None) -> Decimal | None:
        if not after:
            return None
        if self.quantity * after <= ZERO:
            return price
        if abs(after) <= abs(self.quantity):
            return self.entry_price
        if self.entry_price is None or price is None:
            return None
        return (self.quantity * self.entry_price + (after - self.quantity) * price) / after

    def _realized(self, after: Decimal, price: Decimal | None) -> Decimal:
        closed = _closed(self.quantity, after)
        if not closed or self.entry_price is None or price is None:
            return self.realized
        return self.realized + (price - self.entry_price) * closed


@lru_cache(maxsize=10_000)
def inverse(symbol: str) -> bool:
    """Whether a contract is a number of quote units."""
    return kind_of(symbol) is Kind.INVERSE


def open_profit(
    symbol: str, quantity: Decimal, entry: Decimal | None, mark: Decimal | None
) -> Decimal | None:
    """Of a position, in quote units at the mark; None when it is not known.

    Nor is it for a contract that settles in a third currency.
    """
    if entry is None or mark is None or not _in_the_pair(symbol):
        return None
    return (mark - entry) * quantity


def notional(
    symbol: str, quantity: Decimal, entry: Decimal | None, price: Decimal | None
) -> Decimal:
    """Quote units, never negative; at the entry price where there is no other."""
    each = entry if price is None or inverse(symbol) else price
    return ZERO if each is None else abs(quantity) * each


@lru_cache(maxsize=10_000)
def _in_the_pair(symbol: str) -> bool:
    """Whether its profit is paid in one of the two currencies of its price."""
    base, _, rest = symbol.partition("/")
    return settle_of(symbol) in ("", base, rest.partition(":")[0])


def _closed(before: Decimal, after: Decimal) -> Decimal:
    """How much of what was held is not any more (signed)."""
    if before * after <= ZERO:
        return before
    return before - after if abs(after) < abs(before) else ZERO
