"""How much of a leader's order a follow takes on, by its rules.

Every size is a figure of the leader's order so far, and a fill is worth what it adds to that: an
order comes to the same in one fill as in twenty. Nothing of what a fill is worth depends on what
was decided before, so that fills in any order lead to one target, of which an exit takes the
leader's fraction.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from pilotfish.domain.expressions import CannotReckon
from pilotfish.domain.instruments import Instrument
from pilotfish.domain.orders import Reason
from pilotfish.domain.rule_checks import sizing_expression
from pilotfish.domain.rule_choices import BelowMinimum, Size
from pilotfish.domain.rules import Rules
from pilotfish.domain.sizing import least_lots, too_small, whole_lots
from pilotfish.domain.wallets import Wallet

ZERO = Decimal(0)

# What an expression makes of an order may be odd, and still it is an amount of something.
MOST = Decimal(10) ** 18


@dataclass(frozen=True, slots=True)
class Opening:
    """What a fill opens: signed base units at a price, `before` of its order opened already."""

    quantity: Decimal
    price: Decimal
    before: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Means:
    """What leader and follower had when it was read last, at the time of the decision (UTC ms)."""

    leader: Wallet | None = None
    own: Wallet | None = None
    now_ms: int = 0


NO_MEANS = Means()


def needs_means(rules: Rules) -> tuple[bool, bool]:
    """Whether the leader's and the follower's own equity are asked for."""
    leader, own = _sized_by(rules)
    return leader, own or _bounded_by_equity(rules)


def beneath(rules: Rules, means: Means) -> Reason | None:
    """Why nothing is entered by what the follower has."""
    if not _bounded_by_equity(rules):
        return None
    equity = known_equity(rules, means.own, means)
    if equity is None:
        return Reason.EQUITY_UNKNOWN
    low = rules.min_equity is not None and equity < rules.min_equity
    return Reason.BELOW_EQUITY_FLOOR if low else None


def total_cap(rules: Rules, means: Means) -> Decimal | None:
    """The most of all positions together (dollars); None: no cap."""
    if rules.max_leverage is None:
        return rules.max_total_notional
    levered = rules.max_leverage * (known_equity(rules, means.own, means) or ZERO)
    return levered if rules.max_total_notional is None else min(levered, rules.max_total_notional)


def _bounded_by_equity(rules: Rules) -> bool:
    """Losses too: what they are is told by what the wallet says."""
    bounds = rules.min_equity is not None or rules.max_leverage is not None
    return bounds or rules.limits_losses or rules.protects


def _sized_by(rules: Rules) -> tuple[bool, bool]:
    match rules.size:
        case Size.EQUITY:
            return True, True
        case Size.MARGIN | Size.RISK:
            return False, True
        case Size.EXPRESSION:
            names = sizing_expression(rules.expression or "").names
            return "leader_equity" in names, "equity" in names
    return False, False


def taken_on(
    rules: Rules, opening: Opening, instrument: Instrument, means: Means = NO_MEANS
) -> Decimal | Reason:
    """What a follow takes on of what a fill opens (signed base units), or why nothing.

    `instrument` is in the follow's lots (see `entry_market`); nothing is rounded yet.
    """
    side = -1 if rules.reverse else 1
    plain = rules.below_minimum is BelowMinimum.ACCUMULATE
    if plain and rules.size in {Size.MULTIPLIER, Size.EXACT}:
        return side * opening.quantity * rules.multiplier
    after = _size(rules, opening.before + abs(opening.quantity), opening.price, instrument, means)
    if isinstance(after, Reason):
        return after
    before = _size(rules, opening.before, opening.price, instrument, means)
    more = max(ZERO, after - (ZERO if isinstance(before, Reason) else before))
    return side * more if opening.quantity > ZERO else -side * more


def _size(
    rules: Rules, quantity: Decimal, price: Decimal, instrument: Instrument, means: Means
) -> Decimal | Reason:
    """What an order of the leader's of so much is worth (0 or more, base units)."""
    if not quantity:
        return ZERO
    size = _SIZES[rules.size](rules, quantity, price, means)
    if isinstance(size, Reason) or rules.below_minimum is BelowMinimum.ACCUMULATE:
        return size
    return _above_minimum(rules, size, price, instrument)


