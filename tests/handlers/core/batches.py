"""Stream records that nobody can read."""

import copy
from typing import Any

POISON = "400000000000000000999"


def poisoned(record: Any, **image: Any) -> Any:
    """The record with attributes replaced (None: removed; no `image` at all: no image)."""
    record = copy.deepcopy(record)
    record["eventID"] = "poison"
    record["dynamodb"]["SequenceNumber"] = POISON
    if not image:
        del record["dynamodb"]["NewImage"]
    for name, value in image.items():
        if value is None:
            del record["dynamodb"]["NewImage"][name]
        else:
            record["dynamodb"]["NewImage"][name] = value
    return record


def failed(*numbers: str) -> Any:
    """The answer of a handler that wants these records again."""
    return {"batchItemFailures": [{"itemIdentifier": number} for number in numbers]}


def number(record: Any) -> str:
    return str(record["dynamodb"]["SequenceNumber"])
