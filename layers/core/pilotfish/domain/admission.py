"""Whether a follow enters what its leader does: its filters, each with the reason that it gives."""

from pilotfish.domain.counterparts import barred
from pilotfish.domain.fills import Fill, OrderKind, Side
from pilotfish.domain.hours import blacked_out, within_hours
from pilotfish.domain.orders import Reason
from pilotfish.domain.rule_choices import Direction, Sides
from pilotfish.domain.rules import Rules


def refusal(fill: Fill, own: str, rules: Rules) -> Reason | None:
    """Why a follow does not enter by a leader's fill into its own symbol; None: it does.

    What is asked is the leader's trade and its time alone, so that the answer stays the same.
    """
    return (
        barred(fill.symbol, own, rules)
        or _on_the_wrong_side(fill, rules)
        or _of_another_kind(fill, rules)
        or closed_hours(rules, fill.traded_ms)
    )


def _on_the_wrong_side(fill: Fill, rules: Rules) -> Reason | None:
    if rules.sides is not Sides.BOTH and rules.sides.value != fill.side.value:
        return Reason.SIDE_NOT_COPIED
    if rules.direction is Direction.BOTH:
        return None
    bought = (fill.side is Side.BUY) is not rules.reverse
    wanted = Direction.LONG if bought else Direction.SHORT
    return None if rules.direction is wanted else Reason.DIRECTION_NOT_COPIED


def _of_another_kind(fill: Fill, rules: Rules) -> Reason | None:
    """What the venue does not tell is not taken for what the follow wants."""
    if not rules.order_kinds:
        return None
    if fill.order_kind is OrderKind.NOT_TOLD:
        return Reason.ORDER_KIND_UNKNOWN
    return None if fill.order_kind in rules.order_kinds else Reason.ORDER_KIND_NOT_COPIED


def closed_hours(rules: Rules, at_ms: int) -> Reason | None:
    """Why nothing is entered at a time (UTC ms)."""
    if rules.hours and not within_hours(rules.hours, at_ms):
        return Reason.OUTSIDE_HOURS
    if rules.blackouts and blacked_out(rules.blackouts, at_ms):
        return Reason.BLACKOUT
    return None
