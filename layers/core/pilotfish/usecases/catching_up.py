"""What a client missed, how things are now, and what was told in the past."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from pilotfish.domain.channels import USER_EVENTS, Channel
from pilotfish.domain.commands import BadCommand, Replay
from pilotfish.domain.frames import frames
from pilotfish.domain.logs import Missed
from pilotfish.domain.messages import Event, History, Snapshot, encode
from pilotfish.domain.viewers import Viewer
from pilotfish.ports import Clock

# What a client missed is told again up to here; beyond, how things are now.
MISSED = 500
SNAPSHOT = 100
PAGE = 100


class Log(Protocol):
    """What channels of events told."""

    def missed(self, topic: str, after: int, limit: int) -> Missed:
        """What was told after a number."""

    def latest(self, topic: str, limit: int) -> Sequence[bytes]:
        """The newest that is kept, oldest first."""


class Past(Protocol):
    """What the tables know of a channel of events."""

    def latest(
        self, channel: Channel, viewer: Viewer, seq: int, limit: int
    ) -> tuple[Sequence[Event], bool]:
        """The newest, oldest first, under a number; and whether nothing was left out."""

    def page(
        self, channel: Channel, viewer: Viewer, asked: Replay, limit: int
    ) -> tuple[Sequence[Event], str | None]:
        """Of a period, oldest first; raises `LookupError` where nothing of the kind is kept."""


class CatchingUp:
    """For one viewer and channel at a time; who may see it has been settled before."""

    def __init__(self, *, log: Log, past: Past, clock: Clock) -> None:
        self._log = log
        self._past = past
        self._clock = clock

    def after(self, channel: Channel, viewer: Viewer, seq: int) -> tuple[list[bytes], int, bool]:
        """The frames that bring a client from `seq` to a number; and whether by a snapshot."""
        missed = self._log.missed(channel.topic(viewer), seq, MISSED)
        if missed.messages is not None:
            return list(frames(missed.messages)), missed.head, False
        return [self._snapshot(channel, viewer, missed.head)], missed.head, True

    def page(self, channel: Channel, viewer: Viewer, asked: Replay) -> bytes:
        """A page of a period; raises `BadCommand` for what is not kept."""
        try:
            messages, following = self._past.page(channel, viewer, asked, PAGE)
        except LookupError as nothing:
            raise BadCommand("not_kept", str(nothing), asked.id) from None
        history = History(
            id=asked.id,
            channel=channel.name,
            timestamp=self._clock(),
            messages=tuple(messages),
            next=following,
        )
        return encode(history)

    def _snapshot(self, channel: Channel, viewer: Viewer, head: int) -> bytes:
        messages: Sequence[Event | Mapping[str, Any]]
        if viewer.operator and channel.family in USER_EVENTS:
            kept = self._log.latest(channel.topic(viewer), SNAPSHOT)
            messages, complete = [json.loads(each) for each in kept], False
        else:
            messages, complete = self._past.latest(channel, viewer, head, SNAPSHOT)
        snapshot = Snapshot(
            channel=channel.name,
            seq=head,
            timestamp=self._clock(),
            complete=complete,
            messages=tuple(messages),
        )
        return encode(snapshot)
