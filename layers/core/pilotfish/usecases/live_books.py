"""Users' books in memory, kept up with what happens."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from pilotfish.domain.books import Book, Execution, of_fill, of_order
from pilotfish.domain.channels import COPIES, TRADES, user_topic
from pilotfish.domain.logs import Missed
from pilotfish.ports import Clock, Own
from pilotfish.usecases.value import ALL

MISSED = 500


class Kept(Protocol):
    """Which logs are kept."""

    def is_kept(self, topics: Iterable[str], now_ms: int) -> set[str]:
        """The topics that somebody listens to, or did lately."""

    def keep(self, topics: Iterable[str], now_ms: int) -> None:
        """Have their logs kept, though nobody listens."""


class Log(Protocol):
    """What channels of events told."""

    def begin(self, topic: str) -> int: ...

    def heads(self, topics: Iterable[str]) -> Mapping[str, int]: ...

    def missed(self, topic: str, after: int, limit: int) -> Missed: ...


@dataclass(slots=True)
class _Known:
    """A user's executions by what did them, and how far the logs were read."""

    heads: dict[str, int]
    executions: dict[str, tuple[tuple[int, int], Execution]] = field(default_factory=dict)
    book: Book = field(default_factory=Book)

    def add(self, name: str, order: tuple[int, int], done: Execution | None) -> None:
        if done is None:
            self.executions.pop(name, None)
        else:
            self.executions[name] = (order, done)

    def fold(self) -> None:
        self.book = Book()
        in_order = sorted(self.executions.values(), key=lambda each: each[0])
        self.book.add(done for _, done in in_order)


class LiveBooks:
    """The tables say what was executed; the users' logs say when to look again, and where."""

    def __init__(self, *, own: Own, kept: Kept, log: Log, clock: Clock) -> None:
        self._own = own
        self._kept = kept
        self._log = log
        self._clock = clock
        self._known: dict[str, _Known] = {}

    def refresh(self, users: Iterable[str]) -> dict[str, Book]:
        """The books of these users as of now; what it knew of others is forgotten."""
        users = set(users)
        self._known = {user: known for user, known in self._known.items() if user in users}
        for user in sorted(users - self._known.keys()):
            self._known[user] = self._load(user)
        topics = [topic for known in self._known.values() for topic in known.heads]
        heads = self._log.heads(topics) if topics else {}
        for user, known in list(self._known.items()):
            moved = [topic for topic, head in known.heads.items() if heads[topic] != head]
            if not all(self._follow(known, topic) for topic in moved):
                self._known[user] = self._load(user)
        return {user: known.book for user, known in self._known.items()}

    def _load(self, user: str) -> _Known:
        """The logs' heads first: what happens meanwhile is looked at again."""
        topics = [user_topic(COPIES, user), user_topic(TRADES, user)]
        now_ms = self._clock()
        kept = self._kept.is_kept(topics, now_ms)
        for topic in topics:
            if topic not in kept:
                self._log.begin(topic)
        self._kept.keep(topics, now_ms)
        known = _Known(dict(self._log.heads(topics)))
        for account_id in self._own.accounts(user):
            self._add_fills(known, account_id, *ALL)
        for follow_id in self._own.follows(user):
            self._add_orders(known, follow_id, *ALL)
        known.fold()
        return known

    def _follow(self, known: _Known, topic: str) -> bool:
        """Whether what the log tells is all that has changed."""
        missed = self._log.missed(topic, known.heads[topic], MISSED)
        if missed.messages is None:
            return False
        for place, key in _changed(missed.messages):
            add = self._add_orders if topic.startswith(COPIES) else self._add_fills
            add(known, place, key, key)
        known.heads[topic] = missed.head
        known.fold()
        return True

    def _add_fills(self, known: _Known, account_id: str, since: str, until: str) -> None:
        for fill in self._own.fills(account_id, since, until, None, newest=False):
            if not fill.history:
                known.add(
                    f"{account_id}/{fill.fill_id}", (fill.traded_ms, fill.number), of_fill(fill)
                )

    def _add_orders(self, known: _Known, follow_id: str, since: str, until: str) -> None:
        for order in self._own.orders(follow_id, since, until, None, newest=False):
            done = of_order(order)
            known.add(order.order_id, (done.at_ms if done else 0, 0), done)


def _changed(messages: Sequence[bytes]) -> set[tuple[str, str]]:
    """Follow and order key, or account and fill id."""
    found = set()
    for body in messages:
        message: Any = json.loads(body)
        if message["type"] == "COPY_UPDATE":
            found.add((message["follow"], message["order"].removeprefix(message["follow"] + "/")))
        elif message["type"] == "TRADE_UPDATE":
            found.add((message["leader"], message["fill"]))
    return found
