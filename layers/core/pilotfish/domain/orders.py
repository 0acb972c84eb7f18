"""The life of a copy order.

    PLANNED ──claim──► SENT ──► COPIED | REJECTED | EXPIRED | SKIPPED (halted in that moment)
       │                ├─────► UNKNOWN ──evidence──► COPIED | REJECTED | EXPIRED | UNSENT | MANUAL
       │                └─────► UNSENT ──claim──► SENT
       └─► EXPIRED | SKIPPED (also from UNSENT)

    WAITING ──price reached, or time up──► PLANNED
       └─► EXPIRED | SKIPPED

    REJECTED | EXPIRED | MANUAL ──replay──► UNSENT | COPIED (it had arrived) | EXPIRED

SENT is written before the request leaves: it means "may have been sent". EXPIRED is an entry whose
moment passed: too late to be sent, or not to be had within the follow's slippage. WAITING is an
entry for which its market is not at the follow's price yet: nothing is claimed, and no order rests
at a venue.
"""

import hashlib
from base64 import b32encode
from dataclasses import dataclass, replace
from decimal import Context, Decimal
from enum import StrEnum

from pilotfish.domain.fills import PositionSide, Side, is_spot
from pilotfish.domain.rule_choices import LeverageRule, MarginRule
from pilotfish.domain.venue_ids import is_paper


class State(StrEnum):
    """Where a copy order is in its life."""

    WAITING = "WAITING"
    PLANNED = "PLANNED"
    SENT = "SENT"
    UNSENT = "UNSENT"
    UNKNOWN = "UNKNOWN"
    COPIED = "COPIED"
    SKIPPED = "SKIPPED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    MANUAL = "MANUAL"

    @property
    def terminal(self) -> bool:
        """Whether nothing will happen to the order any more."""
        return self in TERMINAL


TERMINAL = frozenset({State.COPIED, State.SKIPPED, State.REJECTED, State.EXPIRED, State.MANUAL})
_GRAIN, _WIDE = Decimal("1e-11"), Context(prec=60)
CLAIMABLE = frozenset({State.PLANNED, State.UNSENT})
# May have been sent, and it is not known what came of it; a person is asked in the end.
IN_DOUBT = frozenset({State.SENT, State.UNKNOWN, State.MANUAL})
# Ended without a copy that was wanted: what a person may replay.
FAILED = frozenset({State.REJECTED, State.EXPIRED, State.MANUAL})


class Leg(StrEnum):
    """What an order does to the follower's position; a flip is an EXIT and an ENTRY."""

    ENTRY = "entry"
    EXIT = "exit"


class Reason(StrEnum):
    """Why a fill was not copied."""

    BELOW_LOT = "below_lot"
    BELOW_MINIMUM = "below_minimum"
    UNKNOWN_SYMBOL = "unknown_symbol"
    NO_COUNTERPART = "no_counterpart"
    SYMBOL_TAKEN = "symbol_taken"
    INVERSE_CONTRACT = "inverse_contract"
    ON_THE_DENY_LIST = "on_the_deny_list"
    NOT_ON_THE_LIST = "not_on_the_list"
    SIDE_NOT_COPIED = "side_not_copied"
    DIRECTION_NOT_COPIED = "direction_not_copied"
    ORDER_KIND_NOT_COPIED = "order_kind_not_copied"
    ORDER_KIND_UNKNOWN = "order_kind_unknown"
    OUTSIDE_HOURS = "outside_hours"
    BLACKOUT = "blackout"
    EQUITY_UNKNOWN = "equity_unknown"
    EXPRESSION_FAILED = "expression_failed"
    MARKET_CLOSED = "market_closed"
    EXIT_UNDER_WAY = "exit_under_way"
    OVER_POSITION_CAP = "over_position_cap"
    OVER_TOTAL_CAP = "over_total_cap"
    OVER_OPEN_POSITIONS = "over_open_positions"
    OVER_TRADES_PER_DAY = "over_trades_per_day"
    NOT_IN_DOLLARS = "not_in_dollars"
    BELOW_EQUITY_FLOOR = "below_equity_floor"
    NOTHING_COPIED = "nothing_copied"
    SHORT_ON_SPOT = "short_on_spot"
    FOLLOW_STOPPED = "follow_stopped"
    FOLLOW_PAUSED = "follow_paused"
    CLOSE_ONLY = "close_only"
    ACCOUNT_DISABLED = "account_disabled"
    ACCOUNT_PAUSED = "account_paused"
    HALTED = "halted"
    LATE = "late"
    SLIPPAGE = "slippage"
    LEVERAGE_UNKNOWN = "leverage_unknown"
    LEVERAGE_TAKEN = "leverage_taken"
    LEVERAGE_REFUSED = "leverage_refused"
    PRICE_NOT_REACHED = "price_not_reached"
    CLOSED_SINCE = "closed_since"
    CLOSED_ELSEWHERE = "closed_elsewhere"
    NO_REFERENCE_PRICE = "no_reference_price"
    ALREADY_COPIED = "already_copied"
    TOO_MANY_POSITIONS = "too_many_positions"


