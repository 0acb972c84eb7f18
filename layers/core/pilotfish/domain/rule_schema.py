"""The rules as JSON Schema, for an API that takes them and for whoever documents it."""

from dataclasses import fields
from typing import Any

from pilotfish.domain.rule_table import TOPICS
from pilotfish.domain.rules import OPTIONAL, Rules, stated


def schema() -> dict[str, Any]:
    """An object (2020-12) whose properties are the rules; `x-topic` groups them."""
    properties = {
        name: _property(name, topic, rule.kind.schema, rule.doc)
        for topic, rules in TOPICS.items()
        for name, rule in rules.items()
    }
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _property(name: str, topic: str, allowed: dict[str, Any], doc: str) -> dict[str, Any]:
    default = _default(name)
    if name in OPTIONAL:
        choices = allowed.get("anyOf", [allowed])
        allowed = {"anyOf": [*choices, {"type": "null"}]}
    return allowed | {"description": doc, "default": default, "x-topic": topic}


def _default(name: str) -> Any:
    value = getattr(Rules(), name)
    if isinstance(value, tuple):
        return list(value)
    return value if value is None or isinstance(value, bool | int | dict) else str(value)


def described(rules: Rules) -> dict[str, Any]:
    """Every rule with its value, as JSON has it: what `stated` leaves out is the default."""
    return {each.name: _default(each.name) for each in fields(Rules)} | stated(rules)
