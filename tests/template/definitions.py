"""State machines as written, and their JSONata expressions evaluated as Step Functions would."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from jsonata import Jsonata

from pilotfish_local.aws import template_yaml
from tests.template.expansion import ROOT

FOLDER = ROOT / "statemachines"
_EXPRESSION = re.compile(r"^\{%(.*)%\}$", re.DOTALL)

Definition = dict[str, Any]


def load(name: str) -> Definition:
    """The definition in statemachines/<name>.asl.yaml."""
    return template_yaml.load(FOLDER / f"{name}.asl.yaml")


def names() -> list[str]:
    """Every state machine there is."""
    return sorted(path.name.removesuffix(".asl.yaml") for path in FOLDER.glob("*"))


def strings(tree: Any) -> Iterator[str]:
    """Every string of a definition, keys left out."""
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, Mapping):
        for inner in tree.values():
            yield from strings(inner)
    elif isinstance(tree, list):
        for inner in tree:
            yield from strings(inner)


def is_expression(text: str) -> bool:
    """Whether a string is JSONata in whole."""
    return bool(_EXPRESSION.match(text.strip()))


def parse(text: str) -> Jsonata:
    """The expression in `{% … %}`; raises when it is not JSONata."""
    found = _EXPRESSION.match(text.strip())
    assert found, f"not an expression: {text}"
    return Jsonata(found[1])


def evaluate(text: str, *, states: Any = None, **variables: Any) -> Any:
    """The value of `{% … %}` with `$states` and the assigned variables bound."""
    expression = parse(text)
    frame = expression.create_frame()
    for name, value in ({"states": states} | variables).items():
        frame.bind(name, value)
    return expression.evaluate(None, frame)


def successors(state: Definition) -> set[str]:
    """The states that may come next."""
    branches = [*state.get("Choices", []), *state.get("Catch", [])]
    found = {state.get("Next"), state.get("Default"), *(branch["Next"] for branch in branches)}
    return {name for name in found if name}


def reachable(definition: Definition) -> set[str]:
    """The states that an execution can come to."""
    seen: set[str] = set()
    ahead = [definition["StartAt"]]
    while ahead:
        name = ahead.pop()
        if name not in seen:
            seen.add(name)
            ahead += successors(definition["States"][name])
    return seen
