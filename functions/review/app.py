"""What a person does about trades: reads them, corrects them, and judges what was set aside."""

from typing import Any

from aws_lambda_powertools import Logger

from pilotfish.domain.corrections import BadCorrection, Verb
from pilotfish.settings import ReviewSettings
from pilotfish.usecases.review import NotThere, Overtaken, Said
from pilotfish.wiring import reviewing

logger = Logger()
review = reviewing.review(ReviewSettings.from_env())


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Answers with what was asked for, or with `why` not.

    Takes `{"do": "trades" | "correct" | "asides" | "release" | "drop", "account_id": "…", …}`.
    """
    try:
        answer = reviewing.told(_do(event))
    except (BadCorrection, NotThere, Overtaken, ValueError) as refusal:
        return {"why": str(refusal)}
    if event["do"] not in {"trades", "asides"}:
        logger.info("reviewed", extra={"asked": {k: v for k, v in event.items() if k != "changes"}})
    return {"done": answer}


def _do(event: dict[str, Any]) -> object:
    account_id, limit = event.get("account_id", ""), int(event.get("limit", 50))
    changes, by, note = event.get("changes", {}), event.get("by", ""), event.get("note", "")
    match event["do"]:
        case "trades":
            return review.trades(account_id, int(event.get("since_ms", 0)), limit)
        case "correct":
            said = Said(Verb(event["verb"]), by, note, changes)
            return review.correct(account_id, event["fill_id"], said)
        case "asides":
            return review.asides.waiting(account_id, limit)
        case "release":
            return review.asides.release(account_id, event["aside_id"], changes, by, note)
        case "drop":
            return review.asides.drop(account_id, event["aside_id"], by, note)
    raise ValueError(f"there is nothing like {event['do']!r} to do")
