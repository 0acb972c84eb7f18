"""What a market is set to before an entry, by the follow's rules and by what the leader has."""

from collections.abc import Mapping
from decimal import Decimal

from pilotfish.domain.margining import Margin, MarginMode
from pilotfish.domain.orders import CopyOrder
from pilotfish.domain.rule_choices import LeverageRule, MarginRule
from pilotfish.domain.rule_kinds import BadRules
from pilotfish.domain.rules import Rules
from pilotfish.domain.venue_ids import is_paper

_CROSS = frozenset({MarginMode.CROSS})
# The margin modes that can be asked for where leverage can be set, as in the venue table.
MODES: Mapping[str, frozenset[MarginMode]] = {
    "binanceusdm": frozenset(MarginMode),
    "bitget": _CROSS,
    "bitgetuta": _CROSS,
    "bybit": frozenset(),
    "delta": frozenset(),
    "deltaindia": frozenset(),
    "gate": _CROSS,
    "htx": _CROSS,
    "krakenfutures": frozenset({MarginMode.ISOLATED}),
    "kucoin": _CROSS,
    "mexc": _CROSS,
    "okx": _CROSS,
}
# Where leverage and margin mode are set by one request, and so only together.
TOGETHER = frozenset({"gate", "krakenfutures"})


def require_settable(rules: Rules, venue: str) -> None:
    """Raises `BadRules` for what the follower's venue would refuse with every entry."""
    levers, mode = rules.leverage_mode is not LeverageRule.OWN, rules.margin_mode
    if is_paper(venue) or not (levers or mode is not MarginRule.OWN):
        return
    if venue not in MODES:
        field = "leverage_mode" if levers else "margin_mode"
        raise BadRules(field, f"{field}: neither leverage nor a margin mode is set on {venue}")
    modes = sorted(each.value for each in MODES[venue])
    can = mode is MarginRule.OWN or (modes if mode is MarginRule.FOLLOW else mode.value in modes)
    if not can:
        known = ", ".join(modes) or "none: it is the whole account's there"
        raise BadRules("margin_mode", f"margin_mode: on {venue} can be asked for: {known}")
    if venue in TOGETHER and not (levers and mode is not MarginRule.OWN):
        field = "margin_mode" if levers else "leverage_mode"
        message = f"{field}: on {venue} leverage and margin mode can only be set together"
        raise BadRules(field, message)


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
