"""The fourteen invariants, each asked of a world after its faults. One line says what is broken."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction

from pilotfish.domain.fills import PositionSide
from pilotfish.domain.follows import Follow
from pilotfish.domain.holdings import Holdings, stamp
from pilotfish.domain.netting import Booked, Line, position_key
from pilotfish.domain.orders import Leg, State
from pilotfish.domain.rules import Existing
from pilotfish.domain.venues import OrderStatus
from pilotfish.ports import LedgerKey
from pilotfish.usecases.shards import concerns
from tests.fakes.samples import PERPETUAL
from tests.matrix.world import SEALED, World

KEY = position_key(PERPETUAL, PositionSide.NET)
LOT = Decimal("0.001")
ZERO = Decimal(0)

Broken = Iterator[str]


def at_most_one_in_the_book(world: World) -> Broken:
    """1. At each moment."""
    for venue in world.followers():
        taken = Counter(order.request.client_order_id for order in venue.book)
        yield from (f"{name} is {n} times in the book" for name, n in taken.items() if n > 1)


def as_in_the_book(world: World) -> Broken:
    """1. What the order filled is what we say."""
    for venue in world.followers():
        ours = {o.client_order_id: o for o in world.tables.orders.values()}
        for entry in venue.book:
            order = ours[entry.request.client_order_id]
            if order.state is State.COPIED and order.filled_quantity != entry.filled:
                yield f"{order.order_id} filled {entry.filled}, we say {order.filled_quantity}"
            if order.state is not State.COPIED and entry.filled:
                yield f"{order.order_id} filled {entry.filled}, we say {order.state}"


def sent_again_on_evidence_only(world: World) -> Broken:
    """3. Between two claims the order was known to be unsent."""
    for order in world.tables.orders.values():
        states = [event.state for event in order.history]
        claims = [n for n, state in enumerate(states) if state is State.SENT]
        for before, after in itertools.pairwise(claims):
            if State.UNSENT not in states[before:after]:
                yield f"{order.order_id} was claimed again without evidence: {states}"
        if len(claims) != order.attempts or order.revision != len(order.history) - 1:
            yield f"{order.order_id} has {order.attempts} attempts, {order.revision}: {states}"


def each_pair_ends_once(world: World) -> Broken:
    """4. A decision for each leg, terminal; by the deadline, which the witness watches."""
    orders = world.tables.orders
    for fill in world.tables.fills.values():
        if fill.account_id not in world.tables.accounts:
            continue
        for follow in world.tables.follows.values():
            if not concerns(fill, follow) or not follow.active:
                continue
            legs = [leg for leg in Leg if (follow.follow_id, f"{fill.fill_id}#{leg}") in orders]
            if not legs:
                yield f"{follow.follow_id} has no decision about {fill.fill_id}"
    for order in orders.values():
        if not order.state.terminal:
            yield f"{order.order_id} is {order.state}"
        if order.state is not State.COPIED and not order.reason:
            yield f"{order.order_id} is {order.state} for no reason"
    if not any(obstructed(world, follow) for follow in world.tables.follows.values()):
        yield from world.left


def obstructed(world: World, follow: Follow) -> bool:
    """Whether the venue would not let an exit close what was copied, or not all of it.

    What is held by hand or for another follow on the same account and symbol, on the other side,
    is netted with the copies there: no reduce-only order reaches them. A person is told.
    """
    account = world.venue_of(follow)
    others = [o for o in world.tables.follows.values() if o.account_id == follow.account_id]
    if len(others) == 1 and not any(trade.order_id == "by hand" for trade in account.trades):
        return False
    cut = {
        entry.request.client_order_id
        for entry in account.book
        if entry.filled < entry.request.quantity and entry.status is OrderStatus.FILLED
    }
    mine = [o for o in world.tables.orders.values() if o.follow_id == follow.follow_id]
    return any(o.client_order_id in cut or "ReduceOnly" in o.reason for o in mine)


def exits_close_what_was_copied(world: World) -> Broken:
    """5. What the witness saw leave; and what was held by hand is still there."""
    for venue in world.followers():
        by_hand = sum((t.signed_quantity for t in venue.trades if t.order_id == "by hand"), ZERO)
        copied = sum(entry.request.side.sign * entry.filled for entry in venue.book)
        if venue.holding(PERPETUAL) - copied != by_hand:
            yield f"{venue.account_id} does not hold its {by_hand} by hand any more"
        for entry in venue.book:
            if entry.request.reduce_only and entry.filled > entry.request.quantity:
                yield f"{venue.account_id} closed {entry.filled} of {entry.request.quantity}"


def fills_again_change_nothing(world: World) -> Broken:
    """6. Every fill decided twice more, the last one first."""
    ledgers, orders = dict(world.tables.ledgers), dict(world.tables.orders)
    fills = [f for f in world.tables.fills.values() if f.account_id in world.tables.accounts]
    for fill in [*reversed(fills), *fills]:
        world.functions.decide_again(fill)
    if ledgers != world.tables.ledgers or orders != world.tables.orders:
        yield "a fill that came again was decided again"


def targets_are_exact(world: World) -> Broken:
    """6. Also of who came later and joined: as if it had been there from the beginning."""
    for follow in world.tables.follows.values():
        yield from _other_target(world, follow)


def _other_target(world: World, follow: Follow) -> Broken:
    """Where nothing was missed, capped or ignored, the target is the leader's, scaled."""
    mine = [o for o in world.tables.orders.values() if o.follow_id == follow.follow_id]
    missed = any(o.leg is Leg.ENTRY and o.filled_quantity != o.quantity for o in mine)
    before = any(not concerns(fill, follow) for fill in world.tables.fills.values())
    ignored = before and follow.rules.existing == Existing.IGNORE
    if missed or ignored or not follow.active or follow.rules.max_position_notional:
        return
    scale = Fraction(follow.rules.multiplier)
    decided = [
        fill for key, fill in world.tables.fills.items() if key not in world.tables.undecided
    ]
    theirs = [fill.position_change for fill in decided if fill.account_id == follow.leader_id]
    exact = scale * Fraction(sum(theirs, ZERO))
    line = _line(world, follow)
    if abs(Fraction(line.target) - exact) > Fraction(LOT) / 1000:
        yield f"{follow.follow_id} has the target {line.target}, not {float(exact)}"


