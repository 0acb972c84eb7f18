"""What an action of the control plane is, and how it reads its body."""

from collections.abc import Callable
from typing import TypeVar

from pilotfish_local.exchange.control.models import Body
from pilotfish_local.exchange.exchange import Exchange

Query = dict[str, str]
Action = Callable[[Exchange, bytes, Query], object]
Model = TypeVar("Model", bound=Body)


class NotFound(LookupError):
    """There is no such account, rule or path."""


def read(model: type[Model], body: bytes) -> Model:
    """A body as its model; an empty one says nothing."""
    return model.model_validate_json(body or b"{}")
