"""Send a copy order to its venue, once, and write down what became of it."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from weakref import WeakValueDictionary

from pilotfish.domain.accounts import Account
from pilotfish.domain.errors import NotSent, OutcomeUnknown, Rejected
from pilotfish.domain.fills import PositionSide, is_spot
from pilotfish.domain.limits import Standing, askable
from pilotfish.domain.orders import CLAIMABLE, CopyOrder, Leg, Reason, State
from pilotfish.domain.venues import OrderRequest, OrderStatus, VenueOrder
from pilotfish.ports import (
    Accounts,
    Clock,
    HaltGate,
    MarginGate,
    Orders,
    PositionMoved,
    Retries,
    Venue,
    Venues,
)

# A worker that was asleep for longer than this after its claim must not send: by then others may
# look for the order, not find it, and send it themselves. Well below every receive window.
SEND_WITHIN_MS = 1_000

# Orders of one venue between claim and answer at a time: none is claimed long before it can
# leave, and a venue that hangs holds up no other.
IN_FLIGHT = 100

# How often a claim is tried while other orders of the position go first.
CLAIMS = 20

# Bybit, OKX and Kraken answer with the order's id alone. Its fill is told a moment later, and we
# ask for it so often before the saga does: an exit that comes next needs to know what is held.
FOLLOW_UP_S = (0.02, 0.05, 0.1, 0.25, 0.5, 1.0)


class Execute:
    """Claims an order, sends it, records the answer; hands what is not final to the saga.

    The claim is the guard against doubling: it is one conditional write from the very revision
    that this worker read, it precedes the send, and nothing but it allows one.
    """

    def __init__(
        self,
        *,
        orders: Orders,
        accounts: Accounts,
        venues: Venues,
        halts: HaltGate,
        margins: MarginGate,
        retries: Retries,
        clock: Clock,
        follow_up_s: Sequence[float] = FOLLOW_UP_S,
    ) -> None:
        self._orders = orders
        self._accounts = accounts
        self._venues = venues
        self._halts = halts
        self._margins = margins
        self._retries = retries
        self._clock = clock
        self._follow_up_s = follow_up_s
        self._in_flight: dict[str, asyncio.Semaphore] = {}
        self._limited: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def __call__(self, order: CopyOrder) -> CopyOrder:
        """The order as this worker leaves it; as it is stored when another one has it.

        An order that another worker claimed may be all that is left of that worker: the saga
        finds out, long before the sweep would.
        """
        after = await self.attempt(order)
        unfinished = {State.UNSENT, State.UNKNOWN}
        if after is order:
            stored = await asyncio.to_thread(self._orders.get, order.follow_id, order.order_key)
            after = stored or order
            unfinished.add(State.SENT)
        if after.state in unfinished:
            await asyncio.to_thread(self._retries.start, after)
        return after

    async def attempt(self, order: CopyOrder) -> CopyOrder:
        """One try, without starting the saga; nothing happens to an order that may be under way."""
        if order.state not in CLAIMABLE:
            return order
        if order.late(self._clock()):
            return await self._end(order, State.EXPIRED, Reason.LATE)
        account = await self._accounts.get(order.account_id)
        if account is None or not account.enabled:
            return await self._end(order, State.REJECTED, Reason.ACCOUNT_DISABLED)
        if account.paused and order.leg is Leg.ENTRY:
            return await self._end(order, State.SKIPPED, Reason.ACCOUNT_PAUSED)
        return await self._claim_and_send(order, account)

    async def _claim_and_send(self, order: CopyOrder, account: Account) -> CopyOrder:
        try:
            if await self._halts.stops(order):
                return await self._end(order, State.SKIPPED, Reason.HALTED)
            venue = await self._venues.account(account)
            if order.sets_margin and (ended := await self._unmargined(order, venue)):
                return ended
        except Rejected as refusal:
            return await self._end(order, State.REJECTED, str(refusal))
        except (NotSent, OutcomeUnknown) as trouble:  # Of opening the account: nothing was sent.
            return await self._orders.record(order, self._unsent(order, trouble)) or order
        async with self._in_flight.setdefault(order.venue, asyncio.Semaphore(IN_FLIGHT)):
            claimed = await self._claim(order)
            if claimed is None or claimed.state is not State.SENT:
                return claimed or order
            outcome = await self._send(venue, claimed)
        return await self._orders.record(claimed, outcome) or claimed

    async def _unmargined(self, order: CopyOrder, venue: Venue) -> CopyOrder | None:
        """The entry's end where its market is not as it wants it; before the claim, as it waits."""
        if bar := await self._margins.bar(order, venue):
            return await self._end(order, State.SKIPPED, bar)
        if order.late(self._clock()):
            return await self._end(order, State.EXPIRED, Reason.LATE)
        return None

    async def _claim(self, order: CopyOrder) -> CopyOrder | None:
        """The order as SENT, or as SKIPPED when there is nothing to ask for.

        An exit asks for what no other exit in flight may close, an entry for what is left below
        its cap. When another order took of that meanwhile we look again: one of both went on.
        """
        if order.limited:  # Its follow's other entries of this worker would only be in the way.
            async with self._limited.setdefault(order.follow_id, asyncio.Lock()):
                return await self._claim_in_turn(order)
        return await self._claim_in_turn(order)

    async def _claim_in_turn(self, order: CopyOrder) -> CopyOrder | None:
        for _ in range(CLAIMS):
            standing = await self._orders.standing(order) if order.limited else None
            quantity, reason = await self._askable(order, standing)
            if not quantity:
                return await self._end(order, State.SKIPPED, reason)
            try:
                return await self._orders.claim(order, quantity, self._clock(), standing)
            except PositionMoved:
                continue
        unsent = self._unsent(order, NotSent("other orders of the position were always first"))
        return await self._orders.record(order, unsent)

    async def _askable(self, order: CopyOrder, standing: Standing | None) -> tuple[Decimal, str]:
        """What the order may ask for, and if that is nothing, why."""
        if standing is not None:
            return askable(order, standing, self._clock())
        if order.leg is Leg.ENTRY and order.most is None:
            return order.quantity, ""
        booked = await self._orders.booked(order)
        if order.leg is Leg.ENTRY:
            return order.openable(booked.exposed), Reason.OVER_POSITION_CAP
        waits = booked.closable != booked.copied
        reason = Reason.EXIT_UNDER_WAY if waits else Reason.NOTHING_COPIED
        return order.closable(booked.closable), reason

    async def _send(self, venue: Venue, order: CopyOrder) -> CopyOrder:
        try:
            if self._clock() - order.sent_ms > SEND_WITHIN_MS:
                raise NotSent("this worker was held up after the claim")
            if await self._halts.stops(order):
                return self._ended(order, State.SKIPPED, Reason.HALTED)
            answer = await self._followed_up(venue, order)
        except Rejected as refusal:
            return self._ended(order, State.REJECTED, str(refusal))
        except NotSent as trouble:
            return self._unsent(order, trouble)
        except OutcomeUnknown as doubt:
            return self._ended(order, State.UNKNOWN, str(doubt))
        return answered(order, answer, self._clock())

    async def _followed_up(self, venue: Venue, order: CopyOrder) -> VenueOrder:
        """Send, and ask for what became of an order that the venue took and still calls open."""
        answer = await venue.create_order(request(order))
        for pause_s in self._follow_up_s:
            if answer.status is not OrderStatus.OPEN:
                break
            await asyncio.sleep(pause_s)
            try:
                known = replace(request(order), order_id=answer.order_id)
                answer = await venue.find_order(known) or answer
            except (Rejected, NotSent, OutcomeUnknown):
                break
        return answer

    def _unsent(self, order: CopyOrder, trouble: NotSent | OutcomeUnknown) -> CopyOrder:
        """To be sent again, not before the venue wants it."""
        wait_s = trouble.wait_s if isinstance(trouble, NotSent) else 0.0
        unsent = self._ended(order, State.UNSENT, str(trouble))
        return replace(unsent, not_before_ms=unsent.answered_ms + int(wait_s * 1000))

    def _ended(self, order: CopyOrder, state: State, reason: str) -> CopyOrder:
        return replace(order, state=state, reason=reason, answered_ms=self._clock())

    async def _end(self, order: CopyOrder, state: State, reason: str) -> CopyOrder:
        return await self._orders.record(order, self._ended(order, state, reason)) or order


