"""Does an account still hold what was copied to it, and the books of what it does not.

Copies that are gone were closed elsewhere: by hand, or by the venue. An account may always hold
more than was copied to it: that is its owner's own trading, and none of ours.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from pilotfish.domain.fills import Side, is_spot
from pilotfish.domain.follows import Follow
from pilotfish.domain.instruments import Instrument
from pilotfish.domain.netting import Booked, Line, position_key, position_side_of, symbol_of
from pilotfish.domain.orders import CopyOrder, Leg, Reason, State
from pilotfish.domain.venues import Position

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Copy:
    """A follow's position (by `position_key`) as its books have it."""

    follow: Follow
    key: str
    booked: Booked

    @property
    def name(self) -> tuple[str, str]:
        """Follow id and position key."""
        return self.follow.follow_id, self.key


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A holding of an account that is smaller than its copies say (signed base units)."""

    holding: str
    copies: tuple[Copy, ...]
    copied: Decimal
    held: Decimal
    lot: Decimal

    @property
    def missing(self) -> Decimal:
        """How much of what was copied is not there, signed as the copies are."""
        sign = 1 if self.copied > ZERO else -1
        return sign * (abs(self.copied) - max(ZERO, min(abs(self.copied), sign * self.held)))

    @property
    def drifted(self) -> bool:
        """Whether more than a lot is missing, or all that there was."""
        gone = self.missing == self.copied
        return abs(self.missing) > self.lot or (gone and abs(self.missing) == self.lot)


def holding_of(key: str) -> str:
    """What a position comes out of: on spot the coin, whatever it is quoted in, else itself."""
    symbol = symbol_of(key)
    return symbol.partition("/")[0] if is_spot(symbol) else key


def held_by_holding(positions: Iterable[Position]) -> dict[str, Decimal]:
    """What an account holds; the balance of a coin stands under each of its spot markets."""
    return {holding_of(position_key(p.symbol, p.position_side)): p.quantity for p in positions}


def shortfalls(
    copies: Iterable[Copy], positions: Iterable[Position], instruments: Mapping[str, Instrument]
) -> list[Shortfall]:
    """Where an account has drifted from its copies; these are all in `instruments`.

    Several follows on one account add up, also those that hold opposite sides of one position.
    """
    held = held_by_holding(positions)
    together: dict[str, list[Copy]] = {}
    for copy in copies:
        together.setdefault(holding_of(copy.key), []).append(copy)
    found = [
        Shortfall(
            holding=holding,
            copies=tuple(members),
            copied=sum((copy.booked.copied for copy in members), ZERO),
            held=held.get(holding, ZERO),
            lot=max(instruments[symbol_of(copy.key)].lot for copy in members),
        )
        for holding, members in together.items()
    ]
    return [shortfall for shortfall in found if shortfall.drifted]


def shares(shortfall: Shortfall) -> list[tuple[Copy, Decimal]]:
    """Whose copies are gone (signed base units): by what was copied, in whole lots if possible."""
    missing = abs(shortfall.missing)
    sign = 1 if shortfall.copied > ZERO else -1
    losers = [copy for copy in shortfall.copies if sign * copy.booked.copied > ZERO]
    copied = [abs(copy.booked.copied) for copy in losers]
    taken = _by_proportion(missing, copied, shortfall.lot)
    return [(copy, sign * part) for copy, part in zip(losers, taken, strict=True) if part]


def _by_proportion(missing: Decimal, copied: Sequence[Decimal], lot: Decimal) -> list[Decimal]:
    total = sum(copied, ZERO)
    parts = [missing * own / total // lot * lot for own in copied]
    left = missing - sum(parts, ZERO)
    for number, own in enumerate(copied):
        more = min(left, own - parts[number])
        parts[number] += more
        left -= more
    return parts


def without(line: Line, booked: Booked, gone: Decimal) -> Line:
    """The line once `gone` (signed base units) is neither held nor wanted any more."""
    settled = line.settled(booked)
    target = settled.target
    if gone * target > ZERO:
        target = ZERO if abs(gone) >= abs(target) else target - gone
    return replace(settled, target=target, ordered=settled.ordered - gone)


def closed_elsewhere(
    copy: Copy, gone: Decimal, lot: Decimal, price: Decimal, revision: int, now_ms: int
) -> CopyOrder:
    """The line of history that says so, named after the ledger's revision; nothing is sent.

    The leader's last `price` is what we know of what it was worth; 0: nobody does.
    """
    follow, symbol = copy.follow, symbol_of(copy.key)
    leader_symbol = follow.leader_symbol(symbol)
    return CopyOrder(
        follow_id=follow.follow_id,
        leader_id=follow.leader_id,
        fill_id=f"{now_ms:013d}-{leader_symbol}-{Reason.CLOSED_ELSEWHERE}~{revision}",
        leg=Leg.EXIT,
        account_id=follow.account_id,
        owner=follow.owner,
        venue=follow.venue,
        symbol=symbol,
        side=Side.SELL if gone > ZERO else Side.BUY,
        position_side=position_side_of(copy.key),
        quantity=abs(gone),
        reference_price=price,
        traded_ms=now_ms,
        seen_ms=now_ms,
        decided_ms=now_ms,
        expires_ms=now_ms,
        lot=lot,
        state=State.SKIPPED,
        reason=Reason.CLOSED_ELSEWHERE,
    )
