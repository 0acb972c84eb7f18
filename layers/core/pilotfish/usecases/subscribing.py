"""What a connection listens to, and what it may."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from pilotfish.domain.channels import PRICES, TRADER, Channel, channel_of, parse_channel
from pilotfish.domain.commands import BadCommand
from pilotfish.domain.messages import CommandId
from pilotfish.domain.viewers import Viewer
from pilotfish.ports import Clock

SUBSCRIPTIONS = 50
SYMBOLS = 20

MaySee = Callable[[Viewer, str], bool]
"""Whether a viewer may see a trader (leader account id)."""
FindMarket = Callable[[str, str], tuple[str, str] | None]
"""Venue and symbol that a spelling and a venue (or "") mean."""


class Subscriptions(Protocol):
    """What each connection listens to."""

    def add(self, connection_id: str, viewer: Viewer, topics: Iterable[str], now_ms: int) -> bool:
        """Whatever happens after this returns reaches the connection; again does no harm.

        Returns whether states are demanded that nobody demanded before.
        """

    def is_kept(self, topics: Iterable[str], now_ms: int) -> set[str]:
        """The topics that somebody listens to, or did lately."""

    def remove(self, connection_id: str, topic: str) -> None:
        """Nothing happens when it was not subscribed."""

    def topics_of(self, connection_id: str) -> frozenset[str]:
        """What it listens to, perhaps without what was added in the last second."""

    def drop(self, connection_id: str) -> None:
        """The connection has ended."""


class Heads(Protocol):
    """Where channels of events are."""

    def begin(self, topic: str) -> int:
        """Somebody listens after a time in which nobody did; the last number until now."""

    def heads(self, topics: Iterable[str]) -> Mapping[str, int]:
        """The last number of each topic."""


class Subscribing:
    """`wake` starts what tells states, which sleeps while nobody listens."""

    def __init__(
        self,
        *,
        subscriptions: Subscriptions,
        log: Heads,
        may_see: MaySee,
        find_market: FindMarket,
        wake: Callable[[], None],
        clock: Clock,
    ) -> None:
        self._subscriptions = subscriptions
        self._log = log
        self._may_see = may_see
        self._find_market = find_market
        self._wake = wake
        self._clock = clock

    def add(self, connection_id: str, viewer: Viewer, wanted: Sequence[Channel]) -> dict[str, int]:
        """Subscribe; returns by channel of events the number of its last one before that.

        The number first: an event between the two shows as a gap, which a client asks for.
        """
        now_ms = self._clock()
        topics = {channel.topic(viewer): channel for channel in wanted}
        if not topics:
            return {}
        kept = self._subscriptions.is_kept(topics, now_ms)
        of_events = [topic for topic, channel in topics.items() if not channel.of_states]
        heads = dict(self._log.heads(topic for topic in of_events if topic in kept))
        heads |= {topic: self._log.begin(topic) for topic in of_events if topic not in kept}
        if self._subscriptions.add(connection_id, viewer, topics, now_ms):
            self._wake()
        return {topics[topic].name: seq for topic, seq in heads.items()}

    def remove(self, connection_id: str, viewer: Viewer, channels: Iterable[Channel]) -> None:
        """Nothing happens when they were not subscribed."""
        for channel in channels:
            self._subscriptions.remove(connection_id, channel.topic(viewer))

    def drop(self, connection_id: str) -> None:
        """The connection has ended."""
        self._subscriptions.drop(connection_id)

    def heads(self, connection_id: str) -> dict[str, int]:
        """The last number of each channel of events that the connection listens to."""
        topics = self._subscriptions.topics_of(connection_id)
        of_events = [t for t in topics if not parse_channel(channel_of(t)).of_states]
        return {channel_of(topic): seq for topic, seq in self._log.heads(of_events).items()}

    def admit(
        self, connection_id: str, viewer: Viewer, wanted: Sequence[Channel], command_id: CommandId
    ) -> None:
        """Raises `BadCommand` for what the viewer may not see, what is not, and too much."""
        for channel in wanted:
            self.require_sight(viewer, channel, command_id)
            if channel.family == PRICES and not self._find_market(channel.subject, channel.venue):
                text = f"there is no market {channel.subject}"
                raise BadCommand("unknown_symbol", text, command_id)
        have = self._subscriptions.topics_of(connection_id)
        both = have | {channel.topic(viewer) for channel in wanted}
        _require("subscriptions", SUBSCRIPTIONS, have, both, command_id)
        _require("symbols", SYMBOLS, _prices(have), _prices(both), command_id)

    def require_sight(self, viewer: Viewer, channel: Channel, command_id: CommandId) -> None:
        """Raises `BadCommand`."""
        if channel.family != TRADER or viewer.operator:
            return
        if not self._may_see(viewer, channel.subject):
            raise BadCommand("not_allowed", "you do not follow this trader", command_id)


def _require(
    what: str, limit: int, have: frozenset[str], both: frozenset[str], command_id: CommandId
) -> None:
    """The same subscription again is not another."""
    if len(both) > limit and both > have:
        text = f"a connection has {limit} {what} at most"
        raise BadCommand(f"too_many_{what}", text, command_id, limit)


def _prices(topics: frozenset[str]) -> frozenset[str]:
    return frozenset(topic for topic in topics if topic.startswith(f"{PRICES}:"))
