"""What all of a user's wallets come to, and each of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pilotfish.domain.messages import WalletState
from pilotfish.domain.news import presentable
from pilotfish.domain.quotes import Quote
from pilotfish.domain.venue_ids import is_paper, market_venue
from pilotfish.domain.wallets import Wallet, Worth

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Funds:
    """In dollars; None while one of the wallets is not known: a part would pass for all.

    `read_ms` is when the wallet was read that was read first.
    """

    balance: float | None
    equity: float | None
    read_ms: int | None
    states: tuple[WalletState, ...]


def funds(
    wallets: Sequence[Wallet],
    quotes: Mapping[tuple[str, str], Quote],
    now_ms: int,
    *,
    paper: bool = False,
) -> Funds:
    """Of the wallets with real money, or of those with play money."""
    wanted = [wallet for wallet in wallets if is_paper(wallet.venue) is paper]
    worth = [_worth(wallet, quotes, now_ms) for wallet in wanted]
    return Funds(
        balance=_sum([each.balance for each in worth]),
        equity=_sum([each.equity for each in worth]),
        read_ms=min((wallet.at_ms for wallet in wanted if wallet.at_ms), default=None),
        states=tuple(_state(*pair, now_ms) for pair in zip(wanted, worth, strict=True)),
    )


def _worth(wallet: Wallet, quotes: Mapping[tuple[str, str], Quote], now_ms: int) -> Worth:
    venue = market_venue(wallet.venue)

    def price(symbol: str) -> Decimal | None:
        quote = quotes.get((venue, symbol))
        return None if quote is None or quote.stale(now_ms) else quote.value

    return wallet.worth(price)


def _sum(amounts: Sequence[Decimal | None]) -> float | None:
    known = [amount for amount in amounts if amount is not None]
    return float(sum(known, ZERO)) if len(known) == len(amounts) else None


def _state(wallet: Wallet, worth: Worth, now_ms: int) -> WalletState:
    return WalletState(
        account=wallet.account_id,
        venue=wallet.venue or None,
        balance=_number(worth.balance),
        equity=_number(worth.equity),
        read_ms=wallet.at_ms or None,
        stale=wallet.old(now_ms),
        unpriced=worth.unpriced or None,
        error=presentable(wallet.error) or None,
    )


def _number(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)
