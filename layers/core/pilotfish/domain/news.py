"""What clients are told about fills and copy orders, and who may hear it.

Messages are JSON: money as strings, exact; times in UTC milliseconds; `timestamp` is the time of
what a message tells. The same news may be told twice, and news of one order may come late: its
`revision` only grows, so a client shows the highest that it has seen.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from pilotfish.domain.fills import Fill
from pilotfish.domain.orders import CopyOrder

EVERYTHING = "all"
REASON_CHARS = 300

# A reason quotes the venue, and a library's words about a failed call may hold the call's URL.
_QUERY_STRING = re.compile(r"\?\S*")
_LONG_TOKEN = re.compile(r"[A-Za-z0-9]{28,}")


@dataclass(frozen=True, slots=True)
class News:
    """A message (JSON) and the topics whose subscribers may see it."""

    topics: tuple[str, ...]
    message: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who a connection belongs to; an operator may see everything."""

    user: str
    operator: bool = False

    @property
    def topics(self) -> tuple[str, ...]:
        """What a connection of this viewer hears without asking."""
        own = (user_topic(self.user),)
        return (*own, EVERYTHING) if self.operator else own


def user_topic(user: str) -> str:
    """All that concerns a user's own accounts."""
    return f"user:{user}"


def trader_topic(account_id: str) -> str:
    """A leader account's fills."""
    return f"trader:{account_id}"


def of_fill(fill: Fill, owner: str) -> News:
    """`TRADE_UPDATE` on channel `trades`; `owner` is the user whose account it is."""
    return News(
        topics=(user_topic(owner), trader_topic(fill.account_id), EVERYTHING),
        message={
            "type": "TRADE_UPDATE",
            "channel": "trades",
            "timestamp": fill.traded_ms,
            "fill": fill.fill_id,
            "leader": fill.account_id,
            "venue": fill.venue,
            "symbol": fill.symbol,
            "side": fill.side,
            "position_side": fill.position_side,
            "price": _money(fill.price),
            "quantity": _money(fill.quantity),
            "fee": _money(fill.fee),
            "fee_currency": fill.fee_currency,
            "seen_ms": fill.seen_ms,
        },
    )


def of_copy(order: CopyOrder) -> News:
    """`COPY_UPDATE` on channel `copies`; `latency_ms` counts from the leader's fill."""
    moved_ms = _moved_ms(order)
    return News(
        topics=(user_topic(order.owner), EVERYTHING),
        message={
            "type": "COPY_UPDATE",
            "channel": "copies",
            "timestamp": moved_ms,
            "order": order.order_id,
            "revision": order.revision,
            "follow": order.follow_id,
            "leader": order.leader_id,
            "fill": order.fill_id,
            "leg": order.leg,
            "account": order.account_id,
            "venue": order.venue,
            "symbol": order.symbol,
            "side": order.side,
            "position_side": order.position_side,
            "state": order.state,
            "reason": _presentable(order.reason),
            "quantity": _money(order.quantity),
            "filled": _money(order.filled_quantity),
            "average_price": _money(order.average_price),
            "leader_price": _money(order.reference_price),
            "client_order_id": order.client_order_id,
            "venue_order_id": order.venue_order_id,
            "attempts": order.attempts,
            "latency_ms": moved_ms - order.traded_ms,
        },
    )


def _moved_ms(order: CopyOrder) -> int:
    """When the order came into its state."""
    return order.history[-1].at_ms if order.history else order.decided_ms


def _money(amount: Decimal) -> str:
    return format(amount, "f")


def _presentable(reason: str) -> str:
    """The reason without what could be a key or a signature, and not endless."""
    return _LONG_TOKEN.sub("…", _QUERY_STRING.sub("?…", reason))[:REASON_CHARS]
