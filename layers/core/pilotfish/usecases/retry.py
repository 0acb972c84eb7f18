"""One turn of the `retry_order` saga: send what was surely not sent, look up what may have been."""

from dataclasses import dataclass, replace

from pilotfish.domain import replaying
from pilotfish.domain.errors import (
    NeedsAPerson,
    NotSent,
    NotSettled,
    OutcomeUnknown,
    Rejected,
)
from pilotfish.domain.orders import CLAIMABLE, CopyOrder, Reason, State
from pilotfish.ports import Accounts, Clock, Orders, Venue, Venues
from pilotfish.usecases.execute import Execute, answered, request
from pilotfish.usecases.look_again import Arrived, LookAgain, Unclear

# A look-up that keeps failing or an order that stays open for this long needs a person.
PATIENCE_MS = 10 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Turn:
    """What the state machine branches on: the order's state, and what this turn found.

    The next turn comes after `wait_s` seconds at the earliest, because the venue said so.
    """

    state: State
    finding: str
    wait_s: float = 0.0


class RetryOrder:
    """Never sends an order whose fate is not known; ends every order by its deadline."""

    def __init__(
        self,
        *,
        orders: Orders,
        accounts: Accounts,
        venues: Venues,
        execute: Execute,
        clock: Clock,
    ) -> None:
        self._orders = orders
        self._accounts = accounts
        self._venues = venues
        self._execute = execute
        self._clock = clock
        self._look_again = LookAgain(accounts, venues, clock)

    async def __call__(self, follow_id: str, order_key: str) -> Turn:
        """One turn; raises `LookupError` for an order that does not exist."""
        order = self._orders.get(follow_id, order_key)
        if order is None:
            raise LookupError(f"no copy order {follow_id}/{order_key}")
        if order.state.terminal:
            return Turn(order.state, "it was settled already")
        if order.state is State.WAITING:
            return Turn(order.state, "its price is not there yet")
        if order.state not in CLAIMABLE:
            order = await self._look_up(order)
        if order.state in CLAIMABLE and order.not_before_ms <= self._clock():
            order = await self._execute.attempt(order)
        wait_ms = order.not_before_ms - self._clock() if order.state in CLAIMABLE else 0
        return Turn(order.state, order.reason, max(0, wait_ms) / 1000)

    async def last(self, follow_id: str, order_key: str) -> Turn:
        """The last step of a saga: a turn that raises unless the order is settled with it.

        So the step fails, and whoever redrives the execution has it look afresh. Raises
        `NeedsAPerson`, `NotSettled`, and `LookupError` for an order that does not exist.
        """
        turn = await self(follow_id, order_key)
        order = self._orders.get(follow_id, order_key)
        if order is not None and order.state is State.MANUAL:
            order = await self._settle(order)
            turn = Turn(order.state, order.reason)
        if not turn.state.terminal:
            raise NotSettled(f"it is {turn.state}: {turn.finding}")
        return turn

    async def _settle(self, order: CopyOrder) -> CopyOrder:
        """What the evidence makes of an order that waits for a person; nothing is ever sent."""
        evidence = await self._look_again(order)
        if isinstance(evidence, Unclear):
            raise NeedsAPerson(evidence.why)
        if isinstance(evidence, Arrived):
            after = replace(evidence.order, reason=replaying.ARRIVED)
        else:
            after = replaying.ended(order, self._clock())
        return await self._orders.record(order, after) or order

    async def _look_up(self, order: CopyOrder) -> CopyOrder:
        account = await self._accounts.get(order.account_id)
        if account is None:
            return await self._move(order, order, State.MANUAL, Reason.ACCOUNT_DISABLED)
        try:
            venue = await self._venues.account(account)
            found = await venue.find_order(request(order))
        except (Rejected, NotSent, OutcomeUnknown) as trouble:
            return await self._wait(order, order, f"look-up failed: {trouble}")
        if found is None:
            return await self._absent(order, venue)
        after = answered(order, found, self._clock())
        if after.state is State.UNKNOWN:
            return await self._wait(order, after, after.reason)
        return await self._orders.record(order, after) or order

    async def _absent(self, order: CopyOrder, venue: Venue) -> CopyOrder:
        """Count an empty answer; enough of them, late enough, prove that nothing was sent.

        Of an order that the venue gave an id to they prove nothing.
        """
        if order.venue_order_id:
            return await self._wait(order, order, "the venue took it, and does not show it now")
        after = replace(order, looks=order.looks + 1)
        if not venue.evidence.absent(order.sent_ms, self._clock(), after.looks):
            return await self._move(order, after, State.UNKNOWN, "not seen yet")
        return await self._move(order, replace(after, looks=0), State.UNSENT, "it never arrived")

    async def _wait(self, order: CopyOrder, after: CopyOrder, reason: str) -> CopyOrder:
        patient = self._clock() - order.sent_ms <= PATIENCE_MS
        return await self._move(order, after, State.UNKNOWN if patient else State.MANUAL, reason)

    async def _move(
        self, order: CopyOrder, after: CopyOrder, state: State, reason: str
    ) -> CopyOrder:
        after = replace(after, state=state, reason=reason, answered_ms=self._clock())
        return await self._orders.record(order, after) or order
