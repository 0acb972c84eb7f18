"""Positions, portfolio and risk at the prices of the moment."""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache

from pilotfish.domain import channels
from pilotfish.domain.averaging import notional, open_profit
from pilotfish.domain.books import ZERO, Book, Holding
from pilotfish.domain.funds import funds
from pilotfish.domain.messages import (
    PaperPortfolio,
    Portfolio,
    PortfolioUpdate,
    Position,
    PositionUpdate,
    Risk,
    RiskUpdate,
)
from pilotfish.domain.quotes import Quote
from pilotfish.domain.wallets import Wallet

# The gateway takes 128 KB at a time, and a position is written in some 330 bytes.
MOST = 300

Quotes = Mapping[tuple[str, str], Quote]
"""By venue and symbol."""


class Valued:
    """A book at the quotes of `now_ms`; what has no price counts at what it cost.

    What is on paper is told among the positions, and in no sum.
    """

    def __init__(
        self, book: Book, quotes: Quotes, now_ms: int, wallets: Sequence[Wallet] = ()
    ) -> None:
        self._now_ms = now_ms
        self._quotes = quotes
        self._wallets = wallets
        real, paper = book.apart
        self._rows = [(held, quotes.get(held.market)) for held in real if held.quantity]
        self._realized = _realized(real)
        self._on_paper = paper
        self._paper_rows = [(held, quotes.get(held.market)) for held in paper if held.quantity]
        self.stale = any(quote is None or quote.stale(now_ms) for _, quote in self._rows)

    def positions(self, seq: int) -> PositionUpdate:
        """As it is told."""
        return PositionUpdate(
            channel=channels.POSITIONS,
            seq=seq,
            timestamp=self._now_ms,
            positions=tuple(_position(*row, self._now_ms) for row in self._largest()),
            left_out=max(0, len(self._rows) + len(self._paper_rows) - MOST) or None,
        )

    def _largest(self) -> list[tuple[Holding, Quote | None]]:
        """As many as a frame holds; the order of the book while those are all."""
        rows = [*self._rows, *self._paper_rows]
        if len(rows) <= MOST:
            return rows
        return heapq.nlargest(MOST, rows, key=lambda row: _worth(*row))

    def portfolio(self, seq: int) -> PortfolioUpdate:
        """As it is told."""
        unrealized = self.unrealized
        total = self._realized + unrealized
        has = funds(self._wallets, self._quotes, self._now_ms)
        return PortfolioUpdate(
            channel=channels.PORTFOLIO,
            seq=seq,
            timestamp=self._now_ms,
            portfolio=Portfolio(
                balance=has.balance,
                total_pnl=float(total),
                positions_count=len(self._rows),
                realized_pnl=float(self._realized),
                unrealized_pnl=float(unrealized),
                equity=has.equity,
                balance_ms=has.read_ms,
                stale=self.stale,
                wallets=has.states,
                paper=self._paper(),
            ),
        )

    def _paper(self) -> PaperPortfolio | None:
        """None for who never had anything on paper."""
        has = funds(self._wallets, self._quotes, self._now_ms, paper=True)
        if not (self._on_paper or has.states):
            return None
        realized, unrealized = _realized(self._on_paper), _unrealized(self._paper_rows)
        return PaperPortfolio(
            balance=has.balance,
            equity=has.equity,
            total_pnl=float(realized + unrealized),
            positions_count=len(self._paper_rows),
            realized_pnl=float(realized),
            unrealized_pnl=float(unrealized),
            wallets=has.states,
        )

    def risk(self, seq: int, highest: Decimal) -> RiskUpdate:
        """As it is told; `highest` is the highest `total` so far."""
        worth = [(held, _worth(held, quote)) for held, quote in self._rows]
        gross = sum((value for _, value in worth), ZERO)
        net = sum((value if held.quantity > 0 else -value for held, value in worth), ZERO)
        largest = max((value for _, value in worth), default=ZERO)
        return RiskUpdate(
            channel=channels.RISK,
            seq=seq,
            timestamp=self._now_ms,
            risk=Risk(
                gross_exposure=float(gross),
                net_exposure=float(net),
                largest_position=float(largest),
                concentration=float(largest / gross) if gross else 0.0,
                unrealized_pnl=float(self.unrealized),
                total_pnl=float(self.total),
                drawdown=float(max(ZERO, highest - self.total)),
                positions_count=len(self._rows),
                stale=self.stale,
            ),
        )

    @property
    def unrealized(self) -> Decimal:
        """Of all that has an entry price and a price now."""
        return _unrealized(self._rows)

    @property
    def total(self) -> Decimal:
        """Realized and unrealized."""
        return self._realized + self.unrealized


def _realized(holdings: Iterable[Holding]) -> Decimal:
    return sum((held.realized for held in holdings if held.realized), ZERO)


def _unrealized(rows: Iterable[tuple[Holding, Quote | None]]) -> Decimal:
    return sum((_pnl(held, quote) or ZERO for held, quote in rows), ZERO)


def _position(held: Holding, quote: Quote | None, now_ms: int) -> Position:
    pnl = _pnl(held, quote)
    return Position(
        id=held.name,
        symbol=held.symbol,
        type="buy" if held.quantity > 0 else "sell",
        quantity=float(abs(held.quantity)),
        entry_price=None if held.entry_price is None else float(held.entry_price),
        current_price=None if quote is None else float(quote.value),
        current_pnl=None if pnl is None else float(pnl),
        timestamp=_opened(held.opened_ms) if held.opened_ms else None,
        account=held.account_id,
        venue=held.venue,
        leader=held.leader_id or None,
        realized_pnl=float(held.realized),
        priced_ms=None if quote is None else quote.at_ms,
        stale=quote is None or quote.stale(now_ms),
        paper=held.paper or None,
    )


@lru_cache(maxsize=10_000)
def _opened(at_ms: int) -> str:
    """The same each second of a position's life, and the costliest part of it to write."""
    return f"{datetime.fromtimestamp(at_ms // 1000, UTC):%Y-%m-%dT%H:%M:%S}"


def _pnl(held: Holding, quote: Quote | None) -> Decimal | None:
    mark = None if quote is None else quote.value
    return open_profit(held.symbol, held.quantity, held.entry_price, mark)


def _worth(held: Holding, quote: Quote | None) -> Decimal:
    """Quote units, never negative; at any price there is when its own is not known."""
    price = None if quote is None else quote.value
    return notional(held.symbol, held.quantity, held.entry_price, price)
