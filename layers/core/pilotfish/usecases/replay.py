"""Bring a copy that failed to life again: evidence first, then the books, then the saga."""

import asyncio
from dataclasses import dataclass, replace
from enum import StrEnum

from pilotfish.domain import replaying
from pilotfish.domain.netting import Booked, Ledger, Line
from pilotfish.domain.orders import CopyOrder, State
from pilotfish.domain.replaying import Refusal
from pilotfish.ports import (
    Accounts,
    Clock,
    Fills,
    Follows,
    LedgerKey,
    Ledgers,
    Orders,
    Positions,
    Replays,
    Retries,
)
from pilotfish.usecases.look_again import Arrived, LookAgain, Unclear
from pilotfish.usecases.shards import ledger_key, until_agreed


class Verdict(StrEnum):
    """What a replay did, or would do."""

    SENT_AGAIN = "sent_again"
    ARRIVED = "arrived"
    NEVER_ARRIVED = "never_arrived"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Replayed:
    """An order's replay: the state that it was in, what came of it, and why not more."""

    order_id: str
    was: State | None
    verdict: Verdict
    why: str = ""


class Replay:
    """Sends nothing itself: what may be sent again is UNSENT, and `retry_order` is started.

    What did arrive is recorded as copied. A second replay finds an order that is on its way.
    """

    def __init__(
        self,
        *,
        orders: Orders,
        accounts: Accounts,
        fills: Fills,
        follows: Follows,
        ledgers: Ledgers,
        positions: Positions,
        replays: Replays,
        retries: Retries,
        look_again: LookAgain,
        clock: Clock,
    ) -> None:
        self._orders = orders
        self._accounts = accounts
        self._fills = fills
        self._follows = follows
        self._ledgers = ledgers
        self._positions = positions
        self._replays = replays
        self._retries = retries
        self._look_again = look_again
        self._clock = clock
        self._books = asyncio.Lock()  # Replays side by side would only conflict on a ledger.

    async def __call__(self, order: CopyOrder, *, dry_run: bool = False) -> Replayed:
        """Replay the order as it was read; with `dry_run` only say what would be done."""
        said, after = await self._decide(order)
        if dry_run or after is None:
            return said
        if said.verdict is Verdict.SENT_AGAIN:
            async with self._books:
                refusal = await asyncio.to_thread(self._reopen, order, after)
        else:
            refusal = None if await self._orders.record(order, after) else Refusal.MOVED
        return _said(order, Verdict.REFUSED, refusal) if refusal else said

    async def _decide(self, order: CopyOrder) -> tuple[Replayed, CopyOrder | None]:
        """What is to be done, and the order after it; None: nothing."""
        refusal = replaying.refused_for_itself(order)
        if refusal is Refusal.NOT_FAILED:
            return _said(order, Verdict.REFUSED, refusal), None
        evidence = await self._look_again(order)
        if isinstance(evidence, Unclear):
            return _said(order, Verdict.REFUSED, evidence.why), None
        if isinstance(evidence, Arrived):
            found = replace(evidence.order, reason=replaying.ARRIVED)
            return _said(order, Verdict.ARRIVED), found
        refusal = refusal or await self._refused_by_account(order)
        refusal = refusal or await asyncio.to_thread(self._refused_by_leader, order)
        if refusal is None:
            return _said(order, Verdict.SENT_AGAIN), replaying.reopened(order, self._clock())
        if order.state is State.MANUAL:
            ended = replaying.ended(order, self._clock())
            return _said(order, Verdict.NEVER_ARRIVED, refusal), ended
        return _said(order, Verdict.REFUSED, refusal), None

    async def _refused_by_account(self, order: CopyOrder) -> Refusal | None:
        account = await self._accounts.get(order.account_id)
        return None if account and account.enabled else Refusal.ACCOUNT_DISABLED

    def _refused_by_leader(self, order: CopyOrder) -> Refusal | None:
        books = self._books_of(order)
        return books if isinstance(books, Refusal) else self._refused_by_books(order, books)[0]

    def _reopen(self, order: CopyOrder, after: CopyOrder) -> Refusal | None:
        """On the ledger's next revision: an exit that is decided meanwhile comes first."""
        key = self._books_of(order)
        if isinstance(key, Refusal):
            return key

        def decide(_: bool) -> Refusal | None:
            now = self._orders.get(order.follow_id, order.order_key)
            if now is None or now.revision != order.revision:
                return Refusal.MOVED
            refusal, ledger = self._refused_by_books(order, key)
            if refusal:
                return refusal
            ledger = replace(ledger, revision=ledger.revision + 1)
            stored = self._replays.reopen(key, ledger, order, after)
            if stored is None:
                return Refusal.MOVED
            self._retries.start(stored)
            return None

        return until_agreed(decide, key)

    def _books_of(self, order: CopyOrder) -> LedgerKey | Refusal:
        """The ledger that the order was decided in; refused when its follow is no more."""
        fill = self._fills.get(order.leader_id, replaying.leader_fill_id(order))
        if fill is None:
            return Refusal.NO_FILL
        follows = self._follows.of_leader(order.leader_id)
        shards = [f.shard for f in follows if f.follow_id == order.follow_id and f.active]
        return ledger_key(fill, shards[0]) if shards else Refusal.FOLLOW_STOPPED

    def _refused_by_books(self, order: CopyOrder, key: LedgerKey) -> tuple[Refusal | None, Ledger]:
        ledger = self._ledgers.load(key, fresh=True) or Ledger()
        booked = self._positions.booked({order.follow_id: order.position_key})
        line = ledger.lines.get(order.follow_id, Line())
        books = booked.get(order.follow_id, Booked())
        return replaying.refused_by_books(order, line, books), ledger


def _said(order: CopyOrder, verdict: Verdict, why: str = "") -> Replayed:
    return Replayed(order.order_id, order.state, verdict, why)
