"""Tell those who copy an account that nobody listens to it, or that somebody does again."""

import logging
from collections.abc import Callable

from pilotfish.domain.alerts import Notice, of_leader_heard, of_leader_unheard, of_unguarded
from pilotfish.domain.follows import Follow
from pilotfish.domain.managing import Connection
from pilotfish.ports import Clock
from pilotfish.usecases.delete_connection import FollowsOf
from pilotfish.usecases.look_at_keys import Notices

logger = logging.getLogger(__name__)


class TellFollowers:
    """While a leader's connection is paused its exits are copied by nobody: followers must know.

    Told twice about one pause, they see one notice. What cannot be told is logged: it stops
    neither the pause nor the resumption.
    """

    def __init__(self, *, follows_of: FollowsOf, notices: Notices, clock: Clock) -> None:
        self._follows_of = follows_of
        self._notices = notices
        self._clock = clock

    def paused(self, connection: Connection) -> None:
        """Each follower, and the owner, who is told of how many follows nobody guards."""
        try:
            told = self._each(connection, of_leader_unheard)
            if told:
                self._notices.keep(of_unguarded(connection, told, self._clock()))
        except Exception:
            logger.exception("followers not told of a pause: %s", connection.account_id)

    def resumed(self, connection: Connection) -> None:
        """Each follower."""
        try:
            self._each(connection, of_leader_heard)
        except Exception:
            logger.exception("followers not told of a resumption: %s", connection.account_id)

    def _each(
        self, connection: Connection, notice: Callable[[Follow, Connection, int], Notice]
    ) -> int:
        if not connection.leads:
            return 0
        follows = [
            follow
            for follow in self._follows_of(connection)
            if follow.leader_id == connection.account_id
        ]
        for follow in follows:
            self._notices.keep(notice(follow, connection, self._clock()))
        return len(follows)
