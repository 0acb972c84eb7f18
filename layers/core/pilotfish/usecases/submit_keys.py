"""Send a key in: sealed at once, tried, and only then an account's."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from pilotfish.domain.accounts import Credentials
from pilotfish.domain.connections import Verdict
from pilotfish.domain.keys import Candidate, answer_of, verdict_of
from pilotfish.domain.managing import Connection, HasNoKey, label_from
from pilotfish.ports import Clock, Keyring, NotTried, Register, Trials
from pilotfish.usecases.connections import owned, require_room

NOT_TRIED = Verdict(False, ("the key could not be tried just now: send it again",), sure=False)


class Sealer(Protocol):
    """Seals a key for one version of one account's key."""

    def __call__(
        self, owner: str, account_id: str, credentials: Credentials, version: int
    ) -> bytes: ...


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
        require_room(self._register, owner)
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
