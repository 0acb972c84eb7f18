"""What an account has at its venue, and what that is worth.

Dollars and the coins that stand for one count as one each; any other coin counts at its price in
one of them. What the venue paid in is there: profit that is still open is not in a balance.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from pilotfish.domain.averaging import open_profit
from pilotfish.domain.instruments import settle_of
from pilotfish.domain.levels import OLD_MS as OLD_LEVELS_MS
from pilotfish.domain.levels import Level
from pilotfish.domain.venue_ids import market_venue
from pilotfish.domain.venues import Position

ZERO = Decimal(0)

# In the order in which a coin is looked for in a market with one of them.
DOLLARS = (
    *("USDT", "USDC", "USD", "FDUSD", "USDE", "TUSD", "DAI", "PYUSD", "USD1", "USDP", "GUSD"),
    *("RLUSD", "USDD", "BUSD"),
)
# Older than this a wallet says little of how much there is.
OLD_MS = 15 * 60_000

PriceOf = Callable[[str], Decimal | None]
"""The price of a market by its symbol, in quote units."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a venue tells of an account: coins, free and locked, and positions in derivatives.

    Profit of positions that are open is not among the coins.
    """

    coins: Mapping[str, Decimal]
    positions: tuple[Position, ...] = ()


@dataclass(frozen=True, slots=True)
class Worth:
    """In dollars; None is what nobody knows. `unpriced` are the coins that are not in `balance`."""

    balance: Decimal | None
    unrealized: Decimal | None
    unpriced: tuple[str, ...] = ()

    @property
    def equity(self) -> Decimal | None:
        """What would be there if all positions in derivatives were closed now."""
        if self.balance is None or self.unrealized is None:
            return None
        return self.balance + self.unrealized


@dataclass(frozen=True, slots=True)
class Wallet:
    """An account as its venue told it at `at_ms` (UTC; 0: never); `error` is why not since then.

    `coins` are free and locked, `positions` those in derivatives, and `prices` those of that
    moment by symbol. `levels` are the orders that close positions, as of `levels_ms` (0: never).
    """

    account_id: str
    venue: str
    at_ms: int = 0
    coins: Mapping[str, Decimal] = field(default_factory=dict)
    positions: tuple[Position, ...] = ()
    prices: Mapping[str, Decimal] = field(default_factory=dict)
    error: str = ""
    error_ms: int = 0
    levels: tuple[Level, ...] = ()
    levels_ms: int = 0

    @property
    def equity(self) -> Decimal | None:
        """In dollars at the prices of `at_ms`; None when it is not known."""
        return self.worth(self.prices.get).equity

    @property
    def markets(self) -> set[tuple[str, str]]:
        """Venue and symbol of all whose prices were known when it was read."""
        return {(market_venue(self.venue), symbol) for symbol in self.prices}

    @property
    def asked_ms(self) -> int:
        """When its venue was asked last, in vain or not."""
        return max(self.at_ms, self.error_ms)

    def levels_known(self, now_ms: int) -> bool:
        """Whether they were read lately enough to go by."""
        return now_ms - self.levels_ms <= OLD_LEVELS_MS

    def old(self, now_ms: int) -> bool:
        """Whether it was read too long ago to rely on."""
        return now_ms - self.at_ms > OLD_MS

    def worth(self, price_of: PriceOf) -> Worth:
        """At the prices of the moment, or else at those of when it was read."""
        if not self.at_ms:
            return Worth(None, None)

        def price(symbol: str) -> Decimal | None:
            now = price_of(symbol)
            return self.prices.get(symbol) if now is None else now

        balance, unpriced = ZERO, []
        for coin, amount in self.coins.items():
            each = coin_price(coin, price)
            if each is None:
                unpriced.append(coin)
            else:
                balance += amount * each
        return Worth(balance, self._unrealized(price), tuple(sorted(unpriced)))

    def _unrealized(self, price: PriceOf) -> Decimal | None:
        profit = ZERO
        for position in self.positions:
            mark = price(position.symbol)
            won = open_profit(position.symbol, position.quantity, position.entry_price, mark)
            each = coin_price(_quote_of(position.symbol), price)
            if won is None or each is None:
                return None
            profit += won * each
        return profit


def coin_price(coin: str, price: PriceOf) -> Decimal | None:
    """What a coin is worth in dollars."""
    if coin in DOLLARS:
        return Decimal(1)
    found = (price(symbol) for symbol in markets_of(coin))
    return next((each for each in found if each is not None), None)


def markets_of(coin: str) -> Iterator[str]:
    """Where a coin's price may be found."""
    for dollar in DOLLARS:
        yield f"{coin}/{dollar}"
    for dollar in DOLLARS:
        yield f"{coin}/{dollar}:{dollar}"


def markets_needed(coins: Iterable[str], positions: Iterable[Position]) -> set[str]:
    """The symbols whose prices tell what these are worth."""
    held = list(positions)
    priced = {*coins, *(_quote_of(position.symbol) for position in held)} - set(DOLLARS)
    return {p.symbol for p in held} | {symbol for coin in priced for symbol in markets_of(coin)}


def in_derivatives(positions: Iterable[Position]) -> tuple[Position, ...]:
    """Without spot holdings: those are coins."""
    return tuple(position for position in positions if settle_of(position.symbol))


def _quote_of(symbol: str) -> str:
    return symbol.partition("/")[2].partition(":")[0]
