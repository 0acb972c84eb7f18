"""A paper account's money, and what it holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from pilotfish.domain.fills import PositionSide
from pilotfish.domain.instruments import settle_of
from pilotfish.domain.netting import position_side_of, symbol_of
from pilotfish.domain.venues import Position

ZERO = Decimal(0)
DEFAULT_BALANCE = Decimal(10_000)
DEFAULT_SLIPPAGE = Decimal("0.0005")
DEFAULT_LEVERAGE = Decimal(10)
MOST_BALANCE = Decimal(1_000_000_000)
MOST_LEVERAGE = Decimal(125)
MOST_SLIPPAGE = Decimal("0.1")
# Venues whose markets are mostly in dollars; of all others they are in Tether.
IN_DOLLARS = frozenset({"coinbase", "kraken", "krakenfutures", "delta", "deltaindia"})


@dataclass(frozen=True, slots=True)
class Held:
    """A derivative position: signed base units, average entry, and the last mark that was seen."""

    quantity: Decimal
    entry_price: Decimal
    mark: Decimal


@dataclass(frozen=True, slots=True)
class PaperWallet:
    """A paper account's money: `cash` by currency, coins of spot included; positions by key.

    `version` grows with every write. `coins` says under which market a coin was bought. `start` is
    the balance that it was opened or reset with, in `currency`; `epoch` counts the resets and
    `executed` the account's trades. Times are UTC ms; `liquidated_ms` is 0 for never.
    """

    account_id: str
    venue: str
    currency: str
    start: Decimal
    opened_ms: int
    cash: Mapping[str, Decimal]
    positions: Mapping[str, Held] = field(default_factory=dict)
    coins: Mapping[str, str] = field(default_factory=dict)
    slippage: Decimal = DEFAULT_SLIPPAGE
    leverage: Decimal = DEFAULT_LEVERAGE
    leverages: Mapping[str, Decimal] = field(default_factory=dict)
    version: int = 1
    epoch: int = 1
    executed: int = 0
    liquidated_ms: int = 0

    def of(self, currency: str) -> Decimal:
        """Cash or coins in a currency."""
        return self.cash.get(currency, ZERO)

    def settling_in(self, currency: str) -> dict[str, Held]:
        """The derivative positions whose profit is paid in a currency."""
        own = self.positions.items()
        return {key: held for key, held in own if settle_of(symbol_of(key)) == currency}

    def equity(self, currency: str) -> Decimal:
        """Cash and what the positions have earned by their last marks."""
        earned = (
            (held.mark - held.entry_price) * held.quantity
            for held in self.settling_in(currency).values()
        )
        return self.of(currency) + sum(earned, ZERO)

    def margin(self, currency: str) -> Decimal:
        """What the positions need for being opened, by their last marks."""
        held = self.settling_in(currency).items()
        needed = (abs(h.quantity) * h.mark / self.leverage_of(symbol_of(k)) for k, h in held)
        return sum(needed, ZERO)

    def leverage_of(self, symbol: str) -> Decimal:
        """What was set for a market, or else the account's."""
        return self.leverages.get(symbol, self.leverage)

    def short_of_margin(self, currency: str) -> bool:
        """Whether the positions need more than there is."""
        return bool(self.settling_in(currency)) and self.margin(currency) > self.equity(currency)

    def marked(self, marks: Mapping[str, Decimal]) -> "PaperWallet":
        """With newer marks, by symbol."""
        positions = {
            key: replace(held, mark=marks.get(symbol_of(key), held.mark))
            for key, held in self.positions.items()
        }
        return replace(self, positions=positions)


class BadPaperTerms(ValueError):
    """A paper account that cannot be opened so; the message says why."""


def opened(
    account_id: str,
    venue: str,
    balance: Decimal,
    now_ms: int,
    *,
    currency: str = "",
    slippage: Decimal = DEFAULT_SLIPPAGE,
    leverage: Decimal = DEFAULT_LEVERAGE,
) -> PaperWallet:
    """A new wallet; `venue` is the real one. Raises `BadPaperTerms`."""
    if not (balance.is_finite() and 0 < balance <= MOST_BALANCE):
        raise BadPaperTerms(f"balance is more than 0 and at most {MOST_BALANCE}, not {balance}")
    if not (slippage.is_finite() and 0 <= slippage < MOST_SLIPPAGE):
        raise BadPaperTerms(f"slippage is 0 or more and less than {MOST_SLIPPAGE}, not {slippage}")
    if not (leverage.is_finite() and 1 <= leverage <= MOST_LEVERAGE):
        raise BadPaperTerms(f"leverage is from 1 to {MOST_LEVERAGE}, not {leverage}")
    currency = currency or ("USD" if venue in IN_DOLLARS else "USDT")
    return PaperWallet(
        account_id, venue, currency, balance, now_ms, {currency: balance},
        slippage=slippage, leverage=leverage,
    )  # fmt: skip


def reset(wallet: PaperWallet, balance: Decimal, now_ms: int) -> PaperWallet:
    """As if it were new, but for its trades, whose numbers go on. Raises `BadPaperTerms`."""
    new = opened(
        wallet.account_id,
        wallet.venue,
        balance,
        now_ms,
        currency=wallet.currency,
        slippage=wallet.slippage,
        leverage=wallet.leverage,
    )
    return replace(
        new,
        version=wallet.version + 1,
        epoch=wallet.epoch + 1,
        executed=wallet.executed,
        leverages=wallet.leverages,
    )


def moved_on(wallet: PaperWallet, **changes: object) -> PaperWallet:
    """The next version of the wallet."""
    return replace(wallet, version=wallet.version + 1, **changes)  # type: ignore[arg-type]


def holdings_of(wallet: PaperWallet) -> list[Position]:
    """Positions, and each coin under the market in which it was bought or sold at last."""
    derivatives = [
        Position(symbol_of(key), position_side_of(key), held.quantity, held.entry_price)
        for key, held in wallet.positions.items()
    ]
    coins = [
        Position(symbol, PositionSide.NET, wallet.of(base))
        for base, symbol in wallet.coins.items()
        if wallet.of(base)
    ]
    return [*derivatives, *coins]
