"""Show what a follow by some rules would have made of its leader's past trades; nothing is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from pilotfish.domain.fills import Fill
from pilotfish.domain.follows import Follow
from pilotfish.domain.instruments import Instrument
from pilotfish.domain.losses import Breach
from pilotfish.domain.orders import CopyOrder, State
from pilotfish.domain.rehearsing import ASSUMED, Costs, Point, Rehearsal, in_their_order
from pilotfish.domain.rules import Rules
from pilotfish.domain.wallets import Wallet
from pilotfish.ports import Clock

MOST_FILLS = 5_000
MOST_POINTS = 1_000
DAY_MS = 86_400_000

ZERO = Decimal(0)


class NoCapital(Exception):
    """Nobody knows what the account has: it has to be said."""


class Fills(Protocol):
    """Leaders' fills."""

    def of_account(self, account_id: str, since_ms: int, limit: int) -> list[Fill]:
        """The last `limit` since then, oldest first; the past too."""


class Instruments(Protocol):
    """What can be traded where."""

    def of_venue(self, venue: str) -> Mapping[str, Instrument]: ...


class Wallets(Protocol):
    """What accounts have."""

    def of(self, account_ids: Sequence[str]) -> Mapping[str, Wallet]: ...


@dataclass(frozen=True, slots=True)
class Supposed:
    """A follow that might begin: by whom, on which account, by which rules, with how much.

    `capital` is dollars; None: what the account has. `since_ms` is UTC.
    """

    leader_id: str
    account_id: str
    owner: str
    venue: str
    rules: Rules
    since_ms: int
    capital: Decimal | None = None
    costs: Costs = ASSUMED


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What would have come of it, in dollars; the curve has at most `MOST_POINTS` points.

    `whole` is False where the leader has more fills of the time than are looked at. `result` and
    `drawdown` are None where a position is not quoted in dollars.
    """

    orders: Sequence[CopyOrder]
    curve: Sequence[Point]
    capital: Decimal
    result: Decimal | None
    drawdown: Decimal | None
    fees: Decimal
    copied: int
    skipped: Mapping[str, int]
    breaches: Sequence[tuple[int, Breach]]
    fills: int
    whole: bool


class DryRun:
    """Reads only. Raises `NoCapital`, and `NotReady` for a venue that was never published."""

    def __init__(
        self, *, fills: Fills, instruments: Instruments, wallets: Wallets, clock: Clock
    ) -> None:
        self._fills = fills
        self._instruments = instruments
        self._wallets = wallets
        self._clock = clock

    def __call__(self, supposed: Supposed) -> Rehearsed:
        """As if the follow had begun before the first of the fills."""
        wallets = self._wallets.of([supposed.leader_id, supposed.account_id])
        capital = supposed.capital or _equity(wallets.get(supposed.account_id))
        if capital is None:
            raise NoCapital(f"it is not known what {supposed.account_id} has")
        rehearsal = Rehearsal(
            _follow(supposed),
            self._instruments.of_venue(supposed.venue),
            capital,
            wallets.get(supposed.leader_id),
            supposed.costs,
        )
        found = self._fills.of_account(supposed.leader_id, supposed.since_ms, MOST_FILLS + 1)
        fills = in_their_order(found)[-MOST_FILLS:]
        for fill in fills:
            rehearsal.take(fill)
        rehearsal.end()
        return _told(rehearsal, len(fills), whole=len(found) <= MOST_FILLS)


def _follow(supposed: Supposed) -> Follow:
    return Follow(
        follow_id="dry-run",
        leader_id=supposed.leader_id,
        account_id=supposed.account_id,
        owner=supposed.owner,
        venue=supposed.venue,
        started_ms=supposed.since_ms,
        rules=supposed.rules,
    )


def _equity(wallet: Wallet | None) -> Decimal | None:
    return None if wallet is None else wallet.equity


def _told(rehearsal: Rehearsal, fills: int, *, whole: bool) -> Rehearsed:
    skipped: dict[str, int] = {}
    for order in rehearsal.orders:
        if order.state is not State.COPIED:
            skipped[order.reason] = skipped.get(order.reason, 0) + 1
    equity = rehearsal.equity
    return Rehearsed(
        orders=rehearsal.orders,
        curve=_thinned(rehearsal.curve),
        capital=rehearsal.capital,
        result=None if equity is None else equity - rehearsal.capital,
        drawdown=None if equity is None else _drawdown(rehearsal.capital, rehearsal.curve),
        fees=rehearsal.fees,
        copied=sum(order.state is State.COPIED for order in rehearsal.orders),
        skipped=skipped,
        breaches=rehearsal.breaches,
        fills=fills,
        whole=whole,
    )


def _drawdown(capital: Decimal, curve: Sequence[Point]) -> Decimal:
    """The deepest fall below the best that there was before."""
    high, deepest = capital, ZERO
    for point in curve:
        high = max(high, point.equity)
        deepest = max(deepest, high - point.equity)
    return deepest


def _thinned(curve: Sequence[Point]) -> Sequence[Point]:
    """Not more than are looked at: points at even distances, and the last."""
    step = -(-len(curve) // MOST_POINTS) or 1
    return [*curve[:-1][::step], *curve[-1:]]
