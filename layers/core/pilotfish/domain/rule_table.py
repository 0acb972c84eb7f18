"""Every rule by topic: what it may be, and what it does, in words for who sets it."""

from collections.abc import Mapping
from decimal import Decimal

from pilotfish.domain.expressions import LONGEST
from pilotfish.domain.hours import period, window
from pilotfish.domain.rule_checks import sizing_expression
from pilotfish.domain.rule_choices import (
    AfterWait,
    BelowMinimum,
    Direction,
    Existing,
    LeverageRule,
    MarginRule,
    OnDrift,
    OnLoss,
    OrderKinds,
    Rounding,
    Sides,
    Size,
)
from pilotfish.domain.rule_kinds import Choice, Number, Rule, Switch, Whole
from pilotfish.domain.rule_texts import Names, SomeOf, SymbolMap, Text

NEVER_OLDER_S = 7 * 86_400
LONGEST_WAIT_S = 3_600

_ZERO, _ONE = Decimal(0), Decimal(1)
_FACTOR = Number(_ZERO, Decimal(10_000), open_low=True)
_AMOUNT = Number(_ZERO, Decimal(10) ** 12, open_low=True)
_FRACTION = Number(_ZERO, _ONE, open_high=True, unit="a fraction")
_SHARE = Number(_ZERO, _ONE, open_low=True, unit="a fraction")
_COUNT = Whole(1, 500)
_LEVERAGE = Number(Decimal("0.01"), Decimal(1_000))

_SIZE = {
    "size": Rule(
        Choice(Size),
        "what the size of an entry goes by: `multiplier` times the leader's quantity; `exact` the "
        "same; `quantity` or `notional`: a fixed one for each of the leader's orders; `equity`: "
        "the leader's quantity times own equity by the leader's, times `multiplier`; `margin` or "
        "`risk`: a share of own equity for each of the leader's orders; `expression`",
    ),
    "multiplier": Rule(_FACTOR, "how often the leader's quantity"),
    "fixed_quantity": Rule(_AMOUNT, "base units, for `size: quantity`"),
    "fixed_notional": Rule(_AMOUNT, "quote units, for `size: notional`"),
    "margin_share": Rule(_SHARE, "of own equity is an order's margin, for `size: margin`"),
    "leverage": Rule(
        _LEVERAGE, "that `margin_share` is reckoned at, and that `leverage_mode: fixed` sets"
    ),
    "risk_share": Rule(_SHARE, "of own equity is lost at `stop_loss`, for `size: risk`"),
    "expression": Rule(
        Text("an expression", sizing_expression, LONGEST),
        "base units, of `quantity`, `notional` and `price` of the leader's order so far, and "
        "`leader_equity` and `equity`, with `+ - * / ( ) min max abs`, for `size: expression`",
    ),
    "max_wallet_age_s": Rule(
        Whole(1, NEVER_OLDER_S, "seconds"),
        "an equity that is older is not gone by: what needs it is skipped",
    ),
    "lot_size": Rule(_AMOUNT, "an entry is a multiple of so many base units, in whole lots"),
    "rounding": Rule(Choice(Rounding), "which whole lots are ordered for what is missing"),
    "below_minimum": Rule(
        Choice(BelowMinimum),
        "an order of the leader's that is too small for the follower's venue: `accumulate` keeps "
        "it in the target for the next one, `skip` drops it, `lift` makes the minimum of it",
    ),
    "max_lift_notional": Rule(_AMOUNT, "the most that `lift` makes of an order (quote units)"),
}

_WHAT = {
    "symbols": Rule(SymbolMap(), "from a leader's symbol to the follower's"),
    "quotes": Rule(Names(), "stand for one another, in order of preference"),
    "multiples": Rule(Switch(), "whether 1000PEPE may stand for PEPE, counted as such"),
    "perpetual_for_spot": Rule(Switch(), "whether a perpetual may stand for spot"),
    "spot_for_perpetual": Rule(Switch(), "whether spot may stand for a perpetual: long only"),
    "only": Rule(Names(), "these symbols or coins alone; empty for all"),
    "never": Rule(Names(), "none of these symbols or coins"),
    "sides": Rule(Choice(Sides), "the leader's entries on this side alone"),
    "direction": Rule(Choice(Direction), "own positions on this side alone"),
    "reverse": Rule(Switch(), "whether to take the other side of what the leader opens"),
    "order_kinds": Rule(
        SomeOf(OrderKinds),
        "the leader's entries by such orders alone: `conditional` is what waited for a price "
        "before it was sent; empty for all",
    ),
    "hours": Rule(
        Names("a list of windows", window),
        "when the leader has to trade, in UTC: `mon-fri 08:00-17:30`; empty for always",
    ),
    "blackouts": Rule(
        Names("a list of periods", period),
        "when nothing is entered, in UTC: `2026-12-24T12:00Z/2026-12-27T00:00Z`",
    ),
}

