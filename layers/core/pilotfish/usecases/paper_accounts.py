"""Open a paper account, and give one its play money back."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from decimal import Decimal

from pilotfish.domain.managing import Connection, label_from
from pilotfish.domain.paper.wallet import (
    DEFAULT_BALANCE,
    DEFAULT_LEVERAGE,
    DEFAULT_SLIPPAGE,
    BadPaperTerms,
    PaperWallet,
    opened,
    reset,
)
from pilotfish.domain.venue_ids import market_venue, on_paper
from pilotfish.ports import Clock, PaperBooks, Register
from pilotfish.usecases.connections import owned, require_room


@dataclass(frozen=True, slots=True)
class PaperTerms:
    """What a person may choose; `currency` "" is the one that the venue's markets are in."""

    balance: Decimal = DEFAULT_BALANCE
    currency: str = ""
    slippage: Decimal = DEFAULT_SLIPPAGE
    leverage: Decimal = DEFAULT_LEVERAGE


class NotOnPaper(ValueError):
    """It is an account with a key, and its money is not ours to give."""


class OpenPaperAccount:
    """A connection that needs no key; `venues` are those whose instruments are published."""

    def __init__(
        self,
        *,
        register: Register,
        books: PaperBooks,
        venues: Collection[str],
        clock: Clock,
        new_id: Callable[[str], str],
    ) -> None:
        self._register = register
        self._books = books
        self._venues = venues
        self._clock = clock
        self._new_id = new_id

    def __call__(
        self, owner: str, venue: str, terms: PaperTerms | None = None, label: str = ""
    ) -> Connection:
        """The connection, which can follow at once; it never leads.

        Raises `BadPaperTerms` for a venue that nobody can follow on and for terms that make no
        sense, `BadLabel` and `TooMany`.
        """
        terms, venue, label = terms or PaperTerms(), market_venue(venue), label_from(label)
        if venue not in self._venues:
            raise BadPaperTerms(f"venue is one of {', '.join(sorted(self._venues))}, not {venue}")
        require_room(self._register, owner)
        account_id, now_ms = self._new_id("acc"), self._clock()
        wallet = opened(
            account_id,
            venue,
            terms.balance,
            now_ms,
            currency=terms.currency,
            slippage=terms.slippage,
            leverage=terms.leverage,
        )
        connection = Connection(
            account_id, owner, on_paper(venue), label, connected_ms=now_ms, checked_ms=now_ms
        )
        # A wallet without an account is nobody's; an account without a wallet would be refused.
        if not self._books.open(wallet) or not self._register.open(connection):
            raise RuntimeError(f"{account_id} is taken")
        return connection


class ResetPaperAccount:
    """What it held is gone, as if it had been closed elsewhere: reconciliation sees to the books.

    Its trades stay in its history.
    """

    def __init__(self, *, register: Register, books: PaperBooks, clock: Clock) -> None:
        self._register = register
        self._books = books
        self._clock = clock

    def __call__(
        self, owner: str | None, account_id: str, balance: Decimal | None = None
    ) -> PaperWallet:
        """The new wallet, with as much as the last time if nothing else is said.

        Raises `NoSuchAccount`, `NotOnPaper` and `BadPaperTerms`; an operator has no `owner`.
        """
        wallet = _wallet_of(self._register, self._books, owner, account_id)
        while True:
            new = reset(wallet, wallet.start if balance is None else balance, self._clock())
            if self._books.advance(wallet, new):
                return new
            wallet = _wallet_of(self._register, self._books, owner, account_id)


class ShowPaperAccount:
    """The wallet as it was written last: positions have the marks of the last order or look."""

    def __init__(self, *, register: Register, books: PaperBooks) -> None:
        self._register = register
        self._books = books

    def __call__(self, owner: str | None, account_id: str) -> PaperWallet:
        """Raises `NoSuchAccount` and `NotOnPaper`."""
        return _wallet_of(self._register, self._books, owner, account_id)


def _wallet_of(
    register: Register, books: PaperBooks, owner: str | None, account_id: str
) -> PaperWallet:
    connection = owned(register, owner, account_id)
    wallet = books.load(account_id) if connection.paper else None
    if wallet is None:
        raise NotOnPaper(f"{account_id} is no paper account")
    return wallet