def order_key(fill_id: str, leg: Leg) -> str:
    """Names a copy order within its follow."""
    return f"{fill_id}#{leg}"


def client_order_id(follow_id: str, fill_id: str, leg: Leg) -> str:
    """18 letters and digits, which every venue takes (the shortest limit is Kraken's 18)."""
    name = f"{follow_id}/{order_key(fill_id, leg)}"
    digest = hashlib.sha256(name.encode()).digest()[:10]
    return "pf" + b32encode(digest).decode().lower()


@dataclass(frozen=True, slots=True)
class Event:
    """A line of an order's history: when it came into a state (UTC ms), and why."""

    at_ms: int
    state: State
    reason: str


@dataclass(frozen=True, slots=True)
class CopyOrder:
    """One follower's copy of one leader fill; immutable but for what the store records.

    `quantity` is what was decided and `sent_quantity` what was asked of the venue (an exit asks
    for no more than is held), both in whole lots of `lot` base units; `reference_price` is the
    leader's, `limit_price` the worst that may be paid, None for a market order; `most` is the
    follow's cap on the position (base units), None for no cap; times are UTC milliseconds.
    `max_total` (dollars), `max_positions` and `max_trades` (0: any number) are the limits over all
    that the follow holds, `leader_order` is what counts as a trade, and `least` (base units) what
    the venue takes at the least.
    `leverage_mode` and `margin_mode` are what the account's market has to be set to before, with
    `leverage` as the one that is fixed or the most that is followed; `leader_symbol` is where the
    leader's are looked at.
    `round_trip` and `kept` are those of the ledger's line when it was decided (see `Line`).
    An entry that waits for its `limit_price` does so until `waits_until_ms`, in the line of the
    ledger `waits_in`; `last_limit` is what may be paid once that time is up, None: nothing.
    `fee` is what the venue took for it in `fee_currency`, None where its answer did not tell.
    `revision` grows with every transition; `looks` counts the searches that found nothing;
    an order that is UNSENT is not sent again before `not_before_ms`.
    """

    follow_id: str
    leader_id: str
    fill_id: str
    leg: Leg
    account_id: str
    owner: str
    venue: str
    symbol: str
    side: Side
    position_side: PositionSide
    quantity: Decimal
    reference_price: Decimal
    traded_ms: int
    seen_ms: int
    decided_ms: int
    expires_ms: int
    lot: Decimal = Decimal(0)
    limit_price: Decimal | None = None
    most: Decimal | None = None
    max_total: Decimal | None = None
    max_positions: int = 0
    max_trades: int = 0
    leader_order: str = ""
    least: Decimal = Decimal(0)
    leverage_mode: LeverageRule = LeverageRule.OWN
    leverage: Decimal | None = None
    margin_mode: MarginRule = MarginRule.OWN
    leader_symbol: str = ""
    round_trip: int = 0
    kept: Decimal = Decimal(1)
    waits_until_ms: int = 0
    waits_in: str = ""
    last_limit: Decimal | None = None
    state: State = State.PLANNED
    reason: str = ""
    revision: int = 0
    sent_ms: int = 0
    answered_ms: int = 0
    attempts: int = 0
    looks: int = 0
    not_before_ms: int = 0
    venue_order_id: str = ""
    sent_quantity: Decimal = Decimal(0)
    fee_in_base: Decimal = Decimal(0)
    fee: Decimal | None = None
    fee_currency: str = ""
    filled_quantity: Decimal = Decimal(0)
    average_price: Decimal = Decimal(0)
    history: tuple[Event, ...] = ()

    @property
    def order_key(self) -> str:
        """Unique within the follow: a fill has at most one order for each leg."""
        return order_key(self.fill_id, self.leg)

    @property
    def order_id(self) -> str:
        """Unique among all copy orders."""
        return f"{self.follow_id}/{self.order_key}"

    @property
    def client_order_id(self) -> str:
        """The id that the venue knows the order by, the same for every attempt."""
        return client_order_id(self.follow_id, self.fill_id, self.leg)

    @property
    def paper(self) -> bool:
        """Whether it is filled with play money."""
        return is_paper(self.venue)

    @property
    def reduce_only(self) -> bool:
        """An exit may only make a position smaller."""
        return self.leg is Leg.EXIT

    @property
    def limited(self) -> bool:
        """Whether an entry has to go by where its follow stands as a whole."""
        limits = self.max_total is not None or self.max_positions or self.max_trades
        return self.leg is Leg.ENTRY and bool(limits)

    @property
    def sets_margin(self) -> bool:
        """Whether its market has to be at a leverage or in a margin mode before it is entered."""
        own = self.leverage_mode is LeverageRule.OWN and self.margin_mode is MarginRule.OWN
        return not own and self.leg is Leg.ENTRY and not is_spot(self.symbol)

    @property
    def follows_margin(self) -> bool:
        """Whether it is the leader's leverage or margin mode that is set."""
        leverage = self.leverage_mode is LeverageRule.FOLLOW
        return leverage or self.margin_mode is MarginRule.FOLLOW

    @property
    def reserves(self) -> bool:
        """Whether an entry takes up room before it is filled."""
        return self.leg is Leg.ENTRY and (self.most is not None or self.limited)

    def entered(self, copied: Decimal) -> Decimal | None:
        """At what price a step that copied so much entered; None: it did not."""
        return (self.average_price or None) if copied and self.leg is Leg.ENTRY else None

    @property
    def position_key(self) -> str:
        """The position that the order changes, within its follow."""
        return f"{self.symbol}#{self.position_side}"

    @property
    def in_flight(self) -> Decimal:
        """What it may yet fill, unknown to us (signed base units)."""
        if self.state not in IN_DOUBT:
            return Decimal(0)
        known = self.filled_quantity if self.state.terminal else Decimal(0)
        return self.side.sign * (self.sent_quantity - known)

    def closable(self, closable: Decimal) -> Decimal:
        """What an exit may ask for: whole lots of what other exits in flight leave (signed)."""
        return self.within(-self.side.sign * closable)

    def openable(self, exposed: Decimal) -> Decimal:
        """What an entry may ask for: as far as the cap is from what may be held (signed).

        The decision left room for it, but an exit that made the room may not be through yet.
        """
        if self.most is None:
            return self.quantity
        return self.within(self.most - self.side.sign * exposed)

    def within(self, limit: Decimal) -> Decimal:
        """The whole lots of its quantity that are within a limit (base units, below 0: none)."""
        most = min(self.quantity, max(Decimal(0), limit))
        return most - most % self.lot if self.lot else most

    @property
    def share(self) -> Decimal:
        """Its quantity (signed) as a part of what its round trip began with."""
        return self.side.sign * self.quantity / self.kept

    def late(self, now_ms: int) -> bool:
        """Whether an entry has waited too long to be sent; an exit never has."""
        return self.leg is Leg.ENTRY and now_ms > self.expires_ms


