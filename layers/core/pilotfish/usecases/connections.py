"""What an owner does with connections: name, pause, resume, look at them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from pilotfish.domain.connections import Health
from pilotfish.domain.errors import NoSuchAccount
from pilotfish.domain.managing import ChangedMeanwhile, Connection, NotFit, label_from
from pilotfish.domain.places import Page
from pilotfish.domain.sorting import Column, Sorting, Value, sorted_page
from pilotfish.ports import Healths, Register

ATTEMPTS = 5
MOST_CONNECTIONS = 100


class Told(Protocol):
    """Those whom a pause concerns."""

    def paused(self, connection: Connection) -> None: ...

    def resumed(self, connection: Connection) -> None: ...


class TooMany(Exception):
    """The owner has as many connections as anybody may have."""


class ManageConnection:
    """Names, pauses and resumes; raises `NoSuchAccount` and `ChangedMeanwhile`.

    A paused account is not listened to, and no entry is sent for it; exits still are. Resumed, it
    is listened to from where that ended: what was traded meanwhile is read then, and is copied if
    it is not too late for that; exits always are. Without a `revision` the change is made to what
    is there; without an `owner` an operator makes it. Followers of the account are told at once.
    """

    def __init__(self, register: Register, tell: Told) -> None:
        self._register = register
        self._tell = tell

    def rename(
        self, owner: str | None, account_id: str, label: str, revision: int | None = None
    ) -> Connection:
        """Raises `BadLabel`."""
        label = label_from(label)
        return self._change(
            owner, account_id, lambda connection: replace(connection, label=label), revision
        )

    def pause(self, owner: str | None, account_id: str, revision: int | None = None) -> Connection:
        """One that is paused stays so, and who was not told of it yet is told."""
        paused = self._change(
            owner, account_id, lambda connection: replace(connection, paused=True), revision
        )
        self._tell.paused(paused)
        return paused

    def resume(self, owner: str | None, account_id: str, revision: int | None = None) -> Connection:
        """Raises `NotFit` while something is wrong with its key."""

        def resumed(connection: Connection) -> Connection:
            if connection.problem:
                raise NotFit(connection.problem)
            return replace(connection, paused=False)

        before = owned(self._register, owner, account_id)
        after = self._change(owner, account_id, resumed, revision)
        if before.paused:
            self._tell.resumed(after)
        return after

    def _change(
        self,
        owner: str | None,
        account_id: str,
        change: Callable[[Connection], Connection],
        revision: int | None,
    ) -> Connection:
        for _ in range(ATTEMPTS):
            before = owned(self._register, owner, account_id)
            if revision is not None and before.revision != revision:
                break
            after = change(before)
            if after == before:
                return before
            if self._register.change(before, after):
                return replace(after, revision=before.revision + 1)
        raise ChangedMeanwhile(account_id)


@dataclass(frozen=True, slots=True)
class Shown:
    """A connection and how listening to it goes."""

    connection: Connection
    health: Health


FIRST_CONNECTED = Sorting("connected", descending=False)
#: What connections are sorted by.
COLUMNS: Mapping[str, Callable[[Shown], Value]] = {
    "connected": lambda shown: shown.connection.connected_ms,
    "label": lambda shown: shown.connection.label,
    "venue": lambda shown: shown.connection.venue,
    "checked": lambda shown: shown.connection.checked_ms,
    "heard": lambda shown: shown.health.heard_ms,
}


class ShowConnections:
    """A user's, one of them, or those that a shard listens to; none with its key."""

    def __init__(self, *, register: Register, healths: Healths) -> None:
        self._register = register
        self._healths = healths

    def of_owner(
        self,
        owner: str,
        sorting: Sorting = FIRST_CONNECTED,
        after: str = "",
        limit: int = MOST_CONNECTIONS,
    ) -> Page[Shown]:
        """Those that were not deleted, sorted by one of `COLUMNS`; raises `BadCursor`."""
        own = self._shown(one for one in self._register.of_owner(owner) if not one.deleted)
        column = Column(COLUMNS[sorting.by], lambda shown: shown.connection.account_id)
        return sorted_page(own, column, sorting, {"of": "connections"}, after, limit)

    def one(self, owner: str | None, account_id: str) -> Shown:
        """Raises `NoSuchAccount`."""
        [shown] = self._shown([owned(self._register, owner, account_id)])
        return shown

    def of_shard(self, shard: str, named: Iterable[str] = ()) -> list[Shown]:
        """Those that a shard listens to, and those that are named; raises `NoSuchAccount`."""
        found = self._register.of_shard(shard) if shard else []
        return self._shown([*found, *(owned(self._register, None, each) for each in named)])

    def _shown(self, connections: Iterable[Connection]) -> list[Shown]:
        found = list(connections)
        healths = self._healths.of([one.account_id for one in found])
        return [Shown(one, healths.get(one.account_id, Health(one.account_id))) for one in found]


def require_room(register: Register, owner: str) -> None:
    """Raises `TooMany` for one that has as many as anybody may have."""
    if sum(not one.deleted for one in register.of_owner(owner)) >= MOST_CONNECTIONS:
        raise TooMany(f"nobody has more than {MOST_CONNECTIONS} connections")


def owned(register: Register, owner: str | None, account_id: str) -> Connection:
    """Somebody else's is told apart from none by nobody; raises `NoSuchAccount`."""
    found = register.get(account_id)
    if found is None or found.deleted or owner not in (None, found.owner):
        raise NoSuchAccount(f"there is no account {account_id}")
    return found