def no_drift(world: World) -> Broken:
    """7. The venue's book against the follow's settled target; and our books against it."""
    for follow in world.tables.follows.values():
        booked = world.tables.booked.get((follow.follow_id, KEY), Booked())
        copied = booked.copied
        held = world.copies(follow.follow_id)
        if held != copied:
            yield f"{follow.follow_id} holds {held} of copies, we say {copied}"
        settled = _line(world, follow).settled(booked)
        if settled.ordered != copied:
            yield f"{follow.follow_id} has {settled.ordered} ordered and {copied} copied"
        if not follow.active or obstructed(world, follow):
            continue
        if abs(held - settled.target) > LOT:
            yield f"{follow.follow_id} holds {held}, its target is {settled.target}"
        if not world.leader.holding(PERPETUAL) and held:
            yield f"{follow.follow_id} holds {held} of a position that the leader closed"


def _line(world: World, follow: Follow) -> Line:
    key = LedgerKey(follow.leader_id, PERPETUAL, PositionSide.NET, follow.shard)
    ledger = world.tables.ledgers.get(key)
    return ledger.lines.get(follow.follow_id, Line()) if ledger else Line()


def fences_only_grow(world: World) -> Broken:
    """8. No two runs were given the same fence; writes under a stale one the witness sees."""
    fences = world.leases.fences
    if fences != sorted(set(fences)):
        yield f"fences were {fences}"


def no_gap(world: World) -> Broken:
    """9. All that the leader traded, once, in order, each with the position that it met."""
    fills = [f for f in world.tables.fills.values() if f.account_id == "leader"]
    written, traded = [f.trade_id for f in fills], [f.trade_id for f in world.leader.trades]
    if sorted(written) != sorted(traded):
        yield f"the leader traded {traded}, we wrote {written}"
    for before, after in zip(fills, stamp(fills, Holdings()), strict=True):
        if before.position_before != after.position_before:
            yield f"fill {before.trade_id} met {after.position_before}, we say {before}"


def caps_hold(world: World) -> Broken:
    """11. At each moment of the book what a capped follow held was within its cap."""
    for follow in world.tables.follows.values():
        most, held = follow.rules.max_position_notional, ZERO
        mine = {
            o.client_order_id
            for o in world.tables.orders.values()
            if o.follow_id == follow.follow_id
        }
        for entry in world.venue_of(follow).book:
            if entry.request.client_order_id in mine:
                held += entry.request.side.sign * entry.filled
            if most is not None and abs(held) * world.leader.price > most:
                yield f"{follow.follow_id} held {held}, its cap is {most}"


def no_secret_is_told(world: World, log: list[str]) -> Broken:
    """14. Not in logs, not in what is set aside, not in an order's history."""
    aside = [*world.order_stream.set_aside, *world.fill_stream.set_aside]
    told = [*log, *map(repr, aside), *map(repr, world.tables.orders.values()), *world.left]
    if any(SEALED.decode() in text for text in told):
        yield "an account's key was told"


CHECKS: dict[int, tuple[Callable[[World], Broken], ...]] = {
    1: (at_most_one_in_the_book, as_in_the_book),
    3: (sent_again_on_evidence_only,),
    4: (each_pair_ends_once,),
    5: (exits_close_what_was_copied,),
    6: (fills_again_change_nothing, targets_are_exact),
    7: (no_drift,),
    8: (fences_only_grow,),
    9: (no_gap,),
    11: (caps_hold,),
}
# The witness sees these at the moment of a send, beside 3, 5, 8 and 11.
AT_THE_SEND = {2, 10, 12}
NOT_HERE = {
    13: "what a client is shown: use cases write, the broadcaster tells (tests/handlers/live)",
}
EVERY_ONE = {*CHECKS, *AT_THE_SEND, *NOT_HERE, 14}


def broken(world: World, log: list[str] | None = None) -> list[str]:
    """Every broken invariant, by number; empty when all hold."""
    found = [(number, text) for number, text in world.witness.broken]
    for number, checks in CHECKS.items():
        found += [(number, text) for check in checks for text in check(world)]
    found += [(14, text) for text in no_secret_is_told(world, log or [])]
    return [f"invariant {number}: {text}" for number, text in sorted(found)]
