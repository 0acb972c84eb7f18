"""What an owner does with connections: send a key in, name, pause, resume, look at them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from pilotfish.domain.accounts import Credentials
from pilotfish.domain.connections import Health, Verdict
from pilotfish.domain.errors import NoSuchAccount
from pilotfish.domain.keys import Candidate, answer_of, verdict_of
from pilotfish.domain.managing import (
    ChangedMeanwhile,
    Connection,
    HasNoKey,
    NotFit,
    label_from,
)
from pilotfish.ports import Clock, Healths, Keyring, NotTried, Register, Trials

ATTEMPTS = 5
MOST_CONNECTIONS = 100
NOT_TRIED = Verdict(False, ("the key could not be tried just now: send it again",), sure=False)


class Sealer(Protocol):
    """Seals a key for one version of one account's key."""

    def __call__(
        self, owner: str, account_id: str, credentials: Credentials, version: int
    ) -> bytes: ...


class TooMany(Exception):
    """The owner has as many connections as anybody may have."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A connection as its owner asks for it; `listen_shard` is empty unless it leads."""

    venue: str
    label: str = ""
    listen_shard: str = ""


class SubmitKeys:
    """A key is sealed at once, kept apart until it is tried, and only then its account's.

    A key that is refused is destroyed; the one that it was to replace goes on working.
    """

    def __init__(
        self,
        *,
        register: Register,
        keyring: Keyring,
        seal: Sealer,
        fingerprint: Callable[[Credentials], str],
        trials: Trials,
        clock: Clock,
        new_id: Callable[[str], str],
    ) -> None:
        self._register = register
        self._keyring = keyring
        self._seal = seal
        self._fingerprint = fingerprint
        self._trials = trials
        self._clock = clock
        self._new_id = new_id

    def connect(self, owner: str, wanted: Wanted, credentials: Credentials) -> tuple[str, Verdict]:
        """The id of the new account, which is there if the verdict accepts its key.

        Raises `BadLabel` and `TooMany`.
        """
        label = label_from(wanted.label)
        if sum(not one.deleted for one in self._register.of_owner(owner)) >= MOST_CONNECTIONS:
            raise TooMany(f"nobody has more than {MOST_CONNECTIONS} connections")
        account_id = self._new_id("acc")
        asked = Connection(account_id, owner, wanted.venue, label, wanted.listen_shard)
        return account_id, self._tried(asked, credentials, version=1)

    def rotate(self, owner: str | None, account_id: str, credentials: Credentials) -> Verdict:
        """Another key for an account; raises `NoSuchAccount` and `HasNoKey`."""
        connection = self._with_key(owner, account_id)
        return self._tried(connection, credentials, version=connection.key_version + 1)

    def test(self, owner: str | None, account_id: str) -> Verdict:
        """Look at the stored key now, as every day; raises what `rotate` does, and `NotTried`."""
        return self._trials.account(self._with_key(owner, account_id).account_id)

    def _with_key(self, owner: str | None, account_id: str) -> Connection:
        connection = owned(self._register, owner, account_id)
        if connection.paper:
            raise HasNoKey(f"{account_id} is a paper account, which has no key")
        return connection

    def _tried(self, asked: Connection, credentials: Credentials, version: int) -> Verdict:
        candidate = Candidate(
            candidate_id=self._new_id("key"),
            account_id=asked.account_id,
            owner=asked.owner,
            venue=asked.venue,
            version=version,
            fingerprint=self._fingerprint(credentials),
            offered_ms=self._clock(),
            sealed_key=self._seal(asked.owner, asked.account_id, credentials, version),
            label=asked.label,
            listen_shard=asked.listen_shard,
        )
        self._keyring.offer(candidate)
        try:
            return self._trials.candidate(candidate.candidate_id)
        except NotTried:
            return self._withdrawn(candidate)

    def _withdrawn(self, candidate: Candidate) -> Verdict:
        """It is not left to lie, unless it was taken and only the answer was lost."""
        self._keyring.refuse(candidate, answer_of(NOT_TRIED))
        found = self._keyring.get(candidate.candidate_id)
        return verdict_of(found.answer) if found and found.answer else NOT_TRIED


class ManageConnection:
    """Names, pauses and resumes; raises `NoSuchAccount` and `ChangedMeanwhile`.

    A paused account is not listened to, and no entry is sent for it; exits still are. Resumed, it
    is listened to from where that ended: what was traded meanwhile is read then, and is copied if
    it is not too late for that; exits always are. Without a `revision` the change is made to what
    is there; without an `owner` an operator makes it.
    """

    def __init__(self, register: Register) -> None:
        self._register = register

    def rename(
        self, owner: str | None, account_id: str, label: str, revision: int | None = None
    ) -> Connection:
        """Raises `BadLabel`."""
        label = label_from(label)
        return self._change(
            owner, account_id, lambda connection: replace(connection, label=label), revision
        )

    def pause(self, owner: str | None, account_id: str, revision: int | None = None) -> Connection:
        """Nothing happens to one that is paused."""
        return self._change(
            owner, account_id, lambda connection: replace(connection, paused=True), revision
        )

    def resume(self, owner: str | None, account_id: str, revision: int | None = None) -> Connection:
        """Raises `NotFit` while something is wrong with its key."""

        def resumed(connection: Connection) -> Connection:
            if connection.problem:
                raise NotFit(connection.problem)
            return replace(connection, paused=False)

        return self._change(owner, account_id, resumed, revision)

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


class ShowConnections:
    """A user's, one of them, or those that a shard listens to; none with its key."""

    def __init__(self, *, register: Register, healths: Healths) -> None:
        self._register = register
        self._healths = healths

    def of_owner(self, owner: str) -> list[Shown]:
        """Those that were not deleted, the first connected first."""
        return self._shown(one for one in self._register.of_owner(owner) if not one.deleted)

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


def owned(register: Register, owner: str | None, account_id: str) -> Connection:
    """Somebody else's is told apart from none by nobody; raises `NoSuchAccount`."""
    found = register.get(account_id)
    if found is None or found.deleted or owner not in (None, found.owner):
        raise NoSuchAccount(f"there is no account {account_id}")
    return found
