"""A client's WebSocket connection: what it hears from the start, and what it may ask for."""

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from pilotfish.domain.commands import BadCommand, CommandId, Ping, Subscribe, Unsubscribe, parse
from pilotfish.domain.news import Viewer, trader_topic
from pilotfish.ports import Clock

SUBSCRIPTIONS = 50

Message = Mapping[str, object]
MaySee = Callable[[Viewer, str], bool]
"""Whether a viewer may see a trader (leader account id)."""


class Subscriptions(Protocol):
    """What each connection listens to."""

    def add(self, connection_id: str, user: str, topics: Iterable[str], now_ms: int) -> None:
        """Whatever happens after this returns reaches the connection; again does no harm."""

    def remove(self, connection_id: str, topic: str) -> None:
        """Nothing happens when it was not subscribed."""

    def topics_of(self, connection_id: str) -> frozenset[str]:
        """What it listens to, perhaps without what was added in the last second."""

    def drop(self, connection_id: str) -> None:
        """The connection has ended."""


class Connect:
    """Admits a connection and answers its commands; a bad command never costs the connection."""

    def __init__(self, *, subscriptions: Subscriptions, may_see: MaySee, clock: Clock) -> None:
        self._subscriptions = subscriptions
        self._may_see = may_see
        self._clock = clock

    def connect(self, connection_id: str, viewer: Viewer) -> None:
        """From the moment this returns the connection hears its user's news."""
        self._subscriptions.add(connection_id, viewer.user, viewer.topics, self._clock())

    def disconnect(self, connection_id: str) -> None:
        """Forget what it listened to."""
        self._subscriptions.drop(connection_id)

    def command(self, connection_id: str, viewer: Viewer, body: str) -> Message:
        """Do what a frame asks for, and return the answer: `ACK`, `PONG` or `ERROR`."""
        try:
            command = parse(body)
            if isinstance(command, Ping):
                return self._answer("PONG", command.command_id)
            topic = trader_topic(command.trader)
            if isinstance(command, Unsubscribe):
                self._subscriptions.remove(connection_id, topic)
            else:
                self._subscribe(connection_id, viewer, command)
            return self._answer("ACK", command.command_id, channel=topic)
        except BadCommand as bad:
            return self._answer("ERROR", bad.command_id, code=bad.code, message=str(bad))

    def _subscribe(self, connection_id: str, viewer: Viewer, command: Subscribe) -> None:
        if not (viewer.operator or self._may_see(viewer, command.trader)):
            raise BadCommand("not_allowed", "you do not follow this trader", command.command_id)
        topic = trader_topic(command.trader)
        have = self._subscriptions.topics_of(connection_id)
        if topic not in have and len(have) >= SUBSCRIPTIONS:
            text = f"a connection has {SUBSCRIPTIONS} subscriptions at most"
            raise BadCommand("too_many_subscriptions", text, command.command_id)
        self._subscriptions.add(connection_id, viewer.user, [topic], self._clock())

    def _answer(self, kind: str, command_id: CommandId, **more: str) -> Message:
        return {"type": kind, "id": command_id, **more, "timestamp": self._clock()}
