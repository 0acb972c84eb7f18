"""What the template gives a function to know: its environment, with references resolved."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pilotfish_local.aws import template_yaml

_NAME = re.compile(r"\$\{([^}]+)\}")


def environment(template: Path, function: str, known: Mapping[str, str]) -> dict[str, str]:
    """`known` are references as `Ref`s and `Sub`s write them; parameters have their defaults."""
    written = _read(template)
    defaults = {name: str(p.get("Default")) for name, p in written["Parameters"].items()}
    variables = dict(written["Globals"]["Function"]["Environment"]["Variables"])
    properties = written["Resources"][f"{function.title().replace('_', '')}Function"]["Properties"]
    variables |= properties.get("Environment", {}).get("Variables", {})
    return {name: _resolve(value, defaults | dict(known)) for name, value in variables.items()}


def state_machines(template: Path, known: Mapping[str, str]) -> dict[str, str]:
    """The names of the state machines by logical id."""
    return {
        logical_id: _resolve(resource["Properties"].get("Name", logical_id), known)
        for logical_id, resource in _read(template)["Resources"].items()
        if resource["Type"] == "AWS::Serverless::StateMachine"
    }


@cache
def _read(template: Path) -> dict[str, Any]:
    return template_yaml.load(template)


def _resolve(value: Any, known: Mapping[str, str]) -> str:
    match value:
        case {"Ref": str(name)}:
            return known[name]
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            return known[f"{name}.{attribute}"]
        case {"Fn::Sub": str(text)}:
            return _NAME.sub(lambda found: known[found[1]], text)
    return str(value)
