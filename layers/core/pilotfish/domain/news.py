"""What clients are told about fills, copy orders and back-fills, and who may hear it.

The same news may come twice, and news of one order late: it is named, so that a channel tells it
once, and not after later news of the same order.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from pilotfish.domain import channels
from pilotfish.domain.channels import EVERYBODY, user_topic
from pilotfish.domain.fills import Fill
from pilotfish.domain.logs import revised
from pilotfish.domain.messages import (
    CopyUpdate,
    Event,
    OrderState,
    OrderUpdate,
    SyncState,
    SyncUpdate,
    TradeUpdate,
)
from pilotfish.domain.orders import CopyOrder, State
from pilotfish.domain.sync_sessions import SyncSession

REASON_CHARS = 300

# A reason quotes the venue, and a library's words about a failed call may hold the call's URL.
_QUERY_STRING = re.compile(r"\?\S*")
_LONG_TOKEN = re.compile(r"[A-Za-z0-9]{28,}")

AtPlace = Callable[[str, int], Event]
"""The message as it is told on a channel, under a number."""


@dataclass(frozen=True, slots=True)
class News:
    """Something that is told once on each of its topics; `name` tells it from all others there.

    `known_ms` is when we came to know of it (UTC).
    """

    name: str
    topics: tuple[str, ...]
    message: AtPlace
    known_ms: int


# What a trading screen calls the states of an order that may have reached its venue.
STATUSES = {
    State.SENT: "SENT",
    State.UNSENT: "PENDING",
    State.UNKNOWN: "UNKNOWN",
    State.COPIED: "FILLED",
    State.REJECTED: "REJECTED",
    State.EXPIRED: "EXPIRED",
    State.MANUAL: "MANUAL",
}


def of_fill(fill: Fill, owner: str) -> list[News]:
    """On `trades` of the user whose account it is, and on the trader's channel."""
    topics = (*topics_for(channels.TRADES, owner), channels.trader_channel(fill.account_id))
    return [News(fill.fill_id, topics, partial(trade_update, fill), fill.seen_ms)]


def of_copy(order: CopyOrder) -> list[News]:
    """On `copies`, and on `orders` once it may have been sent."""
    name, known_ms = revised(order.order_id, order.revision), moved_at(order)
    copies = topics_for(channels.COPIES, order.owner)
    told = [News(name, copies, partial(copy_update, order), known_ms)]
    if sent(order):
        orders = topics_for(channels.ORDERS, order.owner)
        told.append(News(name, orders, partial(order_update, order), known_ms))
    return told


def of_session(session: SyncSession) -> list[News]:
    """On `sync`."""
    name = revised(session.session_id, session.revision)
    topics = topics_for(channels.SYNC, session.owner)
    return [News(name, topics, partial(sync_update, session), session.moved_ms)]


def trade_update(fill: Fill, channel: str, seq: int) -> TradeUpdate:
    """At the venue's time."""
    return TradeUpdate(
        channel=channel,
        seq=seq,
        timestamp=fill.traded_ms,
        fill=fill.fill_id,
        leader=fill.account_id,
        venue=fill.venue,
        symbol=fill.symbol,
        side=fill.side,
        position_side=fill.position_side,
        price=_money(fill.price),
        quantity=_money(fill.quantity),
        fee=_money(fill.fee),
        fee_currency=fill.fee_currency,
        seen_ms=fill.seen_ms,
    )


def copy_update(order: CopyOrder, channel: str, seq: int) -> CopyUpdate:
    """When it came into its state; `latency_ms` counts from the leader's fill."""
    moved_ms = moved_at(order)
    return CopyUpdate(
        channel=channel,
        seq=seq,
        timestamp=moved_ms,
        order=order.order_id,
        revision=order.revision,
        follow=order.follow_id,
        leader=order.leader_id,
        fill=order.fill_id,
        leg=order.leg,
        account=order.account_id,
        venue=order.venue,
        symbol=order.symbol,
        side=order.side,
        position_side=order.position_side,
        state=order.state,
        reason=presentable(order.reason),
        quantity=_money(order.quantity),
        filled=_money(order.filled_quantity),
        average_price=_money(order.average_price),
        leader_price=_money(order.reference_price),
        client_order_id=order.client_order_id,
        venue_order_id=order.venue_order_id,
        attempts=order.attempts,
        latency_ms=moved_ms - order.traded_ms,
        paper=order.paper or None,
    )


def order_update(order: CopyOrder, channel: str, seq: int) -> OrderUpdate:
    """The order as its venue's screen would show it."""
    limit = order.limit_price
    return OrderUpdate(
        channel=channel,
        seq=seq,
        timestamp=moved_at(order),
        orderType="MARKET" if limit is None else "LIMIT",
        order=OrderState(
            id=order.order_id,
            symbol=order.symbol,
            status=STATUSES[order.state],
            side=order.side,
            quantity=float(order.sent_quantity or order.quantity),
            filled=float(order.filled_quantity),
            average_price=float(order.average_price),
            limit_price=None if limit is None else float(limit),
            account=order.account_id,
            venue=order.venue,
            revision=order.revision,
            reason=presentable(order.reason),
            paper=order.paper or None,
        ),
    )


def sync_update(session: SyncSession, channel: str, seq: int) -> SyncUpdate:
    """Where the session stands."""
    return SyncUpdate(
        channel=channel,
        seq=seq,
        timestamp=session.moved_ms,
        sync=SyncState(
            id=session.session_id,
            account=session.account_id,
            venue=session.venue,
            kind=session.sync_type,
            status=session.status,
            since_ms=session.since_ms,
            until_ms=session.until_ms,
            pages=session.pages,
            trades_synced=session.trades_synced,
            trades_updated=session.trades_updated,
            trades_known=session.trades_known,
            error=presentable(session.error),
            revision=session.revision,
        ),
    )


def sent(order: CopyOrder) -> bool:
    """Whether a venue may have the order."""
    return order.attempts > 0 and order.state in STATUSES


def moved_at(order: CopyOrder) -> int:
    """When the order came into its state."""
    return order.history[-1].at_ms if order.history else order.decided_ms


def presentable(reason: str) -> str:
    """The reason without what could be a key or a signature, and not endless."""
    return _LONG_TOKEN.sub("…", _QUERY_STRING.sub("?…", reason))[:REASON_CHARS]


def topics_for(channel: str, user: str) -> tuple[str, str]:
    """The user's own, and what operators hear."""
    return user_topic(channel, user), user_topic(channel, EVERYBODY)


def _money(amount: Decimal) -> str:
    return format(amount, "f")
