"""What a leader holds, fill by fill."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from pilotfish.domain.fills import Fill, is_spot
from pilotfish.domain.netting import position_key

ZERO = Decimal(0)


def stamp(fills: Iterable[Fill], held: dict[str, Decimal]) -> list[Fill]:
    """The fills with the position before each; `held` (by position key) moves along.

    A spot holding never goes below zero: what is sold beyond it was held without our knowing.
    """
    stamped = []
    for fill in fills:
        key = position_key(fill.symbol, fill.position_side)
        before = held.get(key, ZERO)
        after = before + fill.position_change
        held[key] = max(ZERO, after) if is_spot(fill.symbol) else after
        stamped.append(replace(fill, position_before=before))
    return stamped
