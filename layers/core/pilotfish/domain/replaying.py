"""May an order that ended without a copy be sent again, and how it then goes on."""

from dataclasses import replace
from decimal import Decimal
from enum import StrEnum

from pilotfish.domain.netting import Booked, Line
from pilotfish.domain.orders import FAILED, CopyOrder, Leg, State

# How long a replayed entry has to be sent: the leader's trade may be hours old.
REPLAY_WITHIN_MS = 120_000

REPLAYED = "replayed"
ARRIVED = "replayed: it had arrived"
NEVER_ARRIVED = "replayed: it never arrived"

ZERO = Decimal(0)


class Refusal(StrEnum):
    """Why nothing is sent again."""

    NOT_FAILED = "only an order that is REJECTED, EXPIRED or MANUAL can be replayed"
    EXIT = "exits are brought to their end by exit_sync: start it again for the leader's fill"
    PARTLY_FILLED = "a part of it was filled"
    WAITED = "it waited for its price until its time was up"
    FOLLOW_STOPPED = "the follow is stopped or paused"
    ACCOUNT_DISABLED = "the account is disabled"
    NO_FILL = "the leader's fill is not stored"
    LEADER_REDUCED = "the leader has reduced or closed the position since"
    MOVED = "the order has moved on meanwhile"


def refused_for_itself(order: CopyOrder) -> Refusal | None:
    """Whether it is an order that can be sent again at all."""
    if order.state not in FAILED:
        return Refusal.NOT_FAILED
    if order.leg is Leg.EXIT:
        return Refusal.EXIT
    if order.waits_until_ms and not order.attempts:
        return Refusal.WAITED
    return Refusal.PARTLY_FILLED if order.filled_quantity else None


def refused_by_books(order: CopyOrder, line: Line, booked: Booked) -> Refusal | None:
    """Whether the follow's line still wants what the entry missed.

    Since an exit of the leader it does not: what was missed came off the target.
    """
    missed = order.side.sign * (booked.misses.entry - line.missed.entry)
    same = (line.round_trip, line.kept) == (order.round_trip, order.kept)
    return None if same and missed >= order.quantity else Refusal.LEADER_REDUCED


def reopened(order: CopyOrder, now_ms: int) -> CopyOrder:
    """The order as it may be claimed again; what it missed is on its way again."""
    return replace(
        order,
        state=State.UNSENT,
        reason=REPLAYED,
        expires_ms=now_ms + REPLAY_WITHIN_MS,
        answered_ms=now_ms,
        not_before_ms=0,
        looks=0,
        venue_order_id="",
    )


def ended(order: CopyOrder, now_ms: int) -> CopyOrder:
    """An order that a person was asked about, and that surely never arrived."""
    return replace(
        order,
        state=State.EXPIRED,
        reason=NEVER_ARRIVED,
        answered_ms=now_ms,
        venue_order_id="",
        filled_quantity=ZERO,
        fee_in_base=ZERO,
        fee=None,
        fee_currency="",
    )


def leader_fill_id(order: CopyOrder) -> str:
    """The leader's fill that the order goes back to; `exit_sync` adds to the ids of its orders."""
    return order.fill_id.partition("~")[0]
