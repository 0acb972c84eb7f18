"""Notices: what a person should see, whatever else is done about it."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from pilotfish.domain.asides import Aside
from pilotfish.domain.channels import ALERTS
from pilotfish.domain.follows import Follow
from pilotfish.domain.managing import Connection
from pilotfish.domain.messages import Alert, AlertNote, Severity
from pilotfish.domain.news import News, presentable, topics_for
from pilotfish.domain.orders import CopyOrder
from pilotfish.domain.venue_ids import is_paper


class AlertKind(StrEnum):
    """What is the matter."""

    MANUAL_ORDER = "manual_order"
    DRIFT = "drift"
    EXIT_REMAINDER = "exit_remainder"
    ASIDE = "aside"
    KEY = "key"
    LEADER_GONE = "leader_gone"
    LEADER_UNHEARD = "leader_unheard"
    LIMIT_REACHED = "limit_reached"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something for `user` (whose account it is) to see; `about` names it: an order, a trade."""

    alert_id: str
    user: str
    kind: AlertKind
    severity: Severity
    text: str
    account_id: str
    symbol: str
    about: str
    at_ms: int


def of_manual(order: CopyOrder) -> Notice:
    """An order of which nobody knows what became of it."""
    return Notice(
        alert_id=_named(AlertKind.MANUAL_ORDER, order.order_id, str(order.revision)),
        user=order.owner,
        kind=AlertKind.MANUAL_ORDER,
        severity=Severity.CRITICAL,
        text=_marked(
            f"what became of this order is for a person to say: {order.reason}", paper=order.paper
        ),
        account_id=order.account_id,
        symbol=order.symbol,
        about=order.order_id,
        at_ms=order.history[-1].at_ms if order.history else order.decided_ms,
    )


def of_aside(aside: Aside, user: str) -> Notice:
    """A report of a venue that cannot be a trade."""
    return Notice(
        alert_id=_named(AlertKind.ASIDE, aside.account_id, aside.aside_id),
        user=user,
        kind=AlertKind.ASIDE,
        severity=Severity.WARNING,
        text=presentable(f"{aside.venue} reported what cannot be a trade ({aside.flaw})"),
        account_id=aside.account_id,
        symbol=aside.fill.symbol if aside.fill else "",
        about=aside.aside_id,
        at_ms=aside.seen_ms,
    )


def of_drift(
    account_id: str, user: str, holding: str, lacks: str, at_ms: int, *, paper: bool = False
) -> Notice:
    """An account that does not hold what was copied to it; the same lack is the same matter."""
    return Notice(
        alert_id=_named(AlertKind.DRIFT, account_id, holding, lacks),
        user=user,
        kind=AlertKind.DRIFT,
        severity=Severity.WARNING,
        text=_marked(f"the account lacks {lacks} of what was copied to it", paper=paper),
        account_id=account_id,
        symbol=holding.partition("#")[0],
        about=holding,
        at_ms=at_ms,
    )


def of_key(connection: Connection, at_ms: int) -> Notice:
    """A key that is not fit any more; the same fault of the same key is the same matter."""
    account_id, problem = connection.account_id, connection.problem
    return Notice(
        alert_id=_named(AlertKind.KEY, account_id, str(connection.key_version), problem),
        user=connection.owner,
        kind=AlertKind.KEY,
        severity=Severity.CRITICAL,
        text=presentable(f"the connection is paused, because its key is not fit: {problem}"),
        account_id=account_id,
        symbol="",
        about=account_id,
        at_ms=at_ms,
    )


def of_key_that_ends(connection: Connection, expires_ms: int, at_ms: int) -> Notice:
    """A key that will soon be of no use; the same end of the same key is the same matter."""
    account_id, days = connection.account_id, max(0, expires_ms - at_ms) // 86_400_000
    return Notice(
        alert_id=_named(AlertKind.KEY, account_id, str(connection.key_version), str(expires_ms)),
        user=connection.owner,
        kind=AlertKind.KEY,
        severity=Severity.WARNING,
        text=f"the connection's key expires in {days} days: make a new one before",
        account_id=account_id,
        symbol="",
        about=account_id,
        at_ms=at_ms,
    )


def of_leader_gone(follow: Follow, at_ms: int) -> Notice:
    """A follow that was stopped because its leader deleted the connection."""
    return Notice(
        alert_id=_named(AlertKind.LEADER_GONE, follow.follow_id, str(follow.started_ms)),
        user=follow.owner,
        kind=AlertKind.LEADER_GONE,
        severity=Severity.CRITICAL,
        text="the leader is gone: nothing is copied any more, and what is held is left to you",
        account_id=follow.account_id,
        symbol="",
        about=follow.follow_id,
        at_ms=at_ms,
    )


