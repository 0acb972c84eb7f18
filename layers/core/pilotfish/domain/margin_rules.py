"""What a market is set to before an entry, by the follow's rules and by what the leader has."""

from decimal import Decimal

from pilotfish.domain.margining import Margin, MarginMode
from pilotfish.domain.orders import CopyOrder
from pilotfish.domain.rule_choices import LeverageRule, MarginRule


def wanted_margin(order: CopyOrder, leader: Margin, most: Decimal | None) -> Margin | None:
    """None where the leader's is not known; `most` is what the follower's market allows, if known.

    What is followed is at most that, and at most the follow's cap; what is fixed is as it is.
    """
    leverage, mode = order.leverage, None
    if order.leverage_mode is LeverageRule.OWN:
        leverage = None
    elif order.leverage_mode is LeverageRule.FOLLOW:
        if leader.leverage is None:
            return None
        bounds = (leader.leverage, order.leverage, most)
        leverage = min(bound for bound in bounds if bound is not None)
    if order.margin_mode is MarginRule.FOLLOW:
        if leader.mode is None:
            return None
        mode = leader.mode
    elif order.margin_mode is not MarginRule.OWN:
        mode = MarginMode(order.margin_mode.value)
    return Margin(leverage, mode)