def advanced(before: CopyOrder, after: CopyOrder, at_ms: int) -> CopyOrder:
    """`after` as the next revision of `before`, with the step written into its history."""
    event = Event(at_ms, after.state, after.reason)
    return replace(after, revision=before.revision + 1, history=(*before.history, event))


@dataclass(frozen=True, slots=True)
class Effect:
    """What an order does to the position of its follow (signed base units).

    `copied` is held because of it, and `missed` was decided and is not held: never filled, or kept
    as a fee; both count once the order is at its end. `lapsed` is a missed entry as a part of what
    its round trip began with. `closable` is what exits may still close: copied, less what exits in
    flight may take of it. `exposed` is what may be held at the most: copied, and what entries below
    a cap may add to it. `spent` was paid for what is copied (quote units; negative: got).
    """

    copied: Decimal = Decimal(0)
    missed: Decimal = Decimal(0)
    lapsed: Decimal = Decimal(0)
    closable: Decimal = Decimal(0)
    exposed: Decimal = Decimal(0)
    spent: Decimal = Decimal(0)


def effect(order: CopyOrder) -> Effect:
    """What an order does in the state that it is in."""
    sign, copied, missed = order.side.sign, Decimal(0), Decimal(0)
    if order.state.terminal:
        copied = sign * order.filled_quantity - order.fee_in_base
        missed = sign * order.quantity - copied
    exits = order.leg is Leg.EXIT
    return Effect(
        copied=copied,
        missed=missed,
        lapsed=Decimal(0) if exits else missed / order.kept,
        closable=copied + (order.in_flight if exits else 0),
        exposed=copied + (order.in_flight if order.reserves else 0),
        spent=paid(copied, order.average_price),
    )


def paid(change: Decimal, price: Decimal) -> Decimal:
    """For a change of a position (quote units), rounded, so that sums of it are exact."""
    return (change * price).quantize(_GRAIN, context=_WIDE)


def effect_of_step(before: CopyOrder, after: CopyOrder) -> Effect:
    """What a transition changes for the follow; one out of an end takes back what the end did."""
    was, now = effect(before), effect(after)
    return Effect(
        copied=now.copied - was.copied,
        missed=now.missed - was.missed,
        lapsed=now.lapsed - was.lapsed,
        closable=now.closable - was.closable,
        exposed=now.exposed - was.exposed,
        spent=now.spent - was.spent,
    )
