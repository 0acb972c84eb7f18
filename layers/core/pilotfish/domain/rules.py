"""The rules by which a follow copies."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

DEFAULT_LATENESS_S = 120


class Existing(StrEnum):
    """What becomes of positions that the leader has when the follow begins."""

    IGNORE = "ignore"
    JOIN = "join"


class OnDrift(StrEnum):
    """What becomes of copies that were closed elsewhere: told, given up, or bought back."""

    REPORT = "report"
    ACCEPT = "accept"
    RESTORE = "restore"


class BadRules(ValueError):
    """Rules that make no sense; the message says which one."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How a follow sizes and limits its copies; raises `BadRules` for rules that make no sense.

    `multiplier` scales the leader's quantity. `max_order_notional` caps one entry and
    `max_position_notional` what the follow takes on in one position, both in quote units at the
    leader's price. An entry older than `lateness_s` seconds expires; one that the venue cannot
    fill within the fraction `max_slippage` of the leader's price expires too. `symbols` maps a
    leader's symbol to the follower's where they differ. Where the follower's venue does not have
    the leader's symbol, another may stand for it: one of the `quotes` for another, in order of
    preference; with `multiples` 1000PEPE for PEPE; a perpetual for spot, or spot for a perpetual
    (long only). Symbols or coins in `never` are not entered, and if there is an `only`, nothing
    else is. None is no limit; an exit knows none.
    `on_drift` is for what the account does not hold any more. `existing` says whether a follow
    that begins joins the positions that its leader has already: within the fraction
    `join_tolerance` of the leader's average price, or not at all.
    """

    multiplier: Decimal = Decimal(1)
    max_order_notional: Decimal | None = None
    max_position_notional: Decimal | None = None
    max_slippage: Decimal | None = None
    lateness_s: int = DEFAULT_LATENESS_S
    symbols: dict[str, str] = field(default_factory=dict)
    quotes: tuple[str, ...] = ()
    multiples: bool = False
    perpetual_for_spot: bool = False
    spot_for_perpetual: bool = False
    only: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    on_drift: OnDrift = OnDrift.REPORT
    existing: Existing = Existing.IGNORE
    join_tolerance: Decimal | None = None

    def __post_init__(self) -> None:
        for name in ("multiplier", "max_order_notional", "max_position_notional"):
            value = getattr(self, name)
            if value is not None and not (value.is_finite() and value > 0):
                raise BadRules(f"{name} is more than 0, not {value}")
        for name in ("max_slippage", "join_tolerance"):
            value = getattr(self, name)
            if value is not None and not (value.is_finite() and 0 <= value < 1):
                raise BadRules(f"{name} is a fraction from 0 to below 1, not {value}")
        if self.lateness_s <= 0:
            raise BadRules(f"lateness_s is more than 0, not {self.lateness_s}")
        self._require_choices()
        self._require_symbols()
        self._require_lists()

    def _require_choices(self) -> None:
        if self.on_drift not in list(OnDrift):
            raise BadRules(f"on_drift is report, accept or restore, not {self.on_drift}")
        if self.on_drift == OnDrift.RESTORE and self.max_slippage is None:
            raise BadRules("to restore what is gone, say at what price at worst: max_slippage")
        if self.existing not in list(Existing):
            raise BadRules(f"existing is ignore or join, not {self.existing}")
        if self.existing == Existing.JOIN and self.join_tolerance is None:
            raise BadRules("to join what exists, say how near to its price: join_tolerance")

    def _require_symbols(self) -> None:
        if not all(self.symbols.values()):
            raise BadRules("symbols maps a symbol to nothing")
        if len(set(self.symbols.values())) < len(self.symbols):
            raise BadRules("symbols maps two symbols to one: their copies could not be told apart")

    def _require_lists(self) -> None:
        for name in ("quotes", "only", "never"):
            if not all(getattr(self, name)):
                raise BadRules(f"{name} has an empty name in it")
        if len(self.quotes) == 1:
            raise BadRules("quotes names all that stand for one another: two at least")
        if both := sorted({*self.only} & {*self.never}):
            raise BadRules(f"{both[0]} is in only and in never")

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


_NUMBERS = (
    "multiplier",
    "max_order_notional",
    "max_position_notional",
    "max_slippage",
    "join_tolerance",
)


_LISTS = ("quotes", "only", "never")
_SWITCHES = ("multiples", "perpetual_for_spot", "spot_for_perpetual")


def rules_from(stated: Mapping[str, Any]) -> Rules:
    """Rules as JSON has them; raises `BadRules` for a name or a value that makes no sense."""
    unknown = sorted(stated.keys() - {field.name for field in fields(Rules)})
    if unknown:
        raise BadRules(f"there is no rule {unknown[0]}")
    given = {name: value for name, value in stated.items() if value is not None}
    for name in given.keys() & {*_NUMBERS}:
        given[name] = _number(name, given[name])
    if type(given.get("lateness_s", DEFAULT_LATENESS_S)) is not int:
        raise BadRules(f"lateness_s is whole seconds, not {given['lateness_s']}")
    for name in given.keys() & {*_LISTS}:
        given[name] = _list(name, given[name])
    for name in given.keys() & {*_SWITCHES}:
        if type(given[name]) is not bool:
            raise BadRules(f"{name} is true or false, not {given[name]}")
    symbols = given.get("symbols", {})
    if not isinstance(symbols, dict) or not all(isinstance(to, str) for to in symbols.values()):
        raise BadRules(f"symbols maps symbols to symbols: {symbols} does not")
    return Rules(**given)


def _number(name: str, value: Any) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise BadRules(f"{name} is a number, not {value}") from None


def _list(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(each, str) for each in value):
        raise BadRules(f"{name} is a list of names, not {value}")
    return tuple(value)
