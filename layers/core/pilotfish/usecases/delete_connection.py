"""Delete a connection: its key is destroyed, its history stays."""

from dataclasses import replace
from typing import Protocol

from pilotfish.domain.alerts import of_leader_gone
from pilotfish.domain.follows import Follow, Status
from pilotfish.domain.managing import ChangedMeanwhile, Connection, StillFollowing
from pilotfish.domain.viewers import Viewer
from pilotfish.ports import Clock, Keyring, Register
from pilotfish.usecases.change_follow import Changing, Named
from pilotfish.usecases.connections import owned
from pilotfish.usecases.look_at_keys import Notices

ATTEMPTS = 5
# Whoever deletes an account may stop the follows of others that need it.
PILOTFISH = Viewer("", operator=True)


class FollowsOf(Protocol):
    """Follows that an account is needed for, its own and those of it: not at their end yet."""

    def __call__(self, connection: Connection) -> list[Follow]: ...


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
        changing: Changing,
        notices: Notices,
        clock: Clock,
    ) -> None:
        self._register = register
        self._keyring = keyring
        self._follows_of = follows_of
        self._changing = changing
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
            raise StillFollowing(f"{len(follows)} follows need the account")
        for follow in follows:
            self._stop(follow)
            if follow.account_id != account_id:
                self._notices.keep(of_leader_gone(follow, self._clock()))
        for _ in range(ATTEMPTS):
            if self._keyring.destroy(connection, self._clock()):
                return
            connection = owned(self._register, owner, account_id)
        raise ChangedMeanwhile(account_id)

    def _stop(self, follow: Follow) -> None:
        """No entry is sent after this, and what it holds is left."""
        named = Named(follow.leader_id, follow.follow_id, PILOTFISH)
        self._changing(
            named,
            lambda before: replace(before, status=Status.STOPPED, closing=(), closing_ms=0),
        )
