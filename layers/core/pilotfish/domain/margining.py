"""At what leverage and in which margin mode positions in derivatives are held."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

# An owner may change it at the venue by hand: after so long it is set again.
BELIEVED_MS = 60 * 60_000
# For so long it belongs to who set it, while the order that it was set for is on its way.
CLAIMED_MS = 60_000


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


@dataclass(frozen=True, slots=True)
class MarginMark:
    """What was set last in one market of an account, at `at_ms` (UTC), and by which follows.

    Not `done`: it may be set or not. `revision` grows with every write.
    """

    account_id: str
    symbol: str
    margin: Margin = Margin()
    follows: frozenset[str] = field(default_factory=frozenset)
    at_ms: int = 0
    done: bool = False
    revision: int = 0

    def stands(self, margin: Margin, now_ms: int) -> bool:
        """Whether the market is known to be so."""
        return self.done and self.margin == margin and now_ms - self.at_ms < BELIEVED_MS

    def of_others(self, follow_id: str, margin: Margin) -> frozenset[str]:
        """The follows that want it otherwise."""
        return frozenset() if self.margin == margin else self.follows - {follow_id}

    def fresh(self, now_ms: int) -> bool:
        """Whether an entry that it was set for may still be on its way."""
        return now_ms - self.at_ms < CLAIMED_MS


def margin_mode(value: object) -> MarginMode | None:
    """What a venue calls a margin mode, by ccxt; None for whatever else it says."""
    found = {mode.value: mode for mode in MarginMode}
    return found.get(str(value or "").lower())
