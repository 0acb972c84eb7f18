"""Orders that wait for a price."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class TriggerKind(StrEnum):
    """What wakes a waiting order, which always closes: the market's price at or past a level."""

    STOP_LOSS = "stop_loss"
    TAKE_PROFIT = "take_profit"
    TRAILING = "trailing"


@dataclass(frozen=True, slots=True)
class Trigger:
    """`price` is the level in quote units; for TRAILING the distance from the best price since."""

    kind: TriggerKind
    price: Decimal


@dataclass(frozen=True, slots=True)
class Attached:
    """Levels (quote units) at which the position that an entry opens is closed again."""

    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None
