"""Delete a connection: its key is destroyed, its history stays."""

from collections.abc import Sequence
from typing import Protocol

from pilotfish.domain.alerts import of_leader_gone
from pilotfish.domain.follows import Follow
from pilotfish.domain.managing import Connection
from pilotfish.ports import Clock, Keyring, Register
from pilotfish.usecases.connections import ChangedMeanwhile, owned
from pilotfish.usecases.try_keys import Notices

ATTEMPTS = 5


class StillFollowing(Exception):
    """Follows need the account; `follows` are their ids."""

    def __init__(self, follows: Sequence[str]) -> None:
        super().__init__(", ".join(follows))
        self.follows = tuple(follows)


class FollowsOf(Protocol):
    """Follows that an account is needed for, its own and those of it: not at their end yet."""

    def __call__(self, connection: Connection) -> list[Follow]: ...


class StopFollow(Protocol):
    """Stops a follow and leaves what it holds; no entry is sent after that."""

    def __call__(self, follow: Follow) -> None: ...


class DeleteConnection:
    """Refused while follows need the account, unless they are to be stopped.

    What they hold stays on the account at its venue: once the key is gone, nothing can be closed.
    """

    def __init__(
        self,
        *,
        register: Register,
        keyring: Keyring,
        follows_of: FollowsOf,
        stop_follow: StopFollow,
        notices: Notices,
        clock: Clock,
    ) -> None:
        self._register = register
        self._keyring = keyring
        self._follows_of = follows_of
        self._stop_follow = stop_follow
        self._notices = notices
        self._clock = clock

    def __call__(
        self,
        owner: str | None,
        account_id: str,
        *,
        stop_follows: bool = False,
        revision: int | None = None,
    ) -> None:
        """Raises `NoSuchAccount`, `StillFollowing` and `ChangedMeanwhile`."""
        connection = owned(self._register, owner, account_id)
        if revision is not None and connection.revision != revision:
            raise ChangedMeanwhile(account_id)
        follows = self._follows_of(connection)
        if follows and not stop_follows:
            raise StillFollowing([follow.follow_id for follow in follows])
        for follow in follows:
            self._stop_follow(follow)
            if follow.account_id != account_id:
                self._notices.keep(of_leader_gone(follow, self._clock()))
        for _ in range(ATTEMPTS):
            if self._keyring.destroy(connection, self._clock()):
                return
            connection = owned(self._register, owner, account_id)
        raise ChangedMeanwhile(account_id)
