"""Who may not see a trader any more is told no more of it, on connections that are open too."""

import logging
from collections.abc import Callable, Iterable
from typing import Protocol

from pilotfish.domain.channels import trader_channel
from pilotfish.domain.viewers import Viewer

logger = logging.getLogger(__name__)

MaySee = Callable[[Viewer, str], bool]
"""Whether a viewer may see a trader (leader account id)."""


class Subscriptions(Protocol):
    """What connections listen to."""

    def of_user(self, user: str, topic: str) -> Iterable[str]:
        """A user's connections that listen to a topic."""

    def remove(self, connection_id: str, topic: str) -> None:
        """Nothing happens when it was not subscribed."""


class EndSight:
    """Beside a stop: what goes wrong here is logged, and the connection's end ends it."""

    def __init__(self, may_see: MaySee, subscriptions: Subscriptions) -> None:
        self._may_see = may_see
        self._subscriptions = subscriptions

    def __call__(self, user: str, leader_id: str) -> None:
        """Nothing happens to who owns the account or follows it with another one."""
        try:
            if self._may_see(Viewer(user), leader_id):
                return
            topic = trader_channel(leader_id)
            for connection_id in self._subscriptions.of_user(user, topic):
                self._subscriptions.remove(connection_id, topic)
        except Exception:
            logger.exception("still told of %s: %s", leader_id, user)
