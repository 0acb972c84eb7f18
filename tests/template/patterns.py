"""Filter patterns of stream mappings, as far as they are strings (numbers differ in emulators)."""

from __future__ import annotations

import json
from typing import Any


def matches(pattern: Any, record: Any) -> bool:
    """Whether a record has, at every leaf of the pattern, one of the strings listed there."""
    if isinstance(pattern, list):
        assert all(isinstance(choice, str) for choice in pattern), "match on strings"
        return record in pattern
    return isinstance(record, dict) and all(
        matches(inner, record.get(name)) for name, inner in pattern.items()
    )


def passes(mapping: dict[str, Any], record: dict[str, Any]) -> bool:
    """Whether a mapping's filters let a stream record through: any of them is enough."""
    filters = mapping["FilterCriteria"]["Filters"]
    return any(matches(json.loads(each["Pattern"]), record) for each in filters)
