"""Accounts: keys and what they may do, balances, and positions."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from pilotfish_local.exchange.engine.decimals import ZERO
from pilotfish_local.exchange.engine.orders import BUY

if TYPE_CHECKING:
    from pilotfish_local.exchange.engine.funding import Funding


@dataclass(slots=True)
class Balance:
    """What an account owns of one asset, and how much of it open orders hold."""

    total: Decimal = ZERO
    locked: Decimal = ZERO

    @property
    def free(self) -> Decimal:
        """What may be spent now."""
        return self.total - self.locked


@dataclass(slots=True)
class Position:
    """A signed quantity at an average entry price."""

    symbol: str
    side: str
    amount: Decimal = ZERO
    entry: Decimal = ZERO
    realized: Decimal = ZERO
    commission: Decimal = ZERO
    updated_ns: int = 0
    past: list[tuple[int, Decimal, Decimal]] = field(default_factory=list)

    def trade(self, signed: Decimal, price: Decimal, unit: Decimal, at_ns: int) -> Decimal:
        """Apply a fill and return the profit it realises; `unit` is the contract's value."""
        self.past.append((self.updated_ns, self.amount, self.entry))
        self.updated_ns = at_ns
        before = self.amount
        self.amount = before + signed
        if before == 0 or (before > 0) == (signed > 0):
            self.entry = (self.entry * before + price * signed) / self.amount
            return ZERO
        closed = min(abs(before), abs(signed)) * (1 if before > 0 else -1)
        profit = (price - self.entry) * closed * unit
        if self.amount == 0:
            self.entry = ZERO
        elif (self.amount > 0) != (before > 0):
            self.entry = price
        self.realized += profit
        return profit

    def as_of(self, at_ns: int) -> tuple[Decimal, Decimal]:
        """Amount and entry price as they stood at a moment."""
        if self.updated_ns <= at_ns:
            return self.amount, self.entry
        for since, amount, entry in reversed(self.past):
            if since <= at_ns:
                return amount, entry
        return ZERO, ZERO


@dataclass(slots=True, eq=False)
class Account:
    """One account of one venue with its API key; without a passphrase any will do.

    `hedge` is the position mode; `hedged` has the symbols that were switched on their own.
    """

    name: str
    venue: str
    key: str
    secret: bytes
    user_id: int
    passphrase: str | None = None
    enabled: bool = True
    expired: bool = False
    can_trade: bool = True
    can_withdraw: bool = False
    allowed_ips: frozenset[str] | None = None
    hedge: bool = False
    hedged: dict[str, bool] = field(default_factory=dict)
    default_leverage: int = 20
    balances: dict[str, Balance] = field(default_factory=dict)
    positions: dict[tuple[str, str], Position] = field(default_factory=dict)
    leverage: dict[str, int] = field(default_factory=dict)
    isolated: set[str] = field(default_factory=set)
    funding: list["Funding"] = field(default_factory=list)

    def balance(self, asset: str) -> Balance:
        """The balance of an asset, empty when there never was one."""
        found = self.balances.get(asset)
        if found is None:
            found = self.balances[asset] = Balance()
        return found

    def position(self, symbol: str, side: str = "BOTH") -> Position:
        """The position in a symbol: BOTH in one-way mode, LONG or SHORT in hedge mode."""
        found = self.positions.get((symbol, side))
        if found is None:
            found = self.positions[symbol, side] = Position(symbol, side)
        return found

    def held(self, symbol: str, side: str) -> Decimal:
        """The signed amount held, without creating a position."""
        found = self.positions.get((symbol, side))
        return found.amount if found else ZERO

    @property
    def usable(self) -> bool:
        """Whether the key opens anything."""
        return self.enabled and not self.expired

    def hedges(self, symbol: str) -> bool:
        """Whether a symbol is in hedge mode."""
        return self.hedged.get(symbol, self.hedge)

    def leverage_of(self, symbol: str) -> int:
        """The leverage set for a symbol."""
        return self.leverage.get(symbol, self.default_leverage)


def signed(side: str, qty: Decimal) -> Decimal:
    """A quantity with the sign of its side."""
    return qty if side == BUY else -qty
