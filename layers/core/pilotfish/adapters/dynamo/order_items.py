"""A copy order as an item: what is queried is an attribute, the rest one JSON document.

An item of forty attributes would cost thrice the CPU of each write and pass the kilobyte that a
write is billed by.
"""

import json
from collections.abc import Callable
from dataclasses import MISSING, fields, replace
from decimal import Decimal
from typing import Any, get_type_hints

from pilotfish.adapters.dynamo.items import Item, n, s
from pilotfish.domain.books import of_order
from pilotfish.domain.orders import FAILED, CopyOrder, Event, State

OPEN = "open"  # The sparse index of orders that have not ended; those that wait stand apart.
UNDER_WAY, WAITING = "1", "waiting"
FAILED_AS = "failed"  # The sparse index of orders that ended without a copy, by their state.
BY_LEADER = "by_leader"
EXECUTED = "executed"  # The sparse index of orders that moved a position, by when.

_ATTRIBUTES = frozenset({"follow_id", "leader_id", "owner", "state", "revision", "history"})
_DOCUMENT = [field for field in fields(CopyOrder) if field.name not in _ATTRIBUTES]
_DEFAULTS = {field.name: field.default for field in _DOCUMENT if field.default is not MISSING}
# Decimals and enums are read by their classes from their texts.
_READ: dict[str, Callable[[Any], Any]] = {
    name: Decimal if kind == Decimal | None else kind
    for name, kind in get_type_hints(CopyOrder).items()
    if name not in _ATTRIBUTES and kind not in (str, int)
}


def order_to_item(order: CopyOrder) -> Item:
    """All of an order; `open` or `failed` keeps it in a sparse index."""
    document: dict[str, Any] = {}
    for field in _DOCUMENT:
        value = getattr(order, field.name)
        if field.name not in _DEFAULTS or value != _DEFAULTS[field.name]:
            document[field.name] = str(value) if isinstance(value, Decimal) else value
    document["history"] = [[event.at_ms, event.state, event.reason] for event in order.history]
    item = {
        "pk": s(order.follow_id),
        "sk": s(order.order_key),
        "leader_id": s(order.leader_id),
        "owner": s(order.owner),
        "client_order_id": s(order.client_order_id),
        "state": s(order.state),
        "revision": n(order.revision),
        "moved_ms": n(order.history[-1].at_ms),
        "order": s(json.dumps(document, separators=(",", ":"))),
    }
    if not order.state.terminal:
        return item | {OPEN: s(WAITING if order.state is State.WAITING else UNDER_WAY)}
    if (done := of_order(order)) is not None:
        item["executed_ms"] = n(done.at_ms)
    return item | {FAILED_AS: s(order.state)} if order.state in FAILED else item


def planned_item(order: CopyOrder) -> Item:
    """A new order as the mapper writes it."""
    event = Event(order.decided_ms, order.state, order.reason)
    return order_to_item(replace(order, history=(event,)))


def order_from_item(item: Item) -> CopyOrder:
    """An order from its stored item or its stream image; raises when one is not whole."""
    document = json.loads(item["order"]["S"])
    history = tuple(Event(at, State(state), why) for at, state, why in document.pop("history"))
    read = {name: _READ.get(name, _as_is)(value) for name, value in document.items()}
    return CopyOrder(
        follow_id=item["pk"]["S"],
        leader_id=item["leader_id"]["S"],
        owner=item["owner"]["S"],
        state=State(item["state"]["S"]),
        revision=int(item["revision"]["N"]),
        history=history,
        **read,
    )


def _as_is(value: Any) -> Any:
    return value
