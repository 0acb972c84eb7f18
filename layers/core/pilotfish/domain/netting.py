"""From a leader's fill to each follower's target, and from the target to an order.

A ledger belongs to one leader's position in one symbol (and position side) and has a line for
each follow. A fill that makes the leader's position larger is an entry: it adds to the target. One
that makes it smaller is an exit: it takes the same fraction from every target, so a leader who
sells what the follower never copied changes nothing. Rounding never loses anything: the order
is the lots between what is ordered and the target, and the rest stays for the next fill.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from math import prod

from pilotfish.domain.fills import Fill, PositionSide, Side
from pilotfish.domain.instruments import Instrument, Kind
from pilotfish.domain.orders import CopyOrder, Effect, Leg, Reason
from pilotfish.domain.rule_choices import Rounding
from pilotfish.domain.rules import Rules
from pilotfish.domain.sizes import NO_MEANS, Means, Opening, taken_on
from pilotfish.domain.sizing import (
    below_cap,
    entry_market,
    least_price,
    order_cap,
    position_cap,
    room,
    too_small,
    whole_lots,
)

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Misses:
    """Ordered for a follow and not held for it, in all (signed base units), by leg."""

    entry: Decimal = ZERO
    exit: Decimal = ZERO


# Round trips whose lapsed entries are told apart; an order that is still in flight after so many
# of them counts to a later one.
ROUND_TRIPS = 32


@dataclass(frozen=True, slots=True)
class Booked:
    """A follow's position as its orders left it (signed base units), see `domain.orders.Effect`.

    `lapsed` is by round trip, modulo `ROUND_TRIPS`; `written_off` is what was worth that was closed
    elsewhere (quote units, by the leader's price), and `entered` the price of the last entry.
    """

    copied: Decimal = ZERO
    misses: Misses = Misses()
    lapsed: Mapping[int, Decimal] = field(default_factory=dict)
    closable: Decimal = ZERO
    exposed: Decimal = ZERO
    spent: Decimal = ZERO
    written_off: Decimal = ZERO
    entered: Decimal | None = None


NOTHING_BOOKED = Booked()


def booked_after(booked: Booked, order: CopyOrder, change: Effect) -> Booked:
    """The position after a step of one of its orders, which changed this."""
    leg, slot = order.leg.value, order.round_trip % ROUND_TRIPS
    missed = getattr(booked.misses, leg) + change.missed
    lapsed = dict(booked.lapsed)
    if change.lapsed:
        lapsed[slot] = lapsed.get(slot, ZERO) + change.lapsed
    return replace(
        booked,
        copied=booked.copied + change.copied,
        misses=replace(booked.misses, **{leg: missed}),
        lapsed=lapsed,
        closable=booked.closable + change.closable,
        exposed=booked.exposed + change.exposed,
        spent=booked.spent + change.spent,
        entered=order.entered(change.copied) or booked.entered,
    )


@dataclass(frozen=True, slots=True)
class Line:
    """A follow's share of a ledger: exact target, and what is ordered (signed base units).

    `missed` is how much of the follow's misses (see `Misses`) the line has taken in. From flat to
    flat the leader makes a round trip; `kept` is the part that its exits have left of what the
    round trip began with, and `lapsed` how much of the entries that lapsed the target is without.
    `waiting` is what waits for its price, as a part of what the round trip began with: it is in the
    target and is not ordered.
    """

    target: Decimal = ZERO
    ordered: Decimal = ZERO
    missed: Misses = Misses()
    round_trip: int = 0
    kept: Decimal = Decimal(1)
    lapsed: Decimal = ZERO
    waiting: Decimal = ZERO

    @property
    def waits(self) -> Decimal:
        """What the leader's exits have left of what waits for its price (signed base units)."""
        return self.waiting * self.kept

    @property
    def due(self) -> Decimal:
        """The part of the target that is to be held now (signed base units)."""
        return self.target - self.waits

    def settled(self, booked: Booked) -> "Line":
        """The line after orders that failed: a missed entry is no longer wanted, a missed exit is.

        An exit that was decided since the entry has taken its part of it off the target already.
        """
        misses, lapsed = booked.misses, _lapsed(booked, self.round_trip)
        entry = misses.entry - self.missed.entry
        exit_ = misses.exit - self.missed.exit
        ordered = self.ordered - entry - exit_
        line = self.without(lapsed - self.lapsed)
        return replace(line, ordered=ordered, missed=misses, lapsed=lapsed)

    def without(self, lapsed: Decimal) -> "Line":
        """The line once a part of what its round trip began with is not wanted any more."""
        gone, target = lapsed * self.kept, self.target
        if gone * target > ZERO:
            target = ZERO if abs(gone) >= abs(target) else target - gone
        return replace(self, target=target)

    def reduced(self, fraction: Decimal, booked: Booked, spared: Decimal = ZERO) -> "Line":
        """The line after the leader closed `fraction` (0-1); all of it ends the round trip.

        `spared` is the part of the target that was opened since (signed base units).
        """
        if fraction < 1:
            left = 1 - fraction
            target = (self.target - spared) * left + spared
            return replace(self, target=target, kept=self.kept * left)
        following = self.round_trip + 1
        return replace(
            self,
            target=spared,
            round_trip=following,
            kept=Decimal(1),
            lapsed=_lapsed(booked, following),
            waiting=ZERO,
        )

    @property
    def surplus(self) -> Decimal:
        """What is ordered beyond what is due, on the side that is ordered (base units)."""
        wanted = abs(self.due) if self.ordered * self.due > ZERO else ZERO
        return max(ZERO, abs(self.ordered) - wanted)


def _lapsed(booked: Booked, round_trip: int) -> Decimal:
    return booked.lapsed.get(round_trip % ROUND_TRIPS, ZERO)


@dataclass(frozen=True, slots=True)
class Ledger:
    """The lines of one shard of a leader's follows in one position, by follow id.

    `newest` is the number of the last fill that was decided, in the order of the leader's trades.
    """

    lines: Mapping[str, Line] = field(default_factory=dict)
    revision: int = 0
    newest: int = 0

    def after(self, lines: Mapping[str, Line], fill_number: int = 0) -> "Ledger":
        """The next revision; a line that says nothing is left out."""
        kept = {follow: line for follow, line in lines.items() if line != Line()}
        return Ledger(kept, self.revision + 1, max(self.newest, fill_number))


@dataclass(frozen=True, slots=True)
class Split:
    """A fill seen against the leader's position: the fraction it closes and what it opens."""

    exit_fraction: Decimal
    entry: Decimal

    def times(self, factor: Decimal) -> "Split":
        """The same in other units of the coin."""
        return self if factor == 1 else replace(self, entry=self.entry * factor)


@dataclass(frozen=True, slots=True)
class Since:
    """What a follow took on of a leader's later fills, decided before a fill, oldest first.

    A fill that its stream gave up is decided after them, and counts as if it had come in its place:
    their exits take of what it opens, and what they opened is not for its exit to close.
    """

    later: tuple[Split, ...] = ()

    @property
    def kept(self) -> Decimal:
        """The part that the later exits left."""
        return prod((1 - each.exit_fraction for each in self.later), start=Decimal(1))

    def spared(self, line: Line, closes: int) -> Decimal:
        """The part of a line's target that the fill's exit is not for (signed base units).

        It is what later entries added to it, less what their exits took of that. The exit is for
        the rest, which is on the side `closes` (+1: long), unless caps and misses ate it up.
        """
        if not self.later:
            return ZERO
        opened = ZERO
        for each in self.later:
            opened *= 1 - each.exit_fraction
            opened += each.entry
        return opened if (line.target - opened) * closes > ZERO else line.target


IN_ITS_TURN = Since()


@dataclass(frozen=True, slots=True)
class Sized:
    """An order to send: signed base units, a multiple of the lot; `reason` says what cut it."""

    quantity: Decimal
    reason: str = ""

    @property
    def side(self) -> Side:
        """Buy for a positive quantity."""
        return Side.BUY if self.quantity > 0 else Side.SELL


@dataclass(frozen=True, slots=True)
class Skipped:
    """No order, and why. What was below a lot or the minimum stays in the target."""

    reason: Reason


Decision = Sized | Skipped


def split(position: Decimal, delta: Decimal) -> Split:
    """Cut a change of the leader's position into what it closes and what it opens.

    `split(5, -2)` closes 2/5; `split(5, -7)` closes all and opens -2 (a flip).
    """
    if position == ZERO or position * delta > ZERO:
        return Split(ZERO, delta)
    after = position + delta
    if position * after >= ZERO:
        return Split(delta / -position, ZERO)
    return Split(Decimal(1), after)


def close(
    line: Line,
    fraction: Decimal,
    instrument: Instrument,
    price: Decimal,
    booked: Booked = NOTHING_BOOKED,
    spared: Decimal = ZERO,
) -> tuple[Line, Decision]:
    """Take `fraction` (0–1) from the line's target and order the lots that are now too many."""
    if line == Line() and not spared:
        return line, Skipped(Reason.NOTHING_COPIED)
    line = line.reduced(fraction, booked, spared)
    if line.ordered == ZERO:
        return line, Skipped(Reason.NOTHING_COPIED)
    quantity = whole_lots(line.surplus, instrument)
    if quantity == ZERO:
        return line, Skipped(Reason.BELOW_LOT)
    if instrument.kind is Kind.SPOT and too_small(quantity, price, instrument):
        return line, Skipped(Reason.BELOW_MINIMUM)
    signed = -quantity if line.ordered > 0 else quantity
    return replace(line, ordered=line.ordered + signed), Sized(signed)


def open_(
    line: Line,
    quantity: Decimal,
    instrument: Instrument,
    price: Decimal,
    cap: Decimal | None = None,
    most: Decimal | None = None,
    rounding: Rounding = Rounding.DOWN,
    *,
    waits: bool = False,
) -> tuple[Line, Decision]:
    """Add `quantity` (signed) to the line's target and order the lots that are missing.

    Or, where the entry `waits` for its price, have them wait. Not more than `cap`, though, even
    where earlier fills left something over, and so that neither the target nor what is ordered
    grows beyond `most`: what that cuts off is not wanted later.
    """
    if instrument.kind is Kind.SPOT and quantity < 0:
        return line, Skipped(Reason.SHORT_ON_SPOT)
    if not instrument.open:
        return line, Skipped(Reason.MARKET_CLOSED)
    sign = 1 if quantity > 0 else -1
    taken = quantity if most is None else sign * min(abs(quantity), room(most, line.target, sign))
    cut = Reason.OVER_POSITION_CAP if taken != quantity else None
    line = replace(line, target=line.target + taken)
    missing = max(ZERO, sign * (line.due - line.ordered))
    lots = whole_lots(missing, instrument, rounding)
    if most is not None:
        lots = min(lots, instrument.round_down(room(most, line.ordered + line.waits, sign)))
    lots = lots if cap is None else min(lots, cap)
    if lots == ZERO:
        return line, Skipped(cut or Reason.BELOW_LOT)
    if too_small(lots, price, instrument):
        return line, Skipped(cut or Reason.BELOW_MINIMUM)
    if waits:
        line = replace(line, waiting=line.waiting + sign * lots / line.kept)
    else:
        line = replace(line, ordered=line.ordered + sign * lots)
    return line, Sized(sign * lots, cut or "")


def apply_fill(
    line: Line,
    fill: Fill,
    parts: Split,
    rules: Rules,
    instrument: Instrument,
    booked: Booked = NOTHING_BOOKED,
    since: Since = IN_ITS_TURN,
    means: Means = NO_MEANS,
) -> tuple[Line, list[tuple[Leg, Decision]]]:
    """What one follow does about a fill: one decision, or two when the leader flips.

    `line` has taken in what is `booked`; `parts` are in the follower's units of the coin.
    """
    decisions: list[tuple[Leg, Decision]] = []
    if parts.exit_fraction > ZERO:
        closes = -1 if (fill.position_change > ZERO) is not rules.reverse else 1
        spared = since.spared(line, closes)
        line, decision = close(line, parts.exit_fraction, instrument, fill.price, booked, spared)
        decisions.append((Leg.EXIT, decision))
    if parts.entry != ZERO:
        line, decision = _enter(line, fill, parts.entry, rules, instrument, since, means)
        decisions.append((Leg.ENTRY, decision))
    return line, decisions


def _enter(
    line: Line,
    fill: Fill,
    entry: Decimal,
    rules: Rules,
    instrument: Instrument,
    since: Since,
    means: Means,
) -> tuple[Line, Decision]:
    if since.kept == ZERO:
        return line, Skipped(Reason.CLOSED_SINCE)
    market = entry_market(rules, instrument)
    taken = taken_on(rules, Opening(entry, fill.price, fill.opened_before), market, means)
    if isinstance(taken, Reason):
        return line, Skipped(taken)
    cap = order_cap(rules, market, fill.price)
    most = position_cap(rules, market, fill.price)
    # What a venue compares with its minimum is the limit's notional.
    least = least_price(rules, Side.BUY if taken > 0 else Side.SELL, fill.price, market)
    quantity = below_cap(taken * since.kept, cap)
    waits = rules.better_by is not None
    return open_(line, quantity, market, least, cap, most, rules.rounding, waits=waits)


def position_key(symbol: str, side: PositionSide) -> str:
    """The name of a position on an account or in a follow."""
    return f"{symbol}#{side}"


def symbol_of(key: str) -> str:
    """The symbol in a position's name."""
    return key.rpartition("#")[0]


def position_side_of(key: str) -> PositionSide:
    """The side in a position's name."""
    return PositionSide(key.rpartition("#")[2])
