"""What the tables know of a channel of events, for those whom its log cannot help."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

from pilotfish.domain import alerts, news
from pilotfish.domain.alerts import Notice
from pilotfish.domain.channels import ALERTS, COPIES, ORDERS, SYNC, TRADER, TRADES, Channel
from pilotfish.domain.commands import Replay
from pilotfish.domain.fills import Fill
from pilotfish.domain.messages import Event
from pilotfish.domain.orders import CopyOrder
from pilotfish.domain.sync_sessions import SyncSession
from pilotfish.domain.viewers import Viewer
from pilotfish.ports import Own

# Sort keys begin with 13 digits of milliseconds; this sorts after all that goes on from there.
LAST = "~"
SESSIONS = 20

T = TypeVar("T", Fill, CopyOrder)
Read = Callable[[str, str, str, int], list[T]]


class Sessions(Protocol):
    """Back-fills."""

    def of_account(self, account_id: str, limit: int) -> list[SyncSession]: ...


class Alerts(Protocol):
    """Notices."""

    def of_user(self, user: str, limit: int) -> list[Notice]: ...


FAR_MS = 10**13 - 1  # Keys begin with thirteen digits: the year 2286.


class Recall:
    """Never tells a viewer of what is not its own, but for a trader whom it may see."""

    def __init__(self, *, own: Own, sessions: Sessions, alerts: Alerts) -> None:
        self._own = own
        self._sessions = sessions
        self._alerts = alerts

    def latest(
        self, channel: Channel, viewer: Viewer, seq: int, limit: int
    ) -> tuple[Sequence[Event], bool]:
        """The newest, oldest first, under a number; and whether nothing was left out."""
        name, user = channel.name, viewer.user
        if channel.family in (TRADES, TRADER):
            fills = [
                fill
                for account_id in self._accounts(channel, viewer)
                for fill in self._own.fills(account_id, "0", LAST, limit + 1, newest=True)
                if not fill.history
            ]
            fills.sort(key=lambda fill: fill.fill_id)
            some = [news.trade_update(fill, name, seq) for fill in fills[-limit:]]
            return some, len(fills) <= limit
        if channel.family in (COPIES, ORDERS):
            orders = [
                order
                for follow_id in self._own.follows(user)
                for order in self._own.orders(follow_id, "0", LAST, limit + 1, newest=True)
                if channel.family == COPIES or news.sent(order)
            ]
            orders.sort(key=lambda order: (order.fill_id, order.order_id))
            told = news.copy_update if channel.family == COPIES else news.order_update
            return [told(order, name, seq) for order in orders[-limit:]], len(orders) <= limit
        if channel.family == ALERTS:
            notices = self._alerts.of_user(user, limit)
            return [alerts.alert(each, name, seq) for each in notices], len(notices) < limit
        if channel.family == SYNC:
            return self._sync(viewer, name, seq), True
        return [], False

    def page(
        self, channel: Channel, viewer: Viewer, asked: Replay, limit: int
    ) -> tuple[Sequence[Event], str | None]:
        """Of a period, oldest first; raises `LookupError` where nothing of the kind is kept."""
        since, until = f"{asked.since_ms:013d}", f"{min(asked.until_ms, FAR_MS):013d}{LAST}"
        after = asked.next or ""
        if channel.family in (TRADES, TRADER):
            places = self._accounts(channel, viewer)
            fills, following = _merged(
                places, max(since, _key(after)), until, after, limit, self._fills, _fill_place
            )
            return [news.trade_update(fill, channel.name, 0) for fill in fills], following
        if channel.family in (COPIES, ORDERS):
            places = self._own.follows(viewer.user)
            orders, following = _merged(
                places, max(since, _key(after)), until, after, limit, self._orders, _order_place
            )
            told = news.copy_update if channel.family == COPIES else news.order_update
            shown = (o for o in orders if channel.family == COPIES or news.sent(o))
            return [told(order, channel.name, 0) for order in shown], following
        raise LookupError(f"to replay are {TRADES}, {COPIES}, {ORDERS} and {TRADER}:<account id>")

    def _accounts(self, channel: Channel, viewer: Viewer) -> list[str]:
        return [channel.subject] if channel.subject else self._own.accounts(viewer.user)

    def _fills(self, account_id: str, since: str, until: str, limit: int) -> list[Fill]:
        return self._own.fills(account_id, since, until, limit, newest=False)

    def _orders(self, follow_id: str, since: str, until: str, limit: int) -> list[CopyOrder]:
        return self._own.orders(follow_id, since, until, limit, newest=False)

    def _sync(self, viewer: Viewer, name: str, seq: int) -> list[Event]:
        sessions = [
            session
            for account_id in self._own.accounts(viewer.user)
            for session in self._sessions.of_account(account_id, SESSIONS)
        ]
        sessions.sort(key=lambda session: session.moved_ms)
        return [news.sync_update(session, name, seq) for session in sessions]


def _fill_place(fill: Fill) -> str:
    return f"{fill.fill_id}|{fill.account_id}"


def _order_place(order: CopyOrder) -> str:
    return f"{order.order_key}|{order.follow_id}"


def _key(place: str) -> str:
    return place.rpartition("|")[0]


def _merged(
    places: Iterable[str],
    since: str,
    until: str,
    after: str,
    limit: int,
    read: Read[T],
    place_of: Callable[[T], str],
) -> tuple[list[T], str | None]:
    """The first `limit` of all places behind `after`, and behind what the next page begins."""
    found = [
        each
        for place in places
        for each in read(place, since, until, limit + 2)  # `after` itself may be among them.
        if place_of(each) > after
    ]
    found.sort(key=place_of)
    some = found[:limit]
    return some, place_of(some[-1]) if len(found) > limit else None
