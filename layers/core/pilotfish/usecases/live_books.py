"""Users' books in memory, kept up with what happens."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from pilotfish.domain.books import Book, Holding
from pilotfish.domain.channels import COPIES, TRADES, user_topic
from pilotfish.domain.logs import Missed
from pilotfish.domain.orders import State
from pilotfish.ports import Clock, Own

MISSED = 500
# Of these states an order came to no end, and was at none before.
UNDER_WAY = (State.PLANNED, State.SENT)


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


class Books(Protocol):
    """What leaders' accounts and follows hold, as of now."""

    def of_account(self, account_id: str) -> list[Holding]: ...

    def of_follows(self, follow_ids: Iterable[str]) -> Mapping[str, list[Holding]]: ...


@dataclass(slots=True)
class _Known:
    """What a user's accounts and follows hold, and how far the logs were read."""

    heads: dict[str, int]
    places: dict[str, list[Holding]] = field(default_factory=dict)
    book: Book = field(default_factory=Book)

    def bind(self) -> None:
        every = (held for holdings in self.places.values() for held in holdings)
        self.book = Book({held.name: held for held in every})


class LiveBooks:
    """The tables say what is held; the users' logs say when to look again, and where."""

    def __init__(self, *, own: Own, books: Books, kept: Kept, log: Log, clock: Clock) -> None:
        self._own = own
        self._books = books
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
            if moved and not self._follow(known, moved):
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
        self._read(known, self._own.accounts(user), self._own.follows(user))
        return known

    def _follow(self, known: _Known, moved: Iterable[str]) -> bool:
        """Whether the logs tell all that has changed."""
        accounts: set[str] = set()
        follows: set[str] = set()
        for topic in moved:
            missed = self._log.missed(topic, known.heads[topic], MISSED)
            if missed.messages is None:
                return False
            known.heads[topic] = missed.head
            (follows if topic.startswith(COPIES) else accounts).update(_changed(missed.messages))
        self._read(known, accounts, follows)
        return True

    def _read(self, known: _Known, accounts: Iterable[str], follows: Iterable[str]) -> None:
        for account_id in accounts:
            known.places[account_id] = self._books.of_account(account_id)
        known.places |= self._books.of_follows(follows)
        known.bind()


def _changed(messages: Sequence[bytes]) -> set[str]:
    """Follows whose orders came to an end or back from it, and leaders' accounts."""
    found = set()
    for body in messages:
        message: Any = json.loads(body)
        if message["type"] == "COPY_UPDATE" and message["state"] not in UNDER_WAY:
            found.add(message["follow"])
        elif message["type"] == "TRADE_UPDATE":
            found.add(message["leader"])
    return found
