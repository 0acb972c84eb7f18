"""A client's WebSocket connection: admitted, asked and answered."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from pilotfish.domain.channels import (
    PRICES,
    USER_EVENTS,
    USER_STATES,
    Channel,
    parse_channel,
)
from pilotfish.domain.commands import (
    BadCommand,
    Command,
    GetPortfolio,
    GetPositions,
    Ping,
    Replay,
    Resume,
    Subscribe,
    SubscribeTicker,
    Unsubscribe,
    UnsubscribeTicker,
    channels_of,
    named_channel,
    parse,
)
from pilotfish.domain.messages import (
    Ack,
    CommandId,
    Error,
    Pong,
    PortfolioUpdate,
    PositionUpdate,
    State,
    encode,
)
from pilotfish.domain.viewers import Viewer
from pilotfish.ports import Clock
from pilotfish.usecases.catching_up import CatchingUp
from pilotfish.usecases.subscribing import Subscribing

MESSAGES_A_SECOND = 10

Answer = Callable[[str, Viewer, Any], list[bytes]]


Latest = Callable[[Sequence[Channel], Viewer], Sequence[State]]
"""Channels of states as they are now."""


class Sessions(Protocol):
    """Who is connected."""

    def open(self, connection_id: str, viewer: Viewer, now_ms: int) -> None: ...

    def close(self, connection_id: str) -> None: ...

    def spend(self, connection_id: str, now_ms: int) -> int:
        """How many messages the connection has sent within this second, with this one."""


class States(Protocol):
    """How things are now."""

    def positions(self, viewer: Viewer) -> PositionUpdate: ...

    def portfolio(self, viewer: Viewer) -> PortfolioUpdate: ...


class Connect:
    """Admits a connection and answers its commands; a bad command never costs the connection.

    `latest` is for who polls; who listens is told states when they change.
    """

    def __init__(
        self,
        *,
        sessions: Sessions,
        subscribing: Subscribing,
        catching_up: CatchingUp,
        states: States,
        clock: Clock,
        latest: Latest = lambda *_: (),
    ) -> None:
        self._sessions = sessions
        self._subscribing = subscribing
        self._catching_up = catching_up
        self._states = states
        self._clock = clock
        self._latest = latest
        self._answers: Mapping[type, Answer] = {
            Ping: self._ping,
            Subscribe: self._subscribe,
            Unsubscribe: self._unsubscribe,
            SubscribeTicker: self._subscribe_ticker,
            UnsubscribeTicker: self._unsubscribe_ticker,
            GetPositions: self._positions,
            GetPortfolio: self._portfolio,
            Resume: self._resume,
            Replay: self._replay,
        }

    def connect(self, connection_id: str, viewer: Viewer, asked: str = "") -> None:
        """From the moment this returns the connection hears the user's channels that it asked for.

        `asked` are names with commas between them; raises `BadCommand` for other channels.
        """
        names = [name for name in asked.split(",") if name]
        if unknown := set(names) - {*USER_EVENTS, *USER_STATES}:
            text = f"to connect with are {', '.join((*USER_EVENTS, *USER_STATES))}"
            raise BadCommand("unknown_channel", f"{text}, not {', '.join(sorted(unknown))[:99]}")
        self._sessions.open(connection_id, viewer, self._clock())
        self._subscribing.add(connection_id, viewer, [parse_channel(name) for name in names])

    def disconnect(self, connection_id: str) -> None:
        """Forget what it listened to."""
        self._sessions.close(connection_id)
        self._subscribing.drop(connection_id)

    def command(self, connection_id: str, viewer: Viewer, body: str) -> list[bytes]:
        """Do what a frame asks for; returns the frames to answer with, the answer last."""
        try:
            command = self._understood(connection_id, body)
            return self._answers[type(command)](connection_id, viewer, command)
        except BadCommand as bad:
            error = Error(
                id=bad.command_id,
                code=bad.code,
                message=str(bad),
                limit=bad.limit,
                timestamp=self._clock(),
            )
            return [encode(error)]

    def _understood(self, connection_id: str, body: str) -> Command:
        """What is not understood counts too."""
        try:
            command, said, command_id = parse(body), None, None
            command_id = command.id
        except BadCommand as bad:
            command, said, command_id = None, bad, bad.command_id
        if self._sessions.spend(connection_id, self._clock()) > MESSAGES_A_SECOND:
            text = f"a connection sends {MESSAGES_A_SECOND} messages a second at most"
            raise BadCommand("too_many_messages", text, command_id, MESSAGES_A_SECOND)
        if command is None:
            raise said or BadCommand("bad_command", "this is no command")
        return command

    def _ping(self, connection_id: str, _: Viewer, command: Ping) -> list[bytes]:
        heads = self._subscribing.heads(connection_id)
        return [encode(Pong(id=command.id, timestamp=self._clock(), channels=heads))]

    def _subscribe(self, connection_id: str, viewer: Viewer, command: Subscribe) -> list[bytes]:
        wanted = channels_of(command)
        self._subscribing.admit(connection_id, viewer, wanted, command.id)
        heads = self._subscribing.add(connection_id, viewer, wanted)
        return [self._ack(command.id, wanted, heads)]

    def _unsubscribe(self, connection_id: str, viewer: Viewer, command: Unsubscribe) -> list[bytes]:
        wanted = channels_of(command)
        self._subscribing.remove(connection_id, viewer, wanted)
        return [self._ack(command.id, wanted, {})]

    def _subscribe_ticker(
        self, connection_id: str, viewer: Viewer, command: SubscribeTicker
    ) -> list[bytes]:
        same = Subscribe(id=command.id, channel=PRICES, symbol=command.symbol, venue=command.venue)
        return self._subscribe(connection_id, viewer, same)

    def _unsubscribe_ticker(
        self, connection_id: str, viewer: Viewer, command: UnsubscribeTicker
    ) -> list[bytes]:
        same = Unsubscribe(
            id=command.id, channel=PRICES, symbol=command.symbol, venue=command.venue
        )
        return self._unsubscribe(connection_id, viewer, same)

    def _positions(self, _: str, viewer: Viewer, command: GetPositions) -> list[bytes]:
        return [encode(replace(self._states.positions(viewer), id=command.id))]

    def _portfolio(self, _: str, viewer: Viewer, command: GetPortfolio) -> list[bytes]:
        return [encode(replace(self._states.portfolio(viewer), id=command.id))]

    def _resume(self, connection_id: str, viewer: Viewer, command: Resume) -> list[bytes]:
        wanted = [named_channel(name, command.id) for name in command.channels]
        self._subscribing.admit(connection_id, viewer, wanted, command.id)
        self._subscribing.add(connection_id, viewer, wanted)
        sent: list[bytes] = []
        heads: dict[str, int] = {}
        anew = []
        for channel in wanted:
            if channel.of_states:
                continue
            last = command.channels[channel.name]
            some, heads[channel.name], snapshot = self._catching_up.after(channel, viewer, last)
            sent += some
            anew += [channel.name] if snapshot else []
        states = [channel for channel in wanted if channel.of_states]
        sent += [encode(state) for state in self._latest(states, viewer)]
        ack = Ack(id=command.id, timestamp=self._clock(), channels=heads, snapshots=tuple(anew))
        return [*sent, encode(ack)]

    def _replay(self, _: str, viewer: Viewer, command: Replay) -> list[bytes]:
        channel = named_channel(command.channel, command.id)
        self._subscribing.require_sight(viewer, channel, command.id)
        return [self._catching_up.page(channel, viewer, command)]

    def _ack(
        self, command_id: CommandId, about: Sequence[Channel], heads: Mapping[str, int]
    ) -> bytes:
        one = about[0].name if len(about) == 1 else None
        ack = Ack(
            id=command_id,
            channel=one,
            seq=None if one is None else heads.get(one),
            timestamp=self._clock(),
            channels=dict(heads),
        )
        return encode(ack)
