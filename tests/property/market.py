"""What leaders do and how followers size it, as Hypothesis draws them."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from hypothesis import strategies as st

from pilotfish.domain.fills import Fill
from pilotfish.domain.holdings import Holdings, stamp
from pilotfish.domain.instruments import Instrument
from tests.fakes.samples import PERPETUAL, a_fill, an_instrument

PRICE = Decimal(100)
STEP = Decimal("0.001")


@dataclass(frozen=True)
class Scale:
    """A multiplier as a person means it, and as it is stored: 28 digits of it."""

    exact: Fraction

    @property
    def stored(self) -> Decimal:
        return Decimal(self.exact.numerator) / Decimal(self.exact.denominator)


scales = st.builds(
    Scale,
    st.sampled_from(
        [Fraction(n, d) for n in (1, 2, 5, 25) for d in (1, 2, 3, 6, 7, 9, 10, 11, 13)]
    ),
)
lots = st.sampled_from([Decimal(lot) for lot in ("0.001", "0.01", "0.4", "1", "3", "25")])


def instrument(lot: Decimal, symbol: str = PERPETUAL, **more: Decimal) -> Instrument:
    """With no minimum but the lot, unless `more` says so."""
    return an_instrument(
        symbol, **{"lot": lot, "min_quantity": lot, "min_notional": Decimal(0)} | more
    )


instruments = st.builds(instrument, lots)

sizes = st.integers(1, 200_000).map(lambda steps: steps * STEP)
small_sizes = st.integers(1, 40).map(lambda steps: steps * STEP)
entries = st.lists(st.one_of(sizes, small_sizes), min_size=1, max_size=25)
trades = st.one_of(sizes, small_sizes, sizes.map(lambda q: -q), small_sizes.map(lambda q: -q))

closings = st.sampled_from([Fraction(1, 3), Fraction(1, 7), Fraction(1, 2), Fraction(1), None])


@st.composite
def changes(draw: st.DrawFn, most: int = 20) -> list[Decimal]:
    """How a leader's position changes: entries, partial closes, closes and flips, in any order."""
    position, found = Decimal(0), []
    for _ in range(draw(st.integers(1, most))):
        change = draw(trades)
        closing = draw(closings) if position else None
        if closing is not None:
            part = int(position / STEP * closing.numerator / closing.denominator) * STEP
            change = -part if part else -position
        found.append(change)
        position += change
    return found


def fills(changed: list[Decimal], symbol: str = PERPETUAL, price: Decimal = PRICE) -> list[Fill]:
    """The changes as the poller writes them down: each with the position that it met."""
    made = [
        a_fill(change, symbol=symbol, trade_id=str(number), price=price)
        for number, change in enumerate(changed)
    ]
    return stamp(made, Holdings())


def targets(changed: list[Decimal], scale: Fraction) -> list[Fraction]:
    """After each change the follower's target, in exact numbers and by another road.

    An entry adds to the target what it adds to the leader's position; an exit leaves of the
    target what it leaves of the position.
    """
    position, target, found = Fraction(0), Fraction(0), []
    for change in map(Fraction, changed):
        after = position + change
        if position * change >= 0:
            target += scale * change
        elif position * after > 0:
            target *= after / position
        else:
            target = scale * after
        position = after
        found.append(target)
    return found
