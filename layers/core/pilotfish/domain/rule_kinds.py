"""What the value of a rule may be: read from JSON, checked, and told to whoever asks."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Protocol

# A price or a share with more places than a Decimal has digits is a mistake, or an attack.
MOST_PLACES = 40


class BadRules(ValueError):
    """Rules that make no sense; the message says which one and what it may be.

    `field` is the rule's name.
    """

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.field = rule


class RuleKind(Protocol):
    """How values of one kind are read and checked."""

    def read(self, name: str, value: Any) -> Any:
        """The value from JSON; raises `BadRules`."""

    def check(self, name: str, value: Any) -> None:
        """Raises `BadRules` for a value out of range."""

    @property
    def allowed(self) -> str:
        """What is allowed, in words."""

    @property
    def schema(self) -> dict[str, Any]:
        """The same as JSON Schema (2020-12)."""


@dataclass(frozen=True, slots=True)
class Number:
    """A decimal; each bound is in the range unless `open_low` or `open_high` says otherwise."""

    low: Decimal
    high: Decimal
    open_low: bool = False
    open_high: bool = False
    unit: str = ""

    def read(self, name: str, value: Any) -> Decimal:
        """From a number or its text."""
        if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
            raise BadRules(name, f"{name} is {self.allowed}, not {value}")
        try:
            return Decimal(str(value))
        except InvalidOperation:
            raise BadRules(name, f"{name} is a number, {self.allowed}, not {value}") from None

    def check(self, name: str, value: Any) -> None:
        """In range, and no longer than what can be reckoned with exactly."""
        if not (value.is_finite() and self._holds(value)):
            raise BadRules(name, f"{name} is {self.allowed}, not {value}")
        if -value.as_tuple().exponent > MOST_PLACES:
            raise BadRules(name, f"{name} has at most {MOST_PLACES} decimal places")

    def _holds(self, value: Decimal) -> bool:
        above = value > self.low if self.open_low else value >= self.low
        return above and (value < self.high if self.open_high else value <= self.high)

    @property
    def allowed(self) -> str:
        """Such as `a fraction from 0 to below 1`."""
        low = f"more than {self.low}" if self.open_low else f"from {self.low}"
        high = f"below {self.high:f}" if self.open_high else f"{self.high:f}"
        if self.open_low:
            return f"{self.unit} {low} and {'' if self.open_high else 'at most '}{high}".strip()
        return f"{self.unit} {low} to {high}".strip()

    @property
    def schema(self) -> dict[str, Any]:
        """A text, so that no digit is lost; a number is taken too."""
        low = "exclusiveMinimum" if self.open_low else "minimum"
        high = "exclusiveMaximum" if self.open_high else "maximum"
        bounds = {low: float(self.low), high: float(self.high)}
        return {"anyOf": [{"type": "number", **bounds}, {"type": "string", "format": "decimal"}]}


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number from `low` to `high`, both allowed."""

    low: int
    high: int
    unit: str = ""

    def read(self, name: str, value: Any) -> int:
        """No text and no fraction."""
        if type(value) is not int:
            raise BadRules(name, f"{name} is whole {self.unit or 'numbers'}, not {value}")
        return value

    def check(self, name: str, value: Any) -> None:
        """In range."""
        if not self.low <= value <= self.high:
            raise BadRules(name, f"{name} is {self.allowed}, not {value}")

    @property
    def allowed(self) -> str:
        """Such as `1 to 500`."""
        return f"{self.low} to {self.high} {self.unit}".strip()

    @property
    def schema(self) -> dict[str, Any]:
        """An integer."""
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the values of an enum."""

    of: type[StrEnum]

    def read(self, name: str, value: Any) -> StrEnum:
        """By its text."""
        self.check(name, value)
        return self.of(value)

    def check(self, name: str, value: Any) -> None:
        """One of them."""
        if value not in list(self.of):
            raise BadRules(name, f"{name} is {self.allowed}, not {value}")

    @property
    def allowed(self) -> str:
        """Such as `ignore or join`."""
        *some, last = [each.value for each in self.of]
        return f"{', '.join(some)} or {last}"

    @property
    def schema(self) -> dict[str, Any]:
        """An enum."""
        return {"type": "string", "enum": [each.value for each in self.of]}


@dataclass(frozen=True, slots=True)
class Switch:
    """True or false."""

    allowed: str = "true or false"

    def read(self, name: str, value: Any) -> bool:
        """No text."""
        self.check(name, value)
        return bool(value)

    def check(self, name: str, value: Any) -> None:
        """A bool."""
        if type(value) is not bool:
            raise BadRules(name, f"{name} is {self.allowed}, not {value}")

    @property
    def schema(self) -> dict[str, Any]:
        """A boolean."""
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Rule:
    """What a rule may be and what it does; where the `default` is None, None is no limit."""

    kind: RuleKind
    doc: str
