"""Deals, one after the other, into days.

A journal is the state between two deals. It can be put aside after any of them and taken up again:
nothing that it has counted is read a second time, unless something is said of it later.

What an account held before its first trade that we saw counts from then on, at the price of that
trade: earlier gains are not ours to tell. What comes or goes without a trade counts from, or up to,
the price of the trade that it was met with, and is told as unknown.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from pilotfish.domain.averaging import Averaged, notional, open_profit
from pilotfish.domain.fills import is_spot
from pilotfish.domain.performance.days import Day, carried
from pilotfish.domain.performance.deals import ZERO, Deal

# On spot a sale leaves what the fee or the lot does: a position that is so small is closed.
DUST = Decimal("0.01")
# What division leaves of quantities that are the same.
NOTHING = Decimal("1e-12")


@dataclass(frozen=True, slots=True)
class Open:
    """A position, and the trade that it is a part of.

    Since the trade began at `opened_ms` it `earned` so much before its `fees`; `known` is whether
    that is all, and `most` the largest quantity. `number` and `after` are of the fill that was
    written last, and what was held after it; `late` is what was told late and may not be in that
    yet. `price` is the last at which it was traded or looked at.
    """

    venue: str
    symbol: str
    quantity: Decimal = ZERO
    entry_price: Decimal | None = None
    opened_ms: int = 0
    fees: Decimal = ZERO
    earned: Decimal = ZERO
    known: bool = True
    most: Decimal = ZERO
    price: Decimal | None = None
    number: int = 0
    after: Decimal | None = None
    late: Decimal = ZERO

    @property
    def cost(self) -> Decimal:
        """What is held, at what it cost; never negative."""
        return notional(self.symbol, self.quantity, self.entry_price, None)

    @property
    def unrealized(self) -> Decimal:
        """What closing it at its last price would earn."""
        return open_profit(self.symbol, self.quantity, self.entry_price, self.price) or ZERO

    @property
    def over(self) -> bool:
        """Whether nothing is left that has to be known later."""
        return not self.quantity and not self.after

    def moved(self, deal: Deal) -> bool:
        """Whether something moved the position before the deal that was no trade of ours.

        What was held before it does not follow from the fill that was written before then, nor from
        what was counted. A fill that was told late says nothing about it.
        """
        if deal.before is None or deal.number <= self.number or deal.before == self.quantity:
            return False
        expected = self.quantity, self.quantity - self.late, self.after
        return not any(_same(deal.before, each) for each in expected if each is not None)

    def seen(self, deal: Deal) -> "Open":
        """With the deal as the one that was written last, if it was."""
        if deal.late:
            return replace(self, late=self.late + deal.change)
        if deal.number <= self.number or deal.before is None:
            return self
        late = self.late if _same(deal.before, self.quantity - self.late) else ZERO
        return replace(self, number=deal.number, after=deal.after, late=late)

    def told(self, before: Decimal, price: Decimal, at_ms: int) -> "Open":
        """As the venue has it; what came or went did so at `price`."""
        entry = price if self.entry_price is None else self.entry_price
        kept = min(self.quantity, before, key=abs) if self.quantity * before > 0 else ZERO
        return replace(
            self,
            quantity=before,
            entry_price=(kept * entry + (before - kept) * price) / before if before else None,
            opened_ms=self.opened_ms if kept else at_ms,
        )


@dataclass(slots=True)
class Journal:
    """What is open, and the day that runs; `day` is None before the first deal."""

    open: dict[str, Open] = field(default_factory=dict)
    day: Day | None = None
    employed: Decimal = ZERO

    def turn_to(self, day: str) -> Day | None:
        """Begin a day; the day before, if it ends thereby. Days only ever go on."""
        ended = self.day
        if ended is not None and ended.day == day:
            return None
        # Summed up afresh: what decimals round off does not add up over the days.
        self.employed = sum((each.cost for each in self.open.values()), ZERO)
        unrealized = sum((each.unrealized for each in self.open.values()), ZERO)
        if ended is not None:
            ended.unrealized, ended.employed = unrealized, self.employed
        self.day = Day(day) if ended is None else carried(ended, day)
        self.day.brought = self.day.unrealized = unrealized
        self.day.employed = self.employed
        self.day.need = self.employed
        return ended

    def add(self, deal: Deal) -> None:
        """One more deal of the day that runs."""
        day = self._day
        if deal.left_out:
            day.left_out[deal.left_out] += 1
            return
        before = self.open.get(deal.key) or Open(deal.venue, deal.symbol)
        if deal.excluded:
            after = before.seen(deal)
        else:
            day.count(deal)
            after = _after(before, deal, day)
        if after.over:
            self.open.pop(deal.key, None)
        else:
            self.open[deal.key] = after
        self.employed += after.cost - before.cost
        day.unrealized += after.unrealized - before.unrealized
        day.employed = self.employed
        day.need = max(day.need, self.employed - day.traded)

    def value(self, prices: Mapping[str, Decimal], at_ms: int) -> None:
        """The day at these prices, by position, as they were looked at."""
        day = self._day
        for key, price in prices.items():
            before = self.open.get(key)
            if before is not None and before.quantity:
                after = self.open[key] = replace(before, price=price)
                day.unrealized += after.unrealized - before.unrealized
                day.marks[key] = price
                day.marked_ms = at_ms

    @property
    def _day(self) -> Day:
        if self.day is None:
            raise ValueError("no day was begun")
        return self.day


def _same(one: Decimal, other: Decimal) -> bool:
    return abs(one - other) <= NOTHING * max(abs(one), abs(other), Decimal(1))


def _after(before: Open, deal: Deal, day: Day) -> Open:
    """The position after a deal; what it closed goes into the day."""
    was, known, change = before, True, deal.change
    moved = deal.before is not None and before.moved(deal)
    if moved and deal.before is not None and deal.price is not None:
        known = not before.number and not before.quantity
        was = before.told(deal.before, deal.price, deal.at_ms)
        gone = (
            replace(before, price=deal.price).unrealized - replace(was, price=deal.price).unrealized
        )
        day.realized += gone
        was = replace(was, earned=was.earned + gone)
    if is_spot(deal.symbol) and was.quantity + change < 0:
        # What is sold beyond what is known was held without our knowing.
        known = known and -(was.quantity + change) < DUST * was.quantity
        change = -was.quantity
    now = Averaged(was.quantity, was.entry_price).after(deal.symbol, change, deal.price)
    known = known and not (was.quantity * change < 0 and deal.price is None)
    day.unknown += not known
    day.realized += now.realized
    begun = now.quantity and was.quantity * now.quantity <= ZERO
    held = replace(
        was.seen(deal),
        quantity=now.quantity,
        entry_price=now.entry_price,
        opened_ms=deal.at_ms if begun else was.opened_ms,
        earned=was.earned + now.realized,
        known=was.known and known,
        most=max(was.most, abs(was.quantity), abs(now.quantity)),
        price=was.price if deal.price is None else deal.price,
    )
    return _ended(held, was, deal, day)


def _ended(held: Open, was: Open, deal: Deal, day: Day) -> Open:
    """The position after a deal, with the trade counted that the deal brought to its end."""
    turned = was.quantity * held.quantity < 0
    shrunk = abs(held.quantity) < abs(was.quantity)
    dust = is_spot(held.symbol) and shrunk and abs(held.quantity) < DUST * held.most
    if not turned and (held.quantity or not was.quantity) and not dust:
        return replace(held, fees=held.fees + deal.fee)
    # A deal that turns the position pays its fee for both trades, by their parts of it.
    part = abs(held.quantity / deal.change) if turned else ZERO
    fees = held.fees + deal.fee * (1 - part)
    if held.known:
        day.close(held.earned - fees, deal.at_ms - was.opened_ms)
    left = replace(held, fees=deal.fee * part, earned=ZERO, known=True)
    return replace(left, most=abs(held.quantity) if turned else ZERO)