def _above_minimum(
    rules: Rules, size: Decimal, price: Decimal, instrument: Instrument
) -> Decimal | Reason:
    lots = whole_lots(size, instrument, rules.rounding)
    if lots and not too_small(lots, price, instrument):
        return size
    if rules.below_minimum is BelowMinimum.SKIP:
        return Reason.BELOW_MINIMUM if lots else Reason.BELOW_LOT
    least = least_lots(price, instrument)
    within = rules.max_lift_notional is not None and least * price <= rules.max_lift_notional
    return least if within else Reason.BELOW_MINIMUM


def _multiplied(rules: Rules, quantity: Decimal, _price: Decimal, _: Means) -> Decimal:
    return quantity * rules.multiplier


def _fixed_quantity(rules: Rules, _quantity: Decimal, _price: Decimal, _: Means) -> Decimal:
    return rules.fixed_quantity or ZERO


def _fixed_notional(rules: Rules, _quantity: Decimal, price: Decimal, _: Means) -> Decimal:
    return (rules.fixed_notional or ZERO) / price


def _by_equity(rules: Rules, quantity: Decimal, _price: Decimal, means: Means) -> Decimal | Reason:
    own, leader = known_equity(rules, means.own, means), known_equity(rules, means.leader, means)
    if own is None or leader is None:
        return Reason.EQUITY_UNKNOWN
    return quantity * rules.multiplier * own / leader


def _margin(rules: Rules, _quantity: Decimal, price: Decimal, means: Means) -> Decimal | Reason:
    own = known_equity(rules, means.own, means)
    if own is None:
        return Reason.EQUITY_UNKNOWN
    return own * (rules.margin_share or ZERO) * (rules.leverage or ZERO) / price


def _at_risk(rules: Rules, _quantity: Decimal, price: Decimal, means: Means) -> Decimal | Reason:
    own = known_equity(rules, means.own, means)
    if own is None or not rules.stop_loss:
        return Reason.EQUITY_UNKNOWN
    return own * (rules.risk_share or ZERO) / (price * rules.stop_loss)


def _reckoned(rules: Rules, quantity: Decimal, price: Decimal, means: Means) -> Decimal | Reason:
    expression = sizing_expression(rules.expression or "")
    names = {"quantity": quantity, "price": price, "notional": quantity * price}
    for name, wallet in (("leader_equity", means.leader), ("equity", means.own)):
        if name in expression.names:
            equity = known_equity(rules, wallet, means)
            if equity is None:
                return Reason.EQUITY_UNKNOWN
            names[name] = equity
    try:
        size = expression.of(names)
    except CannotReckon:
        return Reason.EXPRESSION_FAILED
    return size if ZERO <= size <= MOST else Reason.EXPRESSION_FAILED


def known_equity(rules: Rules, wallet: Wallet | None, means: Means) -> Decimal | None:
    """In dollars, above 0 and not too old; None where nobody can say."""
    if wallet is None or means.now_ms - wallet.at_ms > rules.max_wallet_age_s * 1000:
        return None
    equity = wallet.equity
    return equity if equity is not None and equity > ZERO else None


_Reckoner = Callable[[Rules, Decimal, Decimal, Means], Decimal | Reason]
_SIZES: Mapping[Size, _Reckoner] = {
    Size.MULTIPLIER: _multiplied,
    Size.EXACT: _multiplied,
    Size.QUANTITY: _fixed_quantity,
    Size.NOTIONAL: _fixed_notional,
    Size.EQUITY: _by_equity,
    Size.MARGIN: _margin,
    Size.RISK: _at_risk,
    Size.EXPRESSION: _reckoned,
}
