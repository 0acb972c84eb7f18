"""At what leverage and in which margin mode positions in derivatives are held."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class MarginMode(StrEnum):
    """What answers for a position: all that is in the account, or what was put in for it."""

    CROSS = "cross"
    ISOLATED = "isolated"


@dataclass(frozen=True, slots=True)
class Margin:
    """Leverage and margin mode in one market; None is what is not told, or to be left as it is."""

    leverage: Decimal | None = None
    mode: MarginMode | None = None

    def __str__(self) -> str:
        """Such as `5x cross`."""
        leverage = "" if self.leverage is None else f"{self.leverage.normalize():f}x"
        return f"{leverage} {self.mode or ''}".strip()


def margin_mode(value: object) -> MarginMode | None:
    """What a venue calls a margin mode, by ccxt; None for whatever else it says."""
    found = {mode.value: mode for mode in MarginMode}
    return found.get(str(value or "").lower())
