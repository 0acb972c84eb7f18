"""Values of rules that are texts: lists of names, windows and periods, symbols, expressions."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pilotfish.domain.rule_kinds import BadRules

MOST_NAMES = 500


@dataclass(frozen=True, slots=True)
class Names:
    """A list of texts; `proper` raises a `ValueError` that says what is wrong with one."""

    allowed: str = "a list of names"
    proper: Callable[[str], object] = len
    least: int = 0

    def read(self, name: str, value: Any) -> tuple[str, ...]:
        """From a list."""
        if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
            raise BadRules(name, f"{name} is {self.allowed}, not {value}")
        return tuple(value)

    def check(self, name: str, value: Any) -> None:
        """Not too many, none of them empty or improper."""
        if len(value) > MOST_NAMES:
            raise BadRules(name, f"{name} has at most {MOST_NAMES} entries")
        for one in value:
            if not one:
                raise BadRules(name, f"{name} has an empty name in it")
            try:
                self.proper(one)
            except ValueError as error:
                raise BadRules(name, f"{name}: {error}") from None

    @property
    def schema(self) -> dict[str, Any]:
        """An array of strings."""
        return {"type": "array", "items": {"type": "string", "minLength": 1}, "maxItems": 500}


@dataclass(frozen=True, slots=True)
class SomeOf:
    """Some of the values of an enum, each of them once."""

    of: type[StrEnum]

    def read(self, name: str, value: Any) -> tuple[str, ...]:
        """From a list."""
        if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
            raise BadRules(name, f"{name} is {self.allowed}, not {value}")
        return tuple(value)

    def check(self, name: str, value: Any) -> None:
        """Nothing else, and nothing twice."""
        if not set(value) <= set(self.of) or len(set(value)) < len(value):
            raise BadRules(name, f"{name} is {self.allowed}, not {', '.join(value)}")

    @property
    def allowed(self) -> str:
        """Such as `a list of market and limit`."""
        *some, last = [each.value for each in self.of]
        return f"a list of {', '.join(some)} and {last}, each once"

    @property
    def schema(self) -> dict[str, Any]:
        """An array of what there is."""
        items = {"type": "string", "enum": [each.value for each in self.of]}
        return {"type": "array", "items": items, "uniqueItems": True}


@dataclass(frozen=True, slots=True)
class SymbolMap:
    """From the leader's symbols to the follower's, each of them once."""

    allowed: str = "symbols to symbols"

    def read(self, name: str, value: Any) -> dict[str, str]:
        """From an object."""
        if not isinstance(value, dict) or not all(isinstance(to, str) for to in value.values()):
            raise BadRules(name, f"{name} maps symbols to symbols: {value} does not")
        return value

    def check(self, name: str, value: Any) -> None:
        """Two ledgers would share a position."""
        if len(value) > MOST_NAMES:
            raise BadRules(name, f"{name} has at most {MOST_NAMES} entries")
        if not all(value.values()):
            raise BadRules(name, f"{name} maps a symbol to nothing")
        if len(set(value.values())) < len(value):
            message = "maps two symbols to one: their copies could not be told apart"
            raise BadRules(name, f"{name} {message}")

    @property
    def schema(self) -> dict[str, Any]:
        """An object of strings."""
        return {"type": "object", "additionalProperties": {"type": "string", "minLength": 1}}


@dataclass(frozen=True, slots=True)
class Text:
    """A text; `proper` raises a `ValueError` that says what is wrong with it."""

    allowed: str
    proper: Callable[[str], object]
    longest: int

    def read(self, name: str, value: Any) -> str:
        """As it is."""
        if not isinstance(value, str):
            raise BadRules(name, f"{name} is {self.allowed}, not {value}")
        return value

    def check(self, name: str, value: Any) -> None:
        """Not too long, and proper."""
        if len(value) > self.longest:
            raise BadRules(name, f"{name} has at most {self.longest} characters")
        try:
            self.proper(value)
        except ValueError as error:
            raise BadRules(name, f"{name}: {error}") from None

    @property
    def schema(self) -> dict[str, Any]:
        """A string."""
        return {"type": "string", "maxLength": self.longest}
