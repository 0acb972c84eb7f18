"""The rules by which a follow copies. They gate and size entries; an exit knows none of them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from decimal import Decimal
from operator import attrgetter
from typing import Any

from pilotfish.domain.rule_checks import require_sense
from pilotfish.domain.rule_choices import (
    AfterWait,
    BelowMinimum,
    Direction,
    Existing,
    LeverageRule,
    MarginRule,
    OnDrift,
    OnLoss,
    Rounding,
    Sides,
    Size,
)
from pilotfish.domain.rule_kinds import BadRules, Choice
from pilotfish.domain.rule_table import RULES, TOPICS

__all__ = ["BadRules", "Existing", "OnDrift", "Rules", "rules_from", "stated"]

DEFAULT_LATENESS_S = 120


@dataclass(frozen=True, slots=True)
class Rules:
    """How a follow sizes and limits its copies; raises `BadRules` for rules that make no sense.

    `rule_table` says of each what it may be and what it does; None is no limit. A follow is stored
    with what differs from the defaults: no default ever changes.
    """

    size: Size = Size.MULTIPLIER
    multiplier: Decimal = Decimal(1)
    fixed_quantity: Decimal | None = None
    fixed_notional: Decimal | None = None
    margin_share: Decimal | None = None
    leverage: Decimal | None = None
    risk_share: Decimal | None = None
    expression: str | None = None
    max_wallet_age_s: int = 900
    lot_size: Decimal | None = None
    rounding: Rounding = Rounding.DOWN
    below_minimum: BelowMinimum = BelowMinimum.ACCUMULATE
    max_lift_notional: Decimal | None = None

    symbols: dict[str, str] = field(default_factory=dict)
    quotes: tuple[str, ...] = ()
    multiples: bool = False
    perpetual_for_spot: bool = False
    spot_for_perpetual: bool = False
    only: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    sides: Sides = Sides.BOTH
    direction: Direction = Direction.BOTH
    reverse: bool = False
    order_kinds: tuple[str, ...] = ()
    hours: tuple[str, ...] = ()
    blackouts: tuple[str, ...] = ()

    max_order_notional: Decimal | None = None
    max_position_notional: Decimal | None = None
    max_total_notional: Decimal | None = None
    max_leverage: Decimal | None = None
    max_open_positions: int | None = None
    max_trades_per_day: int | None = None
    min_equity: Decimal | None = None
    leverage_mode: LeverageRule = LeverageRule.OWN
    leverage_cap: Decimal | None = None
    margin_mode: MarginRule = MarginRule.OWN
    max_daily_loss: Decimal | None = None
    max_daily_loss_share: Decimal | None = None
    max_weekly_loss: Decimal | None = None
    max_weekly_loss_share: Decimal | None = None
    max_monthly_loss: Decimal | None = None
    max_monthly_loss_share: Decimal | None = None
    max_loss: Decimal | None = None
    max_loss_share: Decimal | None = None
    max_drawdown: Decimal | None = None
    max_drawdown_share: Decimal | None = None
    max_profit: Decimal | None = None
    on_loss: OnLoss = OnLoss.STOP
    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None
    copy_tp_sl: bool = False

    max_slippage: Decimal | None = None
    lateness_s: int = DEFAULT_LATENESS_S
    better_by: Decimal | None = None
    wait_s: int = 300
    after_wait: AfterWait = AfterWait.SKIP

    existing: Existing = Existing.IGNORE
    join_tolerance: Decimal | None = None
    on_drift: OnDrift = OnDrift.REPORT

    def __post_init__(self) -> None:
        for name, told in RULES.items():
            value = getattr(self, name)
            if value is not None:
                told.kind.check(name, value)
                if isinstance(told.kind, Choice):  # Also where its text was given.
                    object.__setattr__(self, name, told.kind.of(value))
            elif name not in OPTIONAL:
                raise BadRules(name, f"{name} is {told.kind.allowed}, not nothing")
        require_sense(self)

    @property
    def limits_losses(self) -> bool:
        """Whether the follow's result matters."""
        return _limits_of_losses(self) != _NO_LIMITS

    @property
    def protects(self) -> bool:
        """Whether positions are closed at a price."""
        own = self.stop_loss is not None or self.take_profit is not None
        return own or self.copy_tp_sl

    @property
    def looks_further(self) -> bool:
        """Whether another symbol may stand for the leader's."""
        further = self.multiples or self.perpetual_for_spot or self.spot_for_perpetual
        return bool(self.quotes) or further

    def copied(self, symbol: str) -> str:
        """The follower's symbol for the leader's; empty where another one is mapped to the same."""
        if symbol in self.symbols:
            return self.symbols[symbol]
        return "" if symbol in self.symbols.values() else symbol

    def leader_symbol(self, copied: str) -> str:
        """The leader's symbol that is copied as this one."""
        for symbol, own in self.symbols.items():
            if own == copied:
                return symbol
        return copied


_LOSSES = [name for name in TOPICS["losses"] if name != "on_loss"]
_NO_LIMITS = (None,) * len(_LOSSES)
# It is asked of every follow with every fill.
_limits_of_losses = attrgetter(*_LOSSES)
OPTIONAL = frozenset(each.name for each in fields(Rules) if each.default is None)


def rules_from(given: Mapping[str, Any]) -> Rules:
    """Rules as JSON has them; raises `BadRules` for a name or a value that makes no sense."""
    for name in given:
        if name not in RULES:
            raise BadRules(name, f"there is no rule {name}")
    return Rules(
        **{
            name: RULES[name].kind.read(name, value)
            for name, value in given.items()
            if value is not None
        }
    )


def stated(rules: Rules) -> dict[str, Any]:
    """What differs from the defaults, as `rules_from` takes it back; decimals are texts."""
    default = asdict(Rules())
    return {
        name: str(value) if isinstance(value, Decimal) else value
        for name, value in asdict(rules).items()
        if value != default[name]
    }
