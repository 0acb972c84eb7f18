"""Rules that make sense each, and together do not."""

from typing import TYPE_CHECKING

from pilotfish.domain.expressions import Expression, parse
from pilotfish.domain.rule_choices import (
    AfterWait,
    BelowMinimum,
    Existing,
    LeverageRule,
    OnDrift,
    Size,
)
from pilotfish.domain.rule_kinds import BadRules

if TYPE_CHECKING:
    from pilotfish.domain.rules import Rules

SIZING_NAMES = frozenset({"quantity", "notional", "price", "leader_equity", "equity"})

# What each way of sizing goes by, and cannot do without.
_NEEDED = {
    Size.QUANTITY: ("fixed_quantity",),
    Size.NOTIONAL: ("fixed_notional",),
    Size.MARGIN: ("margin_share", "leverage"),
    Size.RISK: ("risk_share", "stop_loss"),
    Size.EXPRESSION: ("expression", "max_order_notional"),
}


def sizing_expression(text: str) -> Expression:
    """The expression of a size; raises `ValueError`."""
    return parse(text, SIZING_NAMES)


def _require_leverage(rules: "Rules") -> None:
    follows = rules.leverage_mode is LeverageRule.FOLLOW
    if rules.leverage_mode is LeverageRule.FIXED and (rules.leverage or 0) < 1:
        message = "to set a fixed leverage, say which, from 1 on: leverage"
        raise BadRules("leverage", message)
    if rules.leverage_cap is not None and (not follows or rules.leverage_cap < 1):
        message = "leverage_cap is 1 or more, and for leverage_mode follow"
        raise BadRules("leverage_cap", message)
    if follows and rules.size is Size.MARGIN:
        message = "size margin is reckoned at a leverage that is known: leverage_mode fixed or own"
        raise BadRules("leverage_mode", message)


def require_sense(rules: "Rules") -> None:
    """Raises `BadRules`."""
    for name in _NEEDED.get(rules.size, ()):
        if getattr(rules, name) is None:
            raise BadRules(name, f"size {rules.size.value} goes by {name}, which is not said")
    _require_leverage(rules)
    if rules.size is Size.EXACT and rules.multiplier != 1:
        raise BadRules("multiplier", f"multiplier is 1 for size exact, not {rules.multiplier}")
    if rules.below_minimum is BelowMinimum.LIFT and rules.max_lift_notional is None:
        raise BadRules("max_lift_notional", "to lift, say how far at the most: max_lift_notional")
    if rules.on_drift == OnDrift.RESTORE and rules.max_slippage is None:
        message = "to restore what is gone, say at what price at worst: max_slippage"
        raise BadRules("max_slippage", message)
    if rules.after_wait is AfterWait.MARKET and rules.max_slippage is None:
        message = "to take it when the wait is over, say at what price at worst: max_slippage"
        raise BadRules("max_slippage", message)
    if rules.existing == Existing.JOIN and rules.join_tolerance is None:
        message = "to join what exists, say how near to its price: join_tolerance"
        raise BadRules("join_tolerance", message)
    if len(rules.quotes) == 1:
        message = "quotes names all that stand for one another: two at least"
        raise BadRules("quotes", message)
    if both := sorted({*rules.only} & {*rules.never}):
        raise BadRules("never", f"{both[0]} is in only and in never")
