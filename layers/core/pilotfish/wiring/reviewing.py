"""What a person reads and judges of trades."""

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from pilotfish.settings import ReviewSettings
from pilotfish.wiring import outside

if TYPE_CHECKING:
    from pilotfish.usecases.review import CorrectTrade, JudgeAsides, ReadTrades


@dataclass(frozen=True, slots=True)
class Reviewing:
    """The use cases of the function `review`."""

    trades: "ReadTrades"
    correct: "CorrectTrade"
    asides: "JudgeAsides"


def review(settings: ReviewSettings) -> Reviewing:
    """Tables alone: no venue is asked."""
    from pilotfish.adapters.dynamo.asides import DynamoAsides
    from pilotfish.adapters.dynamo.corrections import DynamoCorrections
    from pilotfish.adapters.dynamo.fills import DynamoFills
    from pilotfish.usecases.review import CorrectTrade, JudgeAsides, ReadTrades

    client = outside.dynamodb()
    fills = DynamoFills(client, settings.fills_table)
    corrections = DynamoCorrections(client, settings.corrections_table)
    asides = DynamoAsides(client, settings.asides_table)
    return Reviewing(
        trades=ReadTrades(fills=fills, corrections=corrections),
        correct=CorrectTrade(fills=fills, corrections=corrections, clock=outside.utc_ms),
        asides=JudgeAsides(asides=asides, clock=outside.utc_ms),
    )


def told(value: Any) -> Any:
    """Dataclasses as JSON has them: numbers that are money as text."""
    return json.loads(json.dumps(value, default=_plain))


def _plain(value: Any) -> Any:
    if not hasattr(value, "__dataclass_fields__"):
        return str(value)
    named = {"aside_id": value.aside_id} if hasattr(value, "aside_id") else {}
    return asdict(value) | named