def of_leader_unheard(follow: Follow, leader: Connection, at_ms: int) -> Notice:
    """A follow whose leader's connection is paused; the same pause is the same matter."""
    return _of_listening(
        follow,
        leader,
        at_ms,
        Severity.CRITICAL,
        "your leader is not listened to: your copies are not closed with it until it is again",
    )


def of_leader_heard(follow: Follow, leader: Connection, at_ms: int) -> Notice:
    """A follow whose leader's connection goes on."""
    return _of_listening(
        follow,
        leader,
        at_ms,
        Severity.INFO,
        "your leader is listened to again: what it closed meanwhile is closed with it now",
    )


def of_unguarded(leader: Connection, follows: int, at_ms: int) -> Notice:
    """For the owner of a paused leader; the same pause is the same matter."""
    account_id = leader.account_id
    return Notice(
        alert_id=_named(AlertKind.LEADER_UNHEARD, account_id, *_pause(leader)),
        user=leader.owner,
        kind=AlertKind.LEADER_UNHEARD,
        severity=Severity.WARNING,
        text=f"while the connection is paused, {follows} follows of it are not closed with it",
        account_id=account_id,
        symbol="",
        about=account_id,
        at_ms=at_ms,
    )


def _of_listening(
    follow: Follow, leader: Connection, at_ms: int, severity: Severity, text: str
) -> Notice:
    named = follow.follow_id, str(follow.started_ms), *_pause(leader)
    return Notice(
        alert_id=_named(AlertKind.LEADER_UNHEARD, *named),
        user=follow.owner,
        kind=AlertKind.LEADER_UNHEARD,
        severity=severity,
        text=_marked(text, paper=is_paper(follow.venue)),
        account_id=follow.account_id,
        symbol="",
        about=follow.follow_id,
        at_ms=at_ms,
    )


def _pause(leader: Connection) -> tuple[str, str]:
    return str(leader.paused), str(leader.revision)


def of_limit(follow: Follow, limit: str, at_ms: int) -> Notice:
    """A follow that lost what it may, or earned what it wants; `follow` as it is after that."""
    text = f"{limit} is reached: the follow is {follow.status}"
    return Notice(
        alert_id=_named(AlertKind.LIMIT_REACHED, follow.follow_id, limit, str(at_ms)),
        user=follow.owner,
        kind=AlertKind.LIMIT_REACHED,
        severity=Severity.CRITICAL,
        text=_marked(text, paper=is_paper(follow.venue)),
        account_id=follow.account_id,
        symbol="",
        about=follow.follow_id,
        at_ms=at_ms,
    )


def of_remainder(
    follow_id: str, user: str, fill_id: str, symbol: str, quantity: str, why: str, at_ms: int
) -> Notice:
    """A follow that still holds what its leader has closed."""
    return Notice(
        alert_id=_named(AlertKind.EXIT_REMAINDER, follow_id, fill_id, symbol),
        user=user,
        kind=AlertKind.EXIT_REMAINDER,
        severity=Severity.CRITICAL,
        text=presentable(f"the leader has closed, and {quantity} is still held: {why}"),
        account_id="",
        symbol=symbol,
        about=follow_id,
        at_ms=at_ms,
    )


def of_unclosed(
    follow_id: str,
    user: str,
    stopped_ms: int,
    symbol: str,
    quantity: str,
    why: str,
    at_ms: int,
    *,
    paper: bool = False,
) -> Notice:
    """A follow that was stopped at `stopped_ms` and still holds what was to be closed."""
    return Notice(
        alert_id=_named(AlertKind.EXIT_REMAINDER, follow_id, str(stopped_ms), symbol),
        user=user,
        kind=AlertKind.EXIT_REMAINDER,
        severity=Severity.CRITICAL,
        text=_marked(f"the follow was stopped, and {quantity} is still held: {why}", paper=paper),
        account_id="",
        symbol=symbol,
        about=follow_id,
        at_ms=at_ms,
    )


def _marked(text: str, *, paper: bool) -> str:
    """So that nobody takes play money for real money."""
    return presentable(f"on paper: {text}" if paper else text)


def of_notice(notice: Notice) -> list[News]:
    """On `alerts`."""
    topics = topics_for(ALERTS, notice.user)
    return [News(notice.alert_id, topics, partial(alert, notice), notice.at_ms)]


def alert(notice: Notice, channel: str, seq: int) -> Alert:
    """As it is told."""
    return Alert(
        channel=channel,
        seq=seq,
        timestamp=notice.at_ms,
        alert=AlertNote(
            id=notice.alert_id,
            kind=notice.kind,
            severity=notice.severity,
            message=notice.text,
            account=notice.account_id,
            symbol=notice.symbol,
            about=notice.about,
        ),
    )


def _named(kind: AlertKind, *parts: str) -> str:
    digest = hashlib.sha256("/".join(parts).encode()).hexdigest()[:24]
    return f"{kind}-{digest}"