def request(order: CopyOrder) -> OrderRequest:
    """What is asked of the venue."""
    return OrderRequest(
        client_order_id=order.client_order_id,
        symbol=order.symbol,
        side=order.side,
        # Spot has balances: a hedged leader's long position is copied there, the short one is not.
        position_side=PositionSide.NET if is_spot(order.symbol) else order.position_side,
        quantity=order.sent_quantity,
        reduce_only=order.reduce_only,
        claimed_ms=order.sent_ms,
        limit_price=order.limit_price,
        order_id=order.venue_order_id,
    )


def answered(order: CopyOrder, answer: VenueOrder, now_ms: int) -> CopyOrder:
    """The order after the venue told its state; what is still open stays UNKNOWN."""
    state, reason = _meaning(order, answer)
    return replace(
        order,
        state=state,
        reason=reason,
        answered_ms=now_ms,
        venue_order_id=answer.order_id,
        filled_quantity=answer.filled,
        average_price=answer.average_price,
        fee_in_base=answer.fee_in_base,
        fee=answer.fee,
        fee_currency=answer.fee_currency,
    )


def _meaning(order: CopyOrder, answer: VenueOrder) -> tuple[State, str]:
    """A limit order that the venue ended found no more at its price; any part of it is a copy."""
    said = f"the venue says: {answer.status}"
    match answer.status:
        case OrderStatus.OPEN:
            return State.UNKNOWN, said
        case OrderStatus.FILLED:
            return State.COPIED, ""
        case OrderStatus.REJECTED:
            return State.REJECTED, said
    if order.limit_price is None:
        return (State.COPIED, "") if answer.filled else (State.REJECTED, said)
    better = order.waits_until_ms and order.limit_price != order.last_limit
    reason = Reason.PRICE_NOT_REACHED if better else Reason.SLIPPAGE
    return State.COPIED if answer.filled else State.EXPIRED, reason