_LIMITS = {
    "max_order_notional": Rule(
        _AMOUNT, "the most that one entry orders (quote units, at the leader's price)"
    ),
    "max_position_notional": Rule(
        _AMOUNT,
        "the most that an entry leaves of a position (quote units, at the leader's price); what "
        "it cuts off is not made up for",
    ),
    "max_total_notional": Rule(
        _AMOUNT,
        "the most that an entry leaves of all positions together (dollars, each at the price of "
        "its last entry)",
    ),
    "max_leverage": Rule(_LEVERAGE, "the same, as a multiple of own equity"),
    "max_open_positions": Rule(_COUNT, "the most positions that are open at the same time"),
    "max_trades_per_day": Rule(_COUNT, "the most of the leader's orders entered on a day (UTC)"),
    "min_equity": Rule(_AMOUNT, "nothing is entered while own equity (dollars) is below it"),
}

_MARGIN = {
    "leverage_mode": Rule(
        Choice(LeverageRule),
        "the leverage that is set at the venue before a market is entered: the account keeps its "
        "`own`; `follow`: the leader's in that market; `fixed`: that of `leverage`",
    ),
    "leverage_cap": Rule(_LEVERAGE, "the most that `leverage_mode: follow` sets"),
    "margin_mode": Rule(
        Choice(MarginRule),
        "the margin mode that is set: the account's `own` stays; `follow`: the leader's in that "
        "market; `cross` or `isolated`, where the follower's venue has it",
    ),
}

_LOSSES = {
    "max_daily_loss": Rule(_AMOUNT, "of the follow's result since midnight UTC (dollars)"),
    "max_daily_loss_share": Rule(_SHARE, "the same, of own equity at midnight"),
    "max_weekly_loss": Rule(_AMOUNT, "of its result since Monday, midnight UTC (dollars)"),
    "max_weekly_loss_share": Rule(_SHARE, "the same, of own equity then"),
    "max_monthly_loss": Rule(_AMOUNT, "of its result since the first of the month (dollars)"),
    "max_monthly_loss_share": Rule(_SHARE, "the same, of own equity then"),
    "max_loss": Rule(_AMOUNT, "of its result since it began (dollars)"),
    "max_loss_share": Rule(_SHARE, "the same, of own equity when it was looked at first"),
    "max_drawdown": Rule(_AMOUNT, "of its result below the best that it had (dollars)"),
    "max_drawdown_share": Rule(_SHARE, "the same, of own equity when it had it"),
    "max_profit": Rule(_AMOUNT, "a result (dollars) at which it is enough, as after a loss"),
    "on_loss": Rule(
        Choice(OnLoss),
        "what then: `pause` enters nothing until the day, week or month is over, `stop` nothing "
        "until a person resumes the follow, `close` stops it and closes all its copies",
    ),
}

_PROTECTION = {
    "stop_loss": Rule(
        _SHARE, "a position is closed that is so far below the price of its last entry"
    ),
    "take_profit": Rule(_FACTOR, "a position is closed that is so far above it (0.5 is 50 %)"),
    "copy_tp_sl": Rule(
        Switch(), "a position is closed, too, at the leader's own stop-loss and take-profit orders"
    ),
}

_PRICE = {
    "max_slippage": Rule(
        _FRACTION,
        "an entry is a limit order at the leader's price and this fraction, immediate or cancel, "
        "rounded to the tick inwards: the venue itself refuses a worse price",
    ),
    "lateness_s": Rule(
        Whole(1, 86_400, "seconds"),
        "an entry expires that could not be sent so soon after the leader's fill, or after its "
        "price was reached",
    ),
    "better_by": Rule(
        Number(_ZERO, _ONE, open_low=True, open_high=True, unit="a fraction"),
        "an entry waits until its market is so much better than the leader's price, and is a limit "
        "order at that price then, immediate or cancel: what it does not get lapses",
    ),
    "wait_s": Rule(
        Whole(1, LONGEST_WAIT_S, "seconds"), "how long after the leader's trade it waits for that"
    ),
    "after_wait": Rule(
        Choice(AfterWait),
        "what then: `skip` it, or take it at the `market`, within `max_slippage`",
    ),
}

_STANDING = {
    "existing": Rule(Choice(Existing), "what becomes of positions that the leader has already"),
    "join_tolerance": Rule(_FRACTION, "of the leader's average price is the most to join it at"),
    "on_drift": Rule(Choice(OnDrift), "what becomes of copies that were closed elsewhere"),
}

TOPICS: Mapping[str, Mapping[str, Rule]] = {
    "size": _SIZE,
    "what": _WHAT,
    "limits": _LIMITS,
    "margin": _MARGIN,
    "losses": _LOSSES,
    "protection": _PROTECTION,
    "price": _PRICE,
    "standing": _STANDING,
}
RULES: Mapping[str, Rule] = {
    name: told for topic in TOPICS.values() for name, told in topic.items()
}
